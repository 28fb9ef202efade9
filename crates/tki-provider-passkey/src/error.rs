//! Why an authenticator did not do what it was asked.

use alloc::boxed::Box;

use thiserror::Error;
use tki_seal::passphrase_file::FileError;
use tki_seal::password::PasswordError;

use crate::credential::CredentialId;

/// Why an authenticator did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// There is a software authenticator already; it is untouched.
    #[error("there is an authenticator already")]
    AlreadyExists,
    /// Something below the authenticator failed: its file, its program.
    #[error("authenticator failed")]
    Backend(#[source] Box<dyn core::error::Error + Send + Sync>),
    /// Something else is using the authenticator; nothing was done. Asking again soon helps.
    #[error("authenticator is busy")]
    Busy,
    /// The software authenticator's file is damaged, or something else.
    #[error("authenticator's file is damaged")]
    Corrupt,
    /// The credential is not on this authenticator, or no more.
    #[error("credential {credential} is not on this authenticator, or was deleted there")]
    Deleted {
        /// Which.
        credential: CredentialId,
    },
    /// There is no room for another credential.
    #[error("authenticator has no room for another credential")]
    Full,
    /// No key could be derived from the software authenticator's passphrase.
    #[error("could not derive a key from the passphrase")]
    KeyDerivation(#[source] PasswordError),
    /// A name that no credential can have: longer than 64 bytes, or with control characters.
    #[error("a credential's name has at most 64 bytes and no control characters")]
    Label,
    /// There is no authenticator: nothing is plugged in, or there is no file.
    #[error("no authenticator found")]
    NoAuthenticator,
    /// The authenticator, or the credential, has no pseudorandom function.
    #[error("authenticator has no PRF (hmac-secret): it can sign in, and open nothing")]
    NoPrf,
    /// The programs of libfido2 are not installed.
    #[error(
        "the programs fido2-token, fido2-cred and fido2-assert (fido2-tools) are not installed"
    )]
    NoTools,
    /// The software authenticator has a passphrase, and none was given.
    #[error("authenticator needs its passphrase")]
    PassphraseNeeded,
    /// Too many wrong PINs: the authenticator takes none until it was plugged in again, or reset.
    #[error("authenticator is blocked after too many wrong PINs")]
    PinBlocked,
    /// The PIN could not be asked for: there is no terminal.
    #[error("authenticator needs its PIN, and there is no terminal to ask for it")]
    PinNeeded,
    /// The authenticator has no PIN and no fingerprint, and so cannot verify who uses it.
    #[error("authenticator has no PIN yet: set one first (fido2-token -S)")]
    PinNotSet,
    /// The authenticator's answer makes no sense.
    #[error("authenticator's answer makes no sense")]
    Protocol,
    /// The user refused, or did not touch the authenticator in time.
    #[error("refused at the authenticator, or not touched in time")]
    Refused,
    /// More than one authenticator is plugged in: one has to be named.
    #[error("more than one authenticator is plugged in: name one")]
    Several,
    /// The authenticator's file is of a format version that this release does not know.
    #[error("authenticator's file has format version {version}, which this release does not know")]
    Unsupported {
        /// The version found.
        version: u8,
    },
    /// The PIN is not the authenticator's.
    #[error("wrong PIN")]
    WrongPin,
    /// The passphrase is not the one that the software authenticator was sealed under.
    #[error("wrong passphrase")]
    WrongPassphrase,
}

impl Error {
    /// Whether the authenticator could not be asked, which says nothing about its credentials.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        match self {
            Self::Backend(_)
            | Self::Busy
            | Self::KeyDerivation(PasswordError::OutOfMemory)
            | Self::NoAuthenticator
            | Self::NoTools
            | Self::PinNeeded
            | Self::Refused
            | Self::Several => true,
            Self::AlreadyExists
            | Self::Corrupt
            | Self::Deleted { .. }
            | Self::Full
            | Self::KeyDerivation(_)
            | Self::Label
            | Self::NoPrf
            | Self::PassphraseNeeded
            | Self::PinBlocked
            | Self::PinNotSet
            | Self::Protocol
            | Self::Unsupported { .. }
            | Self::WrongPin
            | Self::WrongPassphrase => false,
        }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Corrupt | FileError::OtherKind { .. } => Self::Corrupt,
            FileError::KeyDerivation(source) => Self::KeyDerivation(source),
            FileError::Unsupported { version } => Self::Unsupported { version },
            FileError::WrongPassphrase => Self::WrongPassphrase,
        }
    }
}

impl From<tki_file::Error> for Error {
    fn from(error: tki_file::Error) -> Self {
        match error {
            tki_file::Error::AlreadyExists => Self::AlreadyExists,
            tki_file::Error::TooLarge { .. } => Self::Corrupt,
            other @ (tki_file::Error::Io { .. } | _) => Self::Backend(Box::new(other)),
        }
    }
}
