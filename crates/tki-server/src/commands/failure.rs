//! How a command ends that does not succeed.

use core::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::path::Path;

use thiserror::Error;
use tki_storage::{Error as StorageError, Outage};

use crate::described::described;
use crate::metrics::kind_of;

/// What kind of failure it is: scripts act on its name, shells on its code. Both are those of `tki`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FailureKind {
    /// Somebody else uses it.
    Busy,
    /// Another history is stored there.
    Conflict,
    /// A file or a storage is damaged.
    Corrupt,
    /// There is no room.
    DiskFull,
    /// Something failed that should not.
    Internal,
    /// There is no such file.
    NotFound,
    /// It may have happened.
    OutcomeUnknown,
    /// It does not answer.
    Unavailable,
    /// This storage does not do that.
    Unsupported,
}

impl FailureKind {
    /// The name in `--json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Conflict => "conflict",
            Self::Corrupt => "corrupt-file",
            Self::DiskFull => "disk-full",
            Self::Internal => "internal",
            Self::NotFound => "not-found",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
        }
    }

    /// The exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Internal | Self::Unsupported => 1,
            Self::Corrupt | Self::NotFound => 4,
            Self::Busy | Self::DiskFull | Self::OutcomeUnknown | Self::Unavailable => 5,
            Self::Conflict => 6,
        }
    }

    /// What a server calls it.
    pub(crate) fn of_server(kind: &str) -> Self {
        match kind {
            "conflict" | "refused" => Self::Conflict,
            "corrupt" => Self::Corrupt,
            "outcome-unknown" => Self::OutcomeUnknown,
            "unavailable" => Self::Unavailable,
            "unsupported" => Self::Unsupported,
            _ => Self::Internal,
        }
    }

    fn of_io(kind: ErrorKind) -> Self {
        if kind == ErrorKind::NotFound {
            Self::NotFound
        } else if kind == ErrorKind::StorageFull {
            Self::DiskFull
        } else {
            Self::Internal
        }
    }
}

/// Why a command did not succeed: what happened, why, and what to do.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[error("{message}")]
#[non_exhaustive]
pub struct Failure {
    /// What kind it is.
    pub kind: FailureKind,
    /// What happened and why.
    pub message: String,
    /// What to do next.
    pub next: String,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>, next: &str) -> Self {
        Self {
            kind,
            message: message.into(),
            next: next.to_owned(),
        }
    }

    /// Something that should not have failed.
    #[must_use]
    pub fn internal(error: &io::Error) -> Self {
        let next = "please report this, with the command and what it printed";
        Self::new(FailureKind::Internal, error.to_string(), next)
    }

    /// A file that cannot be read.
    pub(crate) fn reading(path: &Path, error: &io::Error) -> Self {
        let message = format!("{} cannot be read: {error}", path.display());
        let kind = FailureKind::of_io(error.kind());
        Self::new(kind, message, "check the name of the file and its owner")
    }

    /// A file that cannot be written.
    pub(crate) fn writing(path: &Path, error: &tki_file::Error) -> Self {
        let mut message = format!("{} cannot be written: {error}", path.display());
        if let Some(source) = error.source() {
            message = format!("{message}: {source}");
        }
        let kind = error
            .io_kind()
            .map_or(FailureKind::Internal, FailureKind::of_io);
        let next = "a file that was there is as it was; make room or name another place";
        Self::new(kind, message, next)
    }

    /// A conversation that was broken off.
    pub(crate) fn talking(error: &io::Error) -> Self {
        let message = format!("the server broke off: {error}");
        let next =
            "see whether the server runs, and what its log says; then run the same command again";
        Self::new(FailureKind::Unavailable, message, next)
    }

    /// A storage that cannot be opened.
    #[must_use]
    pub fn opening(storage: &str, error: &StorageError) -> Self {
        let why = described(error);
        let message = format!("the storage {storage} cannot be opened: {why}");
        let (kind, next) = if matches!(error, StorageError::Unavailable(Outage::Busy)) {
            let next =
                "a server has it open: name its data directory with --data, so that it is asked";
            (FailureKind::Busy, next)
        } else if matches!(error, StorageError::Corrupt { .. }) {
            let next = "restore from a backup into an empty data directory";
            (FailureKind::Corrupt, next)
        } else {
            let kind = FailureKind::of_server(kind_of(error));
            (kind, "check the name of the storage, or try again later")
        };
        Self::new(kind, message, next)
    }
}
