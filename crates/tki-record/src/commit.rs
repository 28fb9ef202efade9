//! Several records that change together or not at all.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use thiserror::Error;

use crate::address::Address;
use crate::record::Record;

/// The most records in one commit: four for each of 256 holders, which leaves room for a renewal.
pub const MAX_COMMIT_RECORDS: usize = 1024;

/// The records of one change, at distinct addresses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Commit {
    /// Invariants: not empty, at most [`MAX_COMMIT_RECORDS`], distinct addresses.
    records: Vec<Record>,
}

impl Commit {
    /// A commit of these records, in this order.
    ///
    /// # Errors
    /// [`CommitError::Empty`], [`CommitError::TooManyRecords`],
    /// [`CommitError::DuplicateAddress`].
    pub fn new(records: Vec<Record>) -> Result<Self, CommitError> {
        if records.is_empty() {
            return Err(CommitError::Empty);
        }
        if records.len() > MAX_COMMIT_RECORDS {
            return Err(CommitError::TooManyRecords);
        }
        let mut addresses = BTreeSet::new();
        for record in &records {
            if !addresses.insert(record.address()) {
                return Err(CommitError::DuplicateAddress {
                    address: record.address(),
                });
            }
        }
        Ok(Self { records })
    }

    /// The records, in the order given.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Takes the commit apart.
    #[must_use]
    pub fn into_records(self) -> Vec<Record> {
        self.records
    }
}

/// Why these records make no commit.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum CommitError {
    /// Two records have one address.
    #[error("two records for address {address}")]
    DuplicateAddress {
        /// The address.
        address: Address,
    },
    /// There is no record.
    #[error("commit is empty")]
    Empty,
    /// There are more than [`MAX_COMMIT_RECORDS`].
    #[error("commit has more than {MAX_COMMIT_RECORDS} records")]
    TooManyRecords,
}
