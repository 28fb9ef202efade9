//! What a program takes from the machine it runs on: time, randomness, environment, limits. Only
//! here; everything else gets them as parameters.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tki::formats::questions::Language;
use tki::seal::password::Argon2Params;

use crate::error::{Failure, Kind};

/// Seconds since 1970 by this machine's clock, which may be wrong.
#[expect(clippy::disallowed_methods, reason = "a binary may ask for the time")]
pub(crate) fn now() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    #[cfg(feature = "faults")]
    let now = now.saturating_add(crate::faults::clock_ahead());
    now
}

/// For measuring how long something took.
#[expect(clippy::disallowed_methods, reason = "a binary may ask for the time")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// A generator with a seed from the operating system.
pub(crate) fn random() -> Result<ChaCha20Rng, Failure> {
    ChaCha20Rng::try_from_rng(&mut getrandom::SysRng)
        .map_err(|error| Failure::new(Kind::Unavailable, format!("no randomness: {error}")))
}

/// The home that the environment names.
#[expect(
    clippy::disallowed_methods,
    reason = "a binary may read the environment"
)]
pub(crate) fn home_variable() -> Option<PathBuf> {
    std::env::var_os("TKI_HOME")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// How wide text is to be where it goes to no terminal.
#[expect(
    clippy::disallowed_methods,
    reason = "a binary may read the environment"
)]
pub(crate) fn columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

/// What the environment says about colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColourVariables {
    /// `NO_COLOR` is set to anything.
    pub(crate) forbidden: bool,
    /// `CLICOLOR_FORCE` is set to anything but 0.
    pub(crate) forced: bool,
    /// `CLICOLOR` is 0.
    pub(crate) declined: bool,
    /// The terminal has no colours.
    pub(crate) dumb: bool,
}

/// What the environment says about colours.
#[expect(
    clippy::disallowed_methods,
    reason = "a binary may read the environment"
)]
pub(crate) fn colour_variables() -> ColourVariables {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    ColourVariables {
        forbidden: set("NO_COLOR").is_some(),
        forced: set("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
        declined: set("CLICOLOR").is_some_and(|value| value == "0"),
        dumb: has_dumb_terminal(),
    }
}

/// Whether the terminal only writes on.
#[expect(
    clippy::disallowed_methods,
    reason = "a binary may read the environment"
)]
pub(crate) fn has_dumb_terminal() -> bool {
    let name = std::env::var_os("TERM").filter(|value| !value.is_empty());
    cfg!(unix) && name.is_none_or(|name| name == "dumb")
}

/// The language that the environment asks for, as far as questions are written in it.
#[expect(
    clippy::disallowed_methods,
    reason = "a binary may read the environment"
)]
pub(crate) fn language() -> Language {
    let variables = ["LC_ALL", "LC_MESSAGES", "LANG"].iter();
    let set = variables.filter_map(std::env::var_os);
    let first = set.into_iter().find(|value| !value.is_empty());
    let code = first.as_ref().and_then(|value| value.to_str()?.get(..2));
    code.and_then(Language::from_code).unwrap_or(Language::En)
}

/// How many bytes are free on the disk of a folder.
pub(crate) fn room_on_disk(folder: &Path) -> Option<u64> {
    #[cfg(feature = "faults")]
    if let Some(left) = crate::faults::room_on_disk() {
        return Some(left);
    }
    room(folder)
}

#[cfg(unix)]
fn room(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
const fn room(_: &Path) -> Option<u64> {
    None
}

/// What stretching a passphrase costs.
pub(crate) fn argon2_params() -> Argon2Params {
    #[cfg(feature = "faults")]
    if crate::faults::wants_fast_passphrases() {
        return Argon2Params::insecure_for_tests();
    }
    Argon2Params::DEFAULT
}

/// Waits a moment for another process.
#[expect(clippy::disallowed_methods, reason = "a binary may wait for another")]
pub(crate) fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

/// What the machine is called, to name a device by.
#[cfg(unix)]
pub(crate) fn name() -> String {
    let uname = rustix::system::uname();
    let name = uname.nodename().to_string_lossy();
    let shown = name
        .chars()
        .filter(|letter| tki::engine::fits_label(*letter));
    shown.take(32).collect()
}

/// What the machine is called, to name a device by.
#[cfg(not(unix))]
pub(crate) fn name() -> String {
    String::new()
}

/// Asks that no image of this process's memory is written when it dies: it may hold secrets.
#[cfg(unix)]
pub(crate) fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Core).maximum;
    // Refused where there is nothing to limit: then there is nothing to be done either.
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum,
        },
    )
    .ok();
}

#[cfg(not(unix))]
pub(crate) const fn forbid_core_dumps() {}
