//! Writes a target's seeds where libFuzzer finds them.

use std::path::Path;

use crate::Target;

/// The folder that seeds are written to before the first input, if it is set.
const VARIABLE: &str = "TKI_FUZZ_SEEDS";

/// Writes the seeds of a target, one file each, where the environment says.
///
/// # Panics
/// If the folder cannot be written.
#[expect(
    clippy::disallowed_methods,
    reason = "libFuzzer has the arguments to itself"
)]
pub fn plant(target: &Target) {
    let Some(folder) = std::env::var_os(VARIABLE) else {
        return;
    };
    let folder = Path::new(&folder);
    for (number, seed) in (target.seeds)().into_iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number}")), seed).expect("seeds are written");
    }
}
