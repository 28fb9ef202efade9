//! `tki verify`: everything it needs is in the command line.

use serde::Serialize;
use tki::seal::signature::{self, SignatureError};

use crate::args::{Global, Verify};
use crate::commands::sign;
use crate::error::{Failure, Kind};
use crate::output::{Output, SCHEMA};
use crate::secret_input::StandardInput;

#[derive(Serialize)]
struct Verified {
    schema: u32,
    scheme: &'static str,
    valid: bool,
}

/// `tki verify`
pub(crate) fn run(global: &Global, arguments: &Verify) -> Result<(), Failure> {
    let scheme = arguments.signed.scheme;
    let key = hex::decode(arguments.key.trim())
        .map_err(|_| Failure::usage("the key is not hexadecimal"))?;
    let mut bytes = [0; 64];
    hex::decode_to_slice(arguments.signature.trim(), &mut bytes)
        .map_err(|_| Failure::usage("a signature is 128 hexadecimal digits"))?;
    let content = sign::read(&StandardInput::default(), &arguments.signed.file)?;
    let input = sign::input(arguments.signed.input, &content)?;
    signature::verify(scheme, &key, input, &bytes).map_err(|error| {
        let kind = if error == SignatureError::InvalidSignature {
            Kind::BadSignature
        } else {
            Kind::Usage
        };
        Failure::new(kind, error.to_string())
    })?;
    let verified = Verified {
        schema: SCHEMA,
        scheme: scheme.name(),
        valid: true,
    };
    Output::new(global).result(&verified, "valid\n")
}
