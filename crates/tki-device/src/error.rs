//! Why a package was not loaded, saved or removed.

use thiserror::Error;
use tki_seal::passphrase_file::FileError;
use tki_seal::password::PasswordError;

use crate::keyring::KeyringError;
use crate::store::{self, StoreKind};

/// Why a package was not loaded, saved or removed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is damaged, or no package at all.
    #[error("device package is damaged")]
    Corrupt,
    /// The file system refused or failed; [`tki_file::Error::io_kind`] says more.
    #[error("could not access the device package")]
    File(#[source] tki_file::Error),
    /// No key could be derived from the passphrase.
    #[error("could not derive a key from the passphrase")]
    KeyDerivation(#[source] PasswordError),
    /// The keyring gave no answer; the file is untouched.
    #[error("could not ask the keyring for the key of the device package")]
    Keyring(#[from] KeyringError),
    /// The keyring has no key that opens this file, which may be of another machine or user; the
    /// file is untouched.
    #[error("the keyring has no key that opens this device package")]
    NoKey,
    /// Whoever was asked did not confirm; the package was not read.
    #[error("nobody confirmed that the device package may be read")]
    NotConfirmed,
    /// The file belongs to another store; it is untouched.
    #[error("device package is of the {found} store")]
    OtherStore {
        /// The store that it belongs to.
        found: StoreKind,
    },
    /// The package is larger than [`MAX_PACKAGE`](crate::MAX_PACKAGE).
    #[error("device package is too large")]
    TooLarge,
    /// The file is of a format version that this release does not know.
    #[error("device package has format version {version}, which this release does not know")]
    Unsupported {
        /// The version found.
        version: u8,
    },
    /// The passphrase is not the one that the file was sealed under.
    #[error("wrong passphrase")]
    WrongPassphrase,
}

impl Error {
    /// Whether the store could not be reached, which says nothing about the package: a full or
    /// read-only disk, missing permissions, too little memory, a keyring that is locked or another.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        match self {
            Self::File(_)
            | Self::KeyDerivation(PasswordError::OutOfMemory)
            | Self::Keyring(_)
            | Self::NoKey
            | Self::NotConfirmed => true,
            Self::Corrupt
            | Self::KeyDerivation(_)
            | Self::OtherStore { .. }
            | Self::TooLarge
            | Self::Unsupported { .. }
            | Self::WrongPassphrase => false,
        }
    }

    /// Whether a save or a removal may have happened all the same. After every other error the
    /// store holds what it held before.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::File(error) if error.is_outcome_unknown())
    }
}

impl From<tki_file::Error> for Error {
    fn from(error: tki_file::Error) -> Self {
        if matches!(error, tki_file::Error::TooLarge { .. }) {
            Self::TooLarge
        } else {
            Self::File(error)
        }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Corrupt => Self::Corrupt,
            FileError::KeyDerivation(source) => Self::KeyDerivation(source),
            FileError::OtherKind { magic } => store::other_kind(magic),
            FileError::Unsupported { version } => Self::Unsupported { version },
            FileError::WrongPassphrase => Self::WrongPassphrase,
        }
    }
}
