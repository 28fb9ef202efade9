//! What can go wrong with a file, in the variants that a caller treats differently.

use std::io;

use thiserror::Error;

/// Why a file was not read, written, locked or removed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is there already and was to be new.
    #[error("file exists already")]
    AlreadyExists,
    /// The operating system refused or failed.
    #[error("could not {operation}")]
    Io {
        /// What was being done.
        operation: Operation,
        /// The system's own answer.
        source: io::Error,
    },
    /// The file is larger than the caller allows.
    #[error("file is larger than {limit} bytes")]
    TooLarge {
        /// The caller's limit in bytes.
        limit: u64,
    },
}

impl Error {
    pub(crate) fn io(operation: Operation) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { operation, source }
    }

    /// The kind of the system's error, where there is one: tells a full disk from a read-only one.
    #[must_use]
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { source, .. } => Some(source.kind()),
            Self::AlreadyExists | Self::TooLarge { .. } => None,
        }
    }

    /// Whether the change may have happened all the same: the new content is in place, but it is not
    /// known to survive a loss of power. Every other error of a write means that nothing changed.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(
            self,
            Self::Io {
                operation: Operation::SyncFolder,
                ..
            }
        )
    }
}

/// The step at which the operating system failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// Creating a folder.
    CreateFolder,
    /// Creating the temporary file beside the target.
    CreateTemporary,
    /// Taking a lock.
    Lock,
    /// Opening a file to read.
    Open,
    /// Putting the finished temporary file in the target's place.
    Place,
    /// Reading.
    Read,
    /// Removing a file.
    Remove,
    /// Waiting until the content is on the disk.
    SyncFile,
    /// Waiting until the folder's new entry is on the disk.
    SyncFolder,
    /// Writing.
    Write,
}

impl core::fmt::Display for Operation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::CreateFolder => "create the folder",
            Self::CreateTemporary => "create a temporary file",
            Self::Lock => "lock the file",
            Self::Open => "open the file",
            Self::Place => "put the new file in place",
            Self::Read => "read the file",
            Self::Remove => "remove the file",
            Self::SyncFile => "sync the file to disk",
            Self::SyncFolder => "sync the folder to disk",
            Self::Write => "write the file",
        })
    }
}
