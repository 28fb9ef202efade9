//! What the programs of libfido2 print, and what it means.
//!
//! Formats are those of the manual pages fido2-token(1), fido2-cred(1) and fido2-assert(1), of
//! libfido2 1.5 to 1.16. Everything that is used is checked; what later versions may add after it, at
//! the end of a line, is passed over.
//!
//! Specification: `docs/spec/passkey.md`, section 3.

use alloc::{string::String, vec::Vec};

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::RELYING_PARTY;
use crate::credential::{Credential, CredentialId};
use crate::error::Error;

/// The devices that `fido2-token -L` lists: `PATH: vendor=0x…, product=0x… (…)`.
pub(super) fn devices(printed: &str) -> Result<Vec<String>, Error> {
    let lines = printed.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            // A path may hold colons.
            let (path, _) = line.split_once(": vendor=").ok_or(Error::Protocol)?;
            Ok(path.into())
        })
        .collect()
}

/// What `fido2-token -I` says that a key can do, as far as it matters here.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Abilities {
    prf: bool,
    discoverable: bool,
    verifies: bool,
}

impl Abilities {
    /// Reads the lines `extension strings: …` and `options: …`, of words with commas between.
    pub(super) fn parse(printed: &str) -> Result<Self, Error> {
        let words = |name: &str| {
            let mut lines = printed.lines();
            let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let words = line.unwrap_or("").split(',').map(str::trim);
            words.collect::<Vec<_>>()
        };
        // A key that speaks U2F alone has neither line; what has no line at all is no answer.
        if printed.trim().is_empty() {
            return Err(Error::Protocol);
        }
        let (extensions, options) = (words("extension strings"), words("options"));
        Ok(Self {
            prf: extensions.contains(&"hmac-secret"),
            discoverable: options.contains(&"rk"),
            verifies: options.contains(&"clientPin") || options.contains(&"uv"),
        })
    }

    pub(super) const fn check(&self) -> Result<(), Error> {
        if !self.prf || !self.discoverable {
            return Err(Error::NoPrf);
        }
        if !self.verifies {
            return Err(Error::PinNotSet);
        }
        Ok(())
    }
}

/// The id that `fido2-cred -M` prints: client data hash, relying party, format, authenticator data,
/// credential id, signature, and certificates if there are any.
pub(super) fn made(printed: &str, hash: &str) -> Result<CredentialId, Error> {
    let mut lines = printed.lines();
    check_question(&mut lines, hash)?;
    let (_format, data, id) = (line(&mut lines)?, line(&mut lines)?, line(&mut lines)?);
    check_verified(data)?;
    credential_id(id)
}

/// The output that `fido2-assert -G -h` prints: client data hash, relying party, authenticator data,
/// signature, output.
pub(super) fn evaluated(printed: &str, hash: &str) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut lines = printed.lines();
    check_question(&mut lines, hash)?;
    let (data, _signature) = (line(&mut lines)?, line(&mut lines)?);
    check_verified(data)?;
    let encoded = lines.next().filter(|line| !line.is_empty());
    let encoded = encoded.ok_or(Error::NoPrf)?;
    if lines.next().is_some() {
        return Err(Error::Protocol);
    }
    let mut output = Zeroizing::new([0; 32]);
    let mut room = Zeroizing::new([0; 33]);
    let read = Base64::decode(encoded, room.as_mut_slice()).map_err(|_| Error::Protocol)?;
    if read.len() != output.len() {
        return Err(Error::Protocol);
    }
    output.copy_from_slice(read);
    Ok(output)
}

/// The credentials that `fido2-token -L -k` lists: `NN: ID …`. What follows is a name, a user id and
/// a type, in an order that has changed; of a credential made by `fido2-cred` there is no name.
pub(super) fn credentials(printed: &str) -> Result<Vec<Credential>, Error> {
    let lines = printed.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let (number, rest) = line.split_once(": ").ok_or(Error::Protocol)?;
            if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Error::Protocol);
            }
            let id = rest.split(' ').next().unwrap_or("");
            Ok(Credential {
                id: credential_id(id)?,
                label: None,
            })
        })
        .collect()
}

/// Why a program gave no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no such credential, or none at all: whoever asked knows what for.
    NoCredential,
    /// Anything else.
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Failure {
    /// The error, where this credential was asked for.
    pub(super) fn about(self, credential: &CredentialId) -> Error {
        match self {
            Self::NoCredential => Error::Deleted {
                credential: credential.clone(),
            },
            Self::Other(error) => error,
        }
    }

    /// The error, where no credential was asked for: there can be none missing.
    pub(super) fn error(self) -> Error {
        match self {
            Self::NoCredential => Error::Protocol,
            Self::Other(error) => error,
        }
    }
}

/// Why a program failed, by the names of libfido2's errors in what it complained.
pub(super) fn complaint(text: &str) -> Failure {
    let says = |names: &[&str]| names.iter().any(|name| text.contains(name));
    let error = if says(&["FIDO_ERR_NO_CREDENTIALS", "FIDO_ERR_INVALID_CREDENTIAL"]) {
        return Failure::NoCredential;
    } else if says(&["FIDO_ERR_PIN_INVALID"]) {
        Error::WrongPin
    } else if says(BLOCKED) {
        Error::PinBlocked
    } else if says(&["FIDO_ERR_PIN_NOT_SET", "FIDO_ERR_UNSUPPORTED_OPTION"]) {
        Error::PinNotSet
    } else if says(&["FIDO_ERR_PIN_REQUIRED", "readpassphrase"]) {
        Error::PinNeeded
    } else if says(&["FIDO_ERR_KEY_STORE_FULL", "FIDO_ERR_LIMIT_EXCEEDED"]) {
        Error::Full
    } else if says(&["FIDO_ERR_CHANNEL_BUSY"]) {
        Error::Busy
    } else if says(&["FIDO_ERR_UNSUPPORTED_EXTENSION", "output error"]) {
        // An assertion without the output that was asked for cannot be printed.
        Error::NoPrf
    } else if says(REFUSED) {
        Error::Refused
    } else if says(&["fido_dev_open", "FIDO_ERR_TX", "FIDO_ERR_RX"]) {
        Error::NoAuthenticator
    } else {
        Error::Protocol
    };
    Failure::Other(error)
}

const BLOCKED: &[&str] = &[
    "FIDO_ERR_PIN_BLOCKED",
    "FIDO_ERR_PIN_AUTH_BLOCKED",
    "FIDO_ERR_UV_BLOCKED",
];
const REFUSED: &[&str] = &[
    "FIDO_ERR_OPERATION_DENIED",
    "FIDO_ERR_NOT_ALLOWED",
    "FIDO_ERR_ACTION_TIMEOUT",
    "FIDO_ERR_USER_ACTION_TIMEOUT",
    "FIDO_ERR_KEEPALIVE_CANCEL",
    "FIDO_ERR_UP_REQUIRED",
];

/// The answer is to what was asked.
fn check_question<'a>(lines: &mut impl Iterator<Item = &'a str>, hash: &str) -> Result<(), Error> {
    if line(lines)? != hash || line(lines)? != RELYING_PARTY {
        return Err(Error::Protocol);
    }
    Ok(())
}

/// Step 3.6: the authenticator data is of this relying party, with the user present and verified.
///
/// A key gives another output to whoever did not enter the PIN: it would be taken for that of
/// another passkey.
fn check_verified(encoded: &str) -> Result<(), Error> {
    const PRESENT_AND_VERIFIED: u8 = 0b101;
    let data = Base64::decode_vec(encoded).map_err(|_| Error::Protocol)?;
    let data = byte_string(&data).ok_or(Error::Protocol)?;
    let (party, rest) = data.split_first_chunk::<32>().ok_or(Error::Protocol)?;
    let flags = rest.first().ok_or(Error::Protocol)?;
    let expected: [u8; 32] = Sha256::digest(RELYING_PARTY).into();
    if *party != expected || flags & PRESENT_AND_VERIFIED != PRESENT_AND_VERIFIED {
        return Err(Error::Protocol);
    }
    Ok(())
}

/// What is inside a CBOR byte string (RFC 8949, section 3.1, major type 2) that is all there is.
fn byte_string(bytes: &[u8]) -> Option<&[u8]> {
    let (first, rest) = bytes.split_first()?;
    let (length, content) = match first {
        0x40..=0x57 => (usize::from(first - 0x40), rest),
        0x58 => {
            let (length, content) = rest.split_first()?;
            (usize::from(*length), content)
        }
        0x59 => {
            let (length, content) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), content)
        }
        _ => return None,
    };
    (content.len() == length).then_some(content)
}

fn credential_id(encoded: &str) -> Result<CredentialId, Error> {
    let bytes = Base64::decode_vec(encoded).map_err(|_| Error::Protocol)?;
    CredentialId::from_bytes(&bytes).map_err(|_| Error::Protocol)
}

fn line<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Result<&'a str, Error> {
    lines.next().ok_or(Error::Protocol)
}
