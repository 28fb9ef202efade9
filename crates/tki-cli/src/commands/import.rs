//! `tki import`: an account around a key that exists already.

use tki::Plan;
use tki::formats::{PrivateKey, PrivateKeyError};
use tki::seal::curve::CurveId;

use crate::args::{FormatArg, Global, Import};
use crate::change::Report;
use crate::commands::create::{self, Request};
use crate::error::Failure;
use crate::machine;
use crate::secret_input::StandardInput;

/// Most bytes of a file with one key.
const MAX_KEY: u64 = 64 * 1024;

/// `tki import`
pub(crate) async fn run(global: &Global, arguments: &Import) -> Result<(), Failure> {
    create::check_global(global, &arguments.over)?;
    let input = StandardInput::default();
    let key = read(&input, arguments)?;
    let plan = Plan::importing(key, arguments.over.threshold, machine::now());
    let request = Request::of(plan, &arguments.over, Report::WithReceipt)?;
    create::carry_out(global, input, request).await
}

/// The key in a file or on standard input.
fn read(input: &StandardInput, arguments: &Import) -> Result<PrivateKey, Failure> {
    let content = input.read(&arguments.key, "key", MAX_KEY)?;
    let text = core::str::from_utf8(&content).ok();
    let format = arguments.format.unwrap_or_else(|| guess(text));
    let wanted = arguments.curve;
    let key = match (format, text) {
        (FormatArg::Hex, Some(text)) => {
            let curve = wanted.unwrap_or(CurveId::Secp256k1);
            PrivateKey::from_hex(curve, text)
        }
        (FormatArg::Hex, None) => Err(PrivateKeyError::Hex),
        (FormatArg::Pkcs8, _) => PrivateKey::from_pkcs8(&content),
    };
    let key = key.map_err(unreadable)?;
    if let Some(curve) = wanted.filter(|curve| *curve != key.curve()) {
        let message = format!(
            "the key is one of {}, not {}",
            key.curve().name(),
            curve.name()
        );
        return Err(Failure::usage(message).next("leave out --curve: the file says it"));
    }
    Ok(key)
}

/// Digits are text without a PEM header.
fn guess(text: Option<&str>) -> FormatArg {
    match text {
        Some(text) if !text.contains("-----BEGIN") => FormatArg::Hex,
        Some(_) | None => FormatArg::Pkcs8,
    }
}

fn unreadable(error: PrivateKeyError) -> Failure {
    Failure::usage(format!("the key: {}", tki::with_causes(&error))).next(
        "give hexadecimal digits, or PKCS#8 without a passphrase, as openssl pkcs8 -topk8 -nocrypt \
         writes it: --format hex|pkcs8",
    )
}
