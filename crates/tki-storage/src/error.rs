//! What storage can answer besides yes, in the variants that a caller treats differently.

use alloc::boxed::Box;

use thiserror::Error;
use tki_record::{Address, Rejection, Rule};

/// The cause of an error, as the backend knows it.
pub type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// Why a read or a commit has no result.
///
/// A record that is known to be absent is no error: reads say `Ok(None)`. Every error of a commit
/// but [`OutcomeUnknown`](Self::OutcomeUnknown) means that nothing was changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The backend failed in a way of its own.
    #[error("storage failed")]
    Backend(#[source] BoxError),
    /// Another version is stored than the one that the commit follows: read again.
    #[error("another version is stored at {address}")]
    Conflict {
        /// The first record of the commit for which this is so.
        address: Address,
        /// The version that is stored; `None` if nothing is.
        found: Option<u64>,
    },
    /// What is stored is not a record, or not the one of this address.
    #[error("storage is corrupt")]
    Corrupt {
        /// The record; `None` if the store as a whole cannot be read.
        address: Option<Address>,
        /// What exactly is wrong, where the backend can tell.
        source: Option<BoxError>,
    },
    /// The commit may have happened, as a whole, or not at all: read to find out.
    #[error("outcome of the commit is unknown")]
    OutcomeUnknown {
        /// What went wrong, where the backend can tell.
        source: Option<BoxError>,
    },
    /// The record may not follow what is stored, and never will.
    #[error("storage refused the record for {address}")]
    Refused {
        /// The record.
        address: Address,
        /// The rule that it breaks.
        #[source]
        rule: Rule,
    },
    /// Storage cannot be used now; whether a record exists is not known.
    #[error("storage is unavailable: {0}")]
    Unavailable(Outage),
    /// The backend does not do this.
    #[error("storage does not support this")]
    Unsupported,
}

impl Error {
    /// Whether the same call may succeed later without anything else being done.
    ///
    /// A conflict is not retryable: the record must be read again and the change made anew. Nor is
    /// an unknown outcome: the commit may have happened.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable(outage) => match outage {
                Outage::Busy | Outage::Unreachable => true,
                Outage::DiskFull | Outage::ReadOnly => false,
            },
            Self::Backend(_)
            | Self::Conflict { .. }
            | Self::Corrupt { .. }
            | Self::OutcomeUnknown { .. }
            | Self::Refused { .. }
            | Self::Unsupported => false,
        }
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Conflict { address, found } => Self::Conflict { address, found },
            Rejection::Refused { address, rule } => Self::Refused { address, rule },
            // `Rejection` is open to new variants; an unknown one is nobody's promise.
            other => Self::Backend(Box::new(other)),
        }
    }
}

/// Why storage cannot be used now.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Outage {
    /// Another process has it open.
    #[error("another process is using it")]
    Busy,
    /// There is no room for what is to be written.
    #[error("disk is full")]
    DiskFull,
    /// It may be read but not written.
    #[error("not writable")]
    ReadOnly,
    /// It does not answer.
    #[error("no answer")]
    Unreachable,
}
