//! Credentials and their ids.

use alloc::{string::String, vec::Vec};
use core::fmt;
use core::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use thiserror::Error;

/// The id of a credential: 1 to 1023 bytes that its authenticator chose. Not a secret, but the same
/// wherever the passkey is used: it is kept sealed.
///
/// Written as WebAuthn's own interfaces do, in base64url without padding.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub struct CredentialId(Vec<u8>);

/// What is no id of a credential.
#[expect(clippy::exhaustive_structs, reason = "there is nothing to add")]
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("not the id of a credential")]
pub struct InvalidCredentialId;

impl CredentialId {
    /// The longest that there are: CTAP 2.1, section 6.1.
    pub const MAX_BYTES: usize = 1023;

    /// The id of these bytes.
    ///
    /// # Errors
    /// [`InvalidCredentialId`] if they are none, or too many.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidCredentialId> {
        if bytes.is_empty() || bytes.len() > Self::MAX_BYTES {
            return Err(InvalidCredentialId);
        }
        Ok(Self(bytes.into()))
    }

    /// The id of an array, which is not empty and short enough.
    pub(crate) fn of_array(bytes: [u8; 16]) -> Self {
        Self(bytes.into())
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for CredentialId {
    type Err = InvalidCredentialId;

    fn from_str(text: &str) -> Result<Self, InvalidCredentialId> {
        let bytes = Base64UrlUnpadded::decode_vec(text).map_err(|_| InvalidCredentialId)?;
        Self::from_bytes(&bytes)
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&Base64UrlUnpadded::encode_string(&self.0))
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialId({self})")
    }
}

/// A credential that an authenticator keeps.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// The name it was made under, if the authenticator tells.
    pub label: Option<String>,
}

/// The longest name of a credential, in bytes: what CTAP 2.1 lets every authenticator keep whole.
pub(crate) const MAX_LABEL: usize = 64;

/// Whether a credential may have this name.
pub(crate) fn is_label(label: &str) -> bool {
    label.len() <= MAX_LABEL && !label.chars().any(char::is_control)
}
