//! Why bytes are no body of this interface.

use thiserror::Error;
use tki_record::{Address, DecodeError};

/// Why these bytes are no such body.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum WireError {
    /// The number of addresses is not from 1 to [`MAX_ADDRESSES`](super::MAX_ADDRESSES), or the
    /// length is no multiple of 32.
    #[error("not 1 to 1024 addresses of 32 bytes")]
    Addresses,
    /// The answer leaves out its first record.
    #[error("the first record is left out")]
    FirstLeftOut,
    /// The JSON is too long, or has not the fields that are needed.
    #[error("not the expected JSON")]
    Json,
    /// A length exceeds what a record can have.
    #[error("length {found} is more than a record can have")]
    Length {
        /// The length in bytes.
        found: u32,
    },
    /// A record does not decode.
    #[error("record {position} is malformed")]
    Record {
        /// Its place, from 0.
        position: usize,
        /// What is wrong with it.
        #[source]
        source: DecodeError,
    },
    /// An answer has a record of another address than the one that was asked for.
    #[error("the record asked for is {asked}, and another was sent")]
    OtherRecord {
        /// The address that was asked for.
        asked: Address,
    },
    /// A status byte has no meaning.
    #[error("unknown status {found}")]
    Status {
        /// The byte.
        found: u8,
    },
    /// There are more records than a commit may have.
    #[error("{found} records are more than 1024")]
    TooManyRecords {
        /// How many the body says that it holds.
        found: u32,
    },
    /// Bytes follow the end.
    #[error("bytes follow the end")]
    TrailingBytes,
    /// The end comes too early.
    #[error("body is truncated")]
    Truncated,
}
