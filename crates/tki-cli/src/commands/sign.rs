//! `tki sign`: the key is put together for one signature, inside the engine, and wiped.

use std::path::Path;

use serde::Serialize;
use tki::seal::signature::Input;
use zeroize::Zeroizing;

use crate::args::{Global, InputArg, Sign};
use crate::commands::key_options::check_chain;
use crate::commands::reading;
use crate::error::{Failure, Kind};
use crate::output::SCHEMA;
use crate::secret_input::StandardInput;
use crate::session::{Purpose, Session};

/// Most bytes of a message.
const MAX_MESSAGE: u64 = 256 * 1024 * 1024;

#[derive(Serialize)]
struct Signature {
    schema: u32,
    scheme: &'static str,
    signature: String,
    verifying_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_id: Option<u8>,
}

/// `tki sign`
pub(crate) async fn run(global: &Global, arguments: &Sign) -> Result<(), Failure> {
    let signed = &arguments.signed;
    let session = Session::begin(global, Purpose::Use).await?;
    let content = read(&session.input, &signed.file)?;
    let input = input(signed.input, &content)?;
    let scheme = signed.scheme;
    reading::with_key(&session, arguments.branch.next, |opened| {
        let account = opened.account();
        check_chain(&arguments.branch, account.curve())?;
        if scheme.curve() != account.curve() {
            let message = format!(
                "the key is one of {}, not for {scheme}",
                account.curve().name()
            );
            return Err(Failure::usage(message).next("choose another --scheme"));
        }
        let (signature, key) = match arguments.branch.branch() {
            None => (opened.sign(scheme, input), opened.verifying_key().to_vec()),
            Some(branch) => {
                let derived = opened.derived(branch).map_err(no_such_key)?;
                (
                    derived.sign(scheme, input),
                    derived.verifying_key().to_vec(),
                )
            }
        };
        let signature = signature.map_err(|error| unsupported(error.into()))?;
        let hex = hex::encode(signature.to_bytes());
        let text = format!("{hex}\n");
        let object = Signature {
            schema: SCHEMA,
            scheme: scheme.name(),
            signature: hex,
            verifying_key: hex::encode(key),
            recovery_id: signature.recovery_id(),
        };
        session.output.result(&object, &text)
    })
    .await
}

/// What is to be signed or verified.
pub(crate) fn read(input: &StandardInput, file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    input.read(file, "message", MAX_MESSAGE)
}

/// A message as it is; a digest as 64 hexadecimal digits, with space around them, or 32 bytes.
pub(crate) fn input(kind: InputArg, content: &[u8]) -> Result<Input<'_>, Failure> {
    if kind == InputArg::Message {
        return Ok(Input::Message(content));
    }
    let mut digest = [0; 32];
    if content.len() == digest.len() {
        digest.copy_from_slice(content);
    } else if hex::decode_to_slice(content.trim_ascii(), &mut digest).is_err() {
        return Err(Failure::usage(
            "a digest is 64 hexadecimal digits or 32 bytes",
        ));
    }
    Ok(Input::Digest(digest))
}

/// That the account has no such key is the caller's mistake.
pub(crate) fn no_such_key(error: tki::Error) -> Failure {
    let failure = Failure::from(error);
    if failure.kind == Kind::Unsupported {
        return Failure::usage(failure.message).next(
            "name another: --path m/44'/..., --chain CHAIN of the account's curve, --app NAME",
        );
    }
    failure
}

/// That the scheme does not take this kind of input is the caller's mistake.
fn unsupported(failure: Failure) -> Failure {
    if failure.kind == Kind::Unsupported {
        return Failure::usage(failure.message).next("sign the message itself: tki sign message");
    }
    failure
}
