//! The file in which the records of a whole storage are carried away: written and read piece by
//! piece, so that its length is nobody's memory.
//!
//! The bytes are specified in `docs/spec/server-backup.md`. Nothing here reads or writes a file; who
//! does brings the bytes. No signature is verified here: whoever takes records in does that.

use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tki_record::{Address, DecodeError, MAX_ENCODED, Record};

mod reader;

pub use reader::{BackupReader, Piece};

/// The first bytes of every backup.
pub const BACKUP_MAGIC: [u8; 8] = *b"TKI-BKUP";

/// The version of the format that is written, and the only one that is read.
pub const BACKUP_VERSION: u8 = 1;

/// Why these bytes are no backup, or no whole one.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum BackupError {
    /// A record does not have a later address than the one before it.
    #[error("records are not in the order of their addresses, or one is there twice: {address}")]
    Order {
        /// The record.
        address: Address,
    },
    /// The number of records is not the one that the end says.
    #[error("the end speaks of {expected} records, and there are {found}")]
    Count {
        /// What the end says.
        expected: u64,
        /// What was read.
        found: u64,
    },
    /// The hash at the end is not that of what comes before it.
    #[error("the hash at the end is another than that of the file: something was changed")]
    Hash,
    /// It begins with something else.
    #[error("this is no backup of a storage")]
    Magic,
    /// What stands where a record should is none.
    #[error("record {number} of the file is none: {reason}")]
    NotARecord {
        /// Which, counted from 1.
        number: u64,
        /// What is wrong.
        reason: DecodeError,
    },
    /// A length is beyond every record's.
    #[error("record {number} of the file would be longer than any record is")]
    TooLong {
        /// Which, counted from 1.
        number: u64,
    },
    /// Bytes follow the end.
    #[error("bytes follow the end")]
    TrailingBytes,
    /// The end comes too early.
    #[error("the file ends too early, after {records} whole records")]
    Truncated {
        /// How many records were read.
        records: u64,
    },
    /// The version is none of those that are read.
    #[error("unknown version {found} of the format")]
    UnknownVersion {
        /// The byte.
        found: u8,
    },
}

/// Writes a backup: what it returns, one after the other, are the bytes of the file.
#[derive(Clone, Debug)]
pub struct BackupWriter {
    hash: Sha256,
    last: Option<Address>,
    count: u64,
}

impl BackupWriter {
    /// A backup without records yet, and its first bytes.
    #[must_use]
    pub fn begin() -> (Self, Vec<u8>) {
        // Step 1.1: the magic. Step 1.2: the version of the format.
        let mut bytes = Vec::with_capacity(BACKUP_MAGIC.len().saturating_add(1));
        bytes.extend_from_slice(&BACKUP_MAGIC);
        bytes.push(BACKUP_VERSION);
        let mut writer = Self {
            hash: Sha256::new(),
            last: None,
            count: 0,
        };
        writer.hash.update(&bytes);
        (writer, bytes)
    }

    /// Appends the bytes of the next record to `out`.
    ///
    /// # Errors
    /// [`BackupError::Order`] if its address is not after the one before.
    pub fn record(&mut self, record: &Record, out: &mut Vec<u8>) -> Result<(), BackupError> {
        let address = record.address();
        // Step 2.3: addresses ascend strictly.
        if self.last.is_some_and(|last| last >= address) {
            return Err(BackupError::Order { address });
        }
        // Step 2.1: the length. Step 2.2: the record.
        let encoded = record.encode();
        let length = u32::try_from(encoded.len()).unwrap_or(u32::MAX);
        for part in [length.to_le_bytes().as_slice(), &encoded] {
            self.hash.update(part);
            out.extend_from_slice(part);
        }
        self.last = Some(address);
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// How many records were written.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The last bytes.
    #[must_use]
    pub fn end(mut self) -> Vec<u8> {
        // Step 3.1: a length of zero. Step 3.2: the number of records. Step 3.3: the hash.
        let mut bytes = Vec::with_capacity(END_BYTES);
        bytes.extend_from_slice(&0_u32.to_le_bytes());
        bytes.extend_from_slice(&self.count.to_le_bytes());
        self.hash.update(&bytes);
        bytes.extend_from_slice(&self.hash.finalize());
        bytes
    }
}

/// A length, a number, a hash.
const END_BYTES: usize = 4 + 8 + 32;

/// The longest record is shorter than `u32::MAX`, so no length is cut.
const _: () = assert!(MAX_ENCODED < 1 << 24, "lengths fit into four bytes");
