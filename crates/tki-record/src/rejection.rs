//! Why storage does not take a record.

use thiserror::Error;

use crate::address::Address;

/// Why a record was not accepted.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Rejection {
    /// Another version is stored than the one that this record follows.
    #[error("another version is stored at {address}")]
    Conflict {
        /// Where.
        address: Address,
        /// The stored version; `None` if nothing is stored.
        found: Option<u64>,
    },
    /// The record may not follow the stored one, whatever its version.
    #[error("record for {address} was refused")]
    Refused {
        /// Where.
        address: Address,
        /// The rule that it breaks.
        #[source]
        rule: Rule,
    },
}

/// The rules that a record can break.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// The claim is not the stored one.
    #[error("claim differs from the stored one")]
    ClaimChanged,
    /// The claim is not signed by the key that its address belongs to.
    #[error("claim is not signed by the address's own key")]
    ClaimSignature,
    /// The stored version is closed.
    #[error("record is closed")]
    Closed,
    /// A new hand-over claims to have been announced in an earlier version.
    #[error("hand-over names an earlier version")]
    HandOverBackdated,
    /// A hand-over is not signed by the writer of its version.
    #[error("hand-over is not signed by the writer before it")]
    HandOverSignature,
    /// A closing version names a next writer.
    #[error("closing version names a next writer")]
    HandOverWhenClosing,
    /// A stored hand-over is missing or changed.
    #[error("stored hand-overs are missing or changed")]
    HandOversChanged,
    /// The record is not signed by the writer of its version.
    #[error("record is not signed by its writer")]
    Signature,
}
