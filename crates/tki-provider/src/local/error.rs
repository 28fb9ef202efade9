//! Why a provider's file was not made or opened.

use thiserror::Error;
use tki_seal::passphrase_file::FileError;
use tki_seal::password::PasswordError;

/// Why a provider's file was not made or opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LocalError {
    /// There is a file already; it is untouched.
    #[error("provider file exists already")]
    AlreadyExists,
    /// The file is damaged, or no provider's file at all.
    #[error("provider file is damaged")]
    Corrupt,
    /// The file system refused or failed; [`tki_file::Error::io_kind`] says more.
    #[error("could not access the provider file")]
    File(#[source] tki_file::Error),
    /// No key could be derived from the passphrase.
    #[error("could not derive a key from the passphrase")]
    KeyDerivation(#[source] PasswordError),
    /// There is no file.
    #[error("there is no provider file")]
    Missing,
    /// The file is of a format version that this release does not know.
    #[error("provider file has format version {version}, which this release does not know")]
    Unsupported {
        /// The version found.
        version: u8,
    },
    /// The passphrase is not the one that the file was sealed under.
    #[error("wrong passphrase")]
    WrongPassphrase,
}

impl LocalError {
    /// Whether the file could not be reached, which says nothing about its content: a full or
    /// read-only disk, missing permissions, too little memory.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        match self {
            Self::File(_) | Self::KeyDerivation(PasswordError::OutOfMemory) => true,
            Self::AlreadyExists
            | Self::Corrupt
            | Self::KeyDerivation(_)
            | Self::Missing
            | Self::Unsupported { .. }
            | Self::WrongPassphrase => false,
        }
    }
}

impl From<FileError> for LocalError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Corrupt | FileError::OtherKind { .. } => Self::Corrupt,
            FileError::KeyDerivation(source) => Self::KeyDerivation(source),
            FileError::Unsupported { version } => Self::Unsupported { version },
            FileError::WrongPassphrase => Self::WrongPassphrase,
        }
    }
}
