//! `tki import`: an account around a key that exists already.

use std::path::Path;

use tki::Plan;
use tki::formats::{KeyFormat, KeyInput, PrivateKey, PrivateKeyError};
use zeroize::Zeroizing;

use crate::args::{FormatArg, Global, Import};
use crate::change::Report;
use crate::commands::create::{self, Request};
use crate::commands::key_options::check_import;
use crate::commands::shares;
use crate::error::{Failure, Kind};
use crate::machine;
use crate::output;
use crate::secret_input::{self, StandardInput};
use crate::words_file;

/// Most bytes of a file with one key.
const MAX_KEY: u64 = 64 * 1024;

/// `tki import`
pub(crate) async fn run(global: &Global, arguments: &Import) -> Result<(), Failure> {
    create::check_global(global, &arguments.over)?;
    let input = StandardInput::default();
    let key = read(&input, arguments)?;
    let plan = Plan::importing(key, arguments.over.needed(), machine::now());
    let request = Request::of(plan, &arguments.over, Report::WithReceipt)?;
    create::carry_out(global, input, request).await
}

/// The key in a file or on standard input.
fn read(input: &StandardInput, arguments: &Import) -> Result<PrivateKey, Failure> {
    let [file] = arguments.keys.as_slice() else {
        return shares::import(input, arguments);
    };
    if arguments.format == Some(FormatArg::Slip39) {
        return shares::import(input, arguments);
    }
    let content = input.read(file, "key", MAX_KEY)?;
    if str::from_utf8(&content).is_ok_and(words_file::is_sheet) {
        return Err(
            Failure::usage("words of a tki sheet are a factor, and no wallet")
                .next("tki recover --use words:FILE"),
        );
    }
    if arguments.format.is_none() && shares::is_like(&content) {
        return Err(Failure::usage("the file holds one share of SLIP-39")
            .next("name it as such, with enough others: --format slip39 FILE FILE"));
    }
    let format = match arguments.format.and_then(FormatArg::format) {
        Some(format) => format,
        None => {
            KeyFormat::detect(&content).ok_or_else(|| unreadable(PrivateKeyError::UnknownFormat))?
        }
    };
    check_import(arguments, format)?;
    let passphrase = passphrase(input, arguments, format)?;
    let mut said = KeyInput::new();
    let wanted = arguments.curve;
    // What a file says itself is compared below, with a better word for it.
    if let (Some(curve), KeyFormat::Hex | KeyFormat::Bip39) = (wanted, format) {
        said = said.curve(curve);
    }
    if let Some(path) = &arguments.path {
        said = said.path(path);
    }
    if let Some(passphrase) = &passphrase {
        said = said.passphrase(passphrase);
    }
    let key = PrivateKey::read(format, &content, said).map_err(unreadable)?;
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

/// That of a keystore, which has one, or what is added to a phrase where a file for it is named.
fn passphrase(
    input: &StandardInput,
    arguments: &Import,
    format: KeyFormat,
) -> Result<Option<Zeroizing<String>>, Failure> {
    if let Some(file) = &arguments.key_passphrase_file {
        return Ok(Some(key_passphrase(input, file)?));
    }
    if format == KeyFormat::Keystore && output::is_interactive() {
        return secret_input::prompt("passphrase of the keystore").map(Some);
    }
    Ok(None)
}

/// The first line of a file, as text.
pub(crate) fn key_passphrase(
    input: &StandardInput,
    file: &Path,
) -> Result<Zeroizing<String>, Failure> {
    let mut line = input.passphrase(file, "passphrase of the key")?;
    match String::from_utf8(core::mem::take(&mut *line)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(Failure::usage("the passphrase of the key is not text"))
        }
    }
}

fn unreadable(error: PrivateKeyError) -> Failure {
    let kind = if error == PrivateKeyError::KeystorePassphrase {
        Kind::WrongPassphrase
    } else {
        Kind::Usage
    };
    let message = format!("the key: {}", tki::with_causes(&error));
    Failure::new(kind, message).next(what_to_do(error))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "one word for all that is damaged, now and later"
)]
const fn what_to_do(error: PrivateKeyError) -> &'static str {
    match error {
        PrivateKeyError::Encrypted => {
            "openssl pkey -in FILE | tki import -, or for OpenSSH's file ssh-keygen -p -f COPY"
        }
        PrivateKeyError::KeystorePassphrase => "try again: --key-passphrase-file FILE",
        PrivateKeyError::MissingPassphrase => "give it in a file: --key-passphrase-file FILE",
        PrivateKeyError::MissingPath => {
            "--path PATH, as the wallet shows it; words of a tki sheet are no wallet: tki recover"
        }
        _ => {
            "give the key in one of these formats, which --format names: hex, pkcs8, sec1, jwk, wif, \
             xprv or bip39 with --path, keystore, solana, base58, openssh, slip39"
        }
    }
}
