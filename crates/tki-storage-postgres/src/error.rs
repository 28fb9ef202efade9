//! What PostgreSQL's errors mean to someone who uses storage.

use alloc::boxed::Box;
use core::error::Error as _;
use std::io;

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use thiserror::Error;
use tki_record::Address;
use tki_storage::{BoxError, Error, Outage};

/// Why a database is not used, although it answers.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum SchemaError {
    /// It has no tables of tki.
    #[error("the database has no tables of tki: migrate it")]
    Missing,
    /// An older program made its tables.
    #[error("the database is at migration {found}, and this program needs {needed}: migrate it")]
    Older {
        /// The last migration that was applied.
        found: u32,
        /// The last that this program knows.
        needed: u32,
    },
    /// A newer program changed its tables.
    #[error(
        "the database is at migration {found}, and this program knows {known}: use a newer program"
    )]
    Newer {
        /// The last migration that was applied.
        found: u32,
        /// The last that this program knows.
        known: u32,
    },
}

/// The database did what it cannot do: a mistake of ours or of it.
#[derive(Clone, Copy, Debug, Error)]
pub(crate) enum Impossible {
    #[error("a locked row is not there to be changed")]
    RowVanished,
    #[error("the connection was given back before its time")]
    ConnectionGone,
    #[error("the pool is closed or has no runtime")]
    Pool,
}

/// Why one attempt has no result. Nothing was changed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// This is the answer.
    Final(Error),
    /// The same may succeed at once; this is the answer if it does not.
    Passing(Error),
}

impl Failure {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Final(error) | Self::Passing(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl From<Impossible> for Failure {
    fn from(error: Impossible) -> Self {
        Self::Final(Error::Backend(Box::new(error)))
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let outage = |outage| Error::Unavailable(outage);
        let Some(code) = error.code() else {
            return without_code(error);
        };
        match code.code() {
            // Serialization failure, deadlock.
            "40001" | "40P01" => Self::Passing(outage(Outage::Busy)),
            // Shut down, crashed, starting, a session ended for idleness, lost connections.
            "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "08000" | "08003" | "08006" => {
                Self::Passing(outage(Outage::Unreachable))
            }
            "53100" => Self::Final(outage(Outage::DiskFull)),
            "25006" => Self::Final(outage(Outage::ReadOnly)),
            // Lock timeout, statement timeout, and what there is too little of.
            "55P03" | "57014" | "53000" | "53200" | "53300" | "53400" => {
                Self::Final(outage(Outage::Busy))
            }
            "XX001" | "XX002" => Self::Final(corrupt(None, Some(Box::new(error)))),
            // No such table.
            "42P01" => Self::Final(Error::Backend(Box::new(SchemaError::Missing))),
            _ => Self::Final(Error::Backend(Box::new(error))),
        }
    }
}

/// Nothing that the server said.
fn without_code(error: tokio_postgres::Error) -> Failure {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    // A certificate that is not accepted is no outage, nor is a value that cannot be sent.
    let is_ours = cause.is_some_and(|cause: &io::Error| {
        matches!(
            cause.kind(),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
        )
    });
    if error.is_closed() || (cause.is_some() && !is_ours) {
        Failure::Passing(Error::Unavailable(Outage::Unreachable))
    } else {
        Failure::Final(Error::Backend(Box::new(error)))
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(TimeoutType::Wait) => Self::Final(Error::Unavailable(Outage::Busy)),
            PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => no_answer().into(),
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                error.into()
            }
            // What answers is a standby: see `connections`.
            PoolError::PostCreateHook(HookError::Message(_)) => {
                Self::Final(Error::Unavailable(Outage::ReadOnly))
            }
            PoolError::Closed | PoolError::NoRuntimeSpecified => Impossible::Pool.into(),
        }
    }
}

/// It took longer than was agreed.
pub(crate) fn no_answer() -> Error {
    Error::Unavailable(Outage::Unreachable)
}

pub(crate) fn corrupt(address: Option<Address>, source: Option<BoxError>) -> Error {
    Error::Corrupt { address, source }
}
