//! What redb's errors mean to someone who uses storage.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use std::io::{self, ErrorKind};

use redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};
use tki_record::Address;
use tki_storage::{BoxError, Error, Outage};

pub(crate) fn io(error: io::Error) -> Error {
    if let Some(outage) = outage(error.kind()) {
        Error::Unavailable(outage)
    } else if matches!(
        error.kind(),
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof
    ) {
        Error::Corrupt {
            address: None,
            source: Some(Box::new(error)),
        }
    } else {
        Error::Backend(Box::new(error))
    }
}

fn outage(kind: ErrorKind) -> Option<Outage> {
    if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        Some(Outage::DiskFull)
    } else if matches!(
        kind,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
    ) {
        Some(Outage::ReadOnly)
    } else {
        None
    }
}

pub(crate) fn database(error: DatabaseError) -> Error {
    if let DatabaseError::Storage(error) = error {
        storage(error)
    } else if matches!(error, DatabaseError::DatabaseAlreadyOpen) {
        Error::Unavailable(Outage::Busy)
    } else if matches!(
        error,
        // We never wrote the older format that asks for an upgrade.
        DatabaseError::RepairAborted | DatabaseError::UpgradeRequired(_)
    ) {
        corrupt(error)
    } else {
        Error::Backend(Box::new(error))
    }
}

pub(crate) fn transaction(error: TransactionError) -> Error {
    if let TransactionError::Storage(error) = error {
        storage(error)
    } else {
        Error::Backend(Box::new(error))
    }
}

pub(crate) fn table(error: TableError) -> Error {
    if let TableError::Storage(error) = error {
        storage(error)
    } else {
        // The table is there with another shape: the file is another program's.
        corrupt(error)
    }
}

pub(crate) fn storage(error: StorageError) -> Error {
    if let StorageError::Io(error) = error {
        io(error)
    } else if matches!(error, StorageError::Corrupted(_)) {
        corrupt(error)
    } else {
        Error::Backend(Box::new(error))
    }
}

/// Why the last step of a transaction failed, for everybody whose records were in it.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    error: Arc<dyn core::error::Error + Send + Sync>,
    outage: Option<Outage>,
}

impl Cause {
    /// What keeps the disk from taking more, where it is no failure of the disk.
    pub(crate) const fn outage(&self) -> Option<Outage> {
        self.outage
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl core::error::Error for Cause {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.error.source()
    }
}

/// The last step of a transaction failed.
pub(crate) fn commit(error: CommitError) -> Cause {
    let outage = if let CommitError::Storage(StorageError::Io(error)) = &error {
        outage(error.kind())
    } else {
        None
    };
    let error = Arc::new(error);
    Cause { error, outage }
}

/// It ended in a panic.
pub(crate) fn panicked(panic: Panicked) -> Cause {
    let (error, outage) = (Arc::new(panic), None);
    Cause { error, outage }
}

/// What those are told whose records were in the transaction.
pub(crate) fn unknown(cause: &Cause) -> Error {
    Error::OutcomeUnknown {
        source: Some(Box::new(cause.clone())),
    }
}

/// The thread that writes is gone, which only a panic outside of every transaction can do.
pub(crate) fn stopped() -> Error {
    Error::Backend(Box::new(Panicked))
}

/// The file's tables could not be created; whether they were matters to nobody.
pub(crate) fn creation(error: CommitError) -> Error {
    if let CommitError::Storage(error) = error {
        storage(error)
    } else {
        Error::Backend(Box::new(error))
    }
}

/// The file as a whole is not what it should be.
pub(crate) const fn corrupt_file() -> Error {
    Error::Corrupt {
        address: None,
        source: None,
    }
}

pub(crate) fn corrupt_record(address: Address, source: Option<BoxError>) -> Error {
    Error::Corrupt {
        address: Some(address),
        source,
    }
}

/// redb found a state that it holds to be impossible.
#[derive(Debug)]
pub(crate) struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the database gave up on its file")
    }
}

impl core::error::Error for Panicked {}

pub(crate) fn corrupt(error: impl core::error::Error + Send + Sync + 'static) -> Error {
    Error::Corrupt {
        address: None,
        source: Some(Box::new(error)),
    }
}
