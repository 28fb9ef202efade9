//! Looking through a whole file, without changing it.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::Bound;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{
    BackendError, Database, ReadTransaction, ReadableDatabase, ReadableTable, StorageBackend,
};
use thiserror::Error as ThisError;
use tki_record::{Address, DecodeError, Record, Rule};
use tki_storage::Error;

use crate::error;
use crate::storage::{RedbStorage, guarded};
use crate::tables::{ADDRESSES, COUNTS, RECORD_COUNT, RECORDS};

/// What [`RedbStorage::check`] found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Check {
    /// Entries that are whole and verified records of their addresses.
    pub records: u64,
    /// Those of them that are closed.
    pub closed: u64,
    /// The encoded length of these records.
    pub bytes: u64,
    /// The length of the file.
    pub file_bytes: u64,
    /// Everything that is wrong; empty if the file is sound.
    pub damage: Vec<Damage>,
}

impl Check {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.damage.is_empty()
    }
}

/// Something that is wrong with a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ThisError)]
#[non_exhaustive]
pub enum Damage {
    /// Records are missing, or there are some that were never committed.
    #[error("there are {found} records, but not the number that is written down")]
    Count {
        /// The number that is written down, if one is.
        expected: Option<u64>,
        /// How many addresses the file has something for.
        found: u64,
    },
    /// Pages of the database are damaged. It may be that something is missing for that reason.
    #[error("pages of the database are damaged")]
    Database,
    /// There was a record at this address, and there is none.
    #[error("the record of {address} is missing")]
    Missing {
        /// Whose record it is.
        address: Address,
    },
    /// The record of another address stands here.
    #[error("the record of {actual} stands at {address}")]
    Misplaced {
        /// Where.
        address: Address,
        /// Whose record it is.
        actual: Address,
    },
    /// What stands here is no record.
    #[error("what stands at {address} is no record: {reason}")]
    NotARecord {
        /// Where.
        address: Address,
        /// What is wrong with it.
        reason: DecodeError,
    },
    /// The list of all addresses lacks this one, at which something stands.
    #[error("something stands at {address}, which is not in the list of all addresses")]
    Unlisted {
        /// Where.
        address: Address,
    },
    /// The record does not prove itself.
    #[error("the record of {address} does not prove itself: {rule}")]
    Unproven {
        /// Where.
        address: Address,
        /// The rule that it breaks.
        rule: Rule,
    },
}

impl Damage {
    /// The record that is damaged, where it is a single one.
    #[must_use]
    pub const fn address(&self) -> Option<Address> {
        match self {
            Self::Count { .. } | Self::Database => None,
            Self::Misplaced { address, .. }
            | Self::Missing { address }
            | Self::NotARecord { address, .. }
            | Self::Unlisted { address }
            | Self::Unproven { address, .. } => Some(*address),
        }
    }
}

impl RedbStorage {
    /// Looks through the file: the database's own check of every page, and of every record that it
    /// is one, stands at its address and verifies; and that none is missing.
    ///
    /// The file is read into memory and examined there. Nothing of it is changed or repaired, not
    /// even what opening it would repair, and no other process has it open meanwhile.
    ///
    /// # Errors
    /// - [`Error::Unavailable`]: [`Busy`](tki_storage::Outage::Busy) if the file is open elsewhere,
    ///   [`ReadOnly`](tki_storage::Outage::ReadOnly) if it is not the caller's.
    /// - [`Error::Corrupt`] if it is damaged so far that no record can be looked at.
    /// - [`Error::Backend`] otherwise, as when there is no file.
    pub fn check(path: &Path) -> Result<Check, Error> {
        let file = open_to_copy(path)?;
        let mut check = Check {
            file_bytes: file.metadata().map_err(error::io)?.len(),
            ..Check::default()
        };
        let copy = Copied::new(file)?;
        let mut storage = Self::over(|| Database::builder().create_with_backend(copy))?;
        let looked_at = guarded(|| check.look_at(&*storage.database()?));
        let is_whole = guarded(|| storage.check_pages());
        if looked_at.is_err() || !matches!(is_whole, Ok(true)) {
            check.damage.push(Damage::Database);
        }
        Ok(check)
    }
}

impl RedbStorage {
    /// Opens a copy of the file in memory: for whoever looks at it and must not change it. What is
    /// written to it is gone when it is dropped. No other process has the file open meanwhile.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub fn open_copy(path: &Path) -> Result<Self, Error> {
        let copy = Copied::new(open_to_copy(path)?)?;
        Self::over(|| Database::builder().create_with_backend(copy))
    }
}

/// For writing, because that is what the lock of one who reads alone needs.
fn open_to_copy(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).open(path);
    file.map_err(error::io)
}

impl Check {
    fn look_at(&mut self, database: &Database) -> Result<(), Error> {
        let transaction = database.begin_read().map_err(error::transaction)?;
        let counts = transaction.open_table(COUNTS).map_err(error::table)?;
        let count = counts.get(RECORD_COUNT).map_err(error::storage)?;
        let expected = count.map(|count| count.value());
        let table = transaction.open_table(RECORDS).map_err(error::table)?;
        let mut addresses = BTreeSet::new();
        for entry in table.iter().map_err(error::storage)? {
            let (key, value) = entry.map_err(error::storage)?;
            let address = Address::from_bytes(key.value());
            addresses.insert(address);
            match look_at(&address, value.value()) {
                Ok(record) => self.count(&record),
                Err(damage) => self.damage.push(damage),
            }
        }
        let found = u64::try_from(addresses.len()).unwrap_or(u64::MAX);
        if expected != Some(found) {
            self.damage.push(Damage::Count { expected, found });
        }
        self.compare(&addresses, &listed(&transaction)?);
        Ok(())
    }

    /// What stands in the file with the list of all addresses.
    fn compare(&mut self, found: &BTreeSet<Address>, listed: &BTreeSet<Address>) {
        let missing = listed.difference(found);
        self.damage
            .extend(missing.map(|&address| Damage::Missing { address }));
        let unlisted = found.difference(listed);
        self.damage
            .extend(unlisted.map(|&address| Damage::Unlisted { address }));
    }

    fn count(&mut self, record: &Record) {
        let length = u64::try_from(record.encoded_length()).unwrap_or(u64::MAX);
        self.records = self.records.saturating_add(1);
        self.closed = self.closed.saturating_add(u64::from(record.is_closed()));
        self.bytes = self.bytes.saturating_add(length);
    }
}

fn listed(transaction: &ReadTransaction) -> Result<BTreeSet<Address>, Error> {
    let table = transaction.open_table(ADDRESSES).map_err(error::table)?;
    let mut addresses = BTreeSet::new();
    for entry in table.iter().map_err(error::storage)? {
        let (key, _) = entry.map_err(error::storage)?;
        addresses.insert(Address::from_bytes(key.value()));
    }
    Ok(addresses)
}

fn look_at(address: &Address, stored: &[u8]) -> Result<Record, Damage> {
    let address = *address;
    let record = Record::decode(stored).map_err(|reason| Damage::NotARecord { address, reason })?;
    let actual = record.address();
    if actual != address {
        return Err(Damage::Misplaced { address, actual });
    }
    match record.verify() {
        Ok(()) => Ok(record),
        Err(rule) => Err(Damage::Unproven { address, rule }),
    }
}

/// A file under redb's own lock whose content is in memory, read when the lock was taken.
#[derive(Debug)]
struct Copied {
    locks: FileBackend,
    content: Mutex<Content>,
}

#[derive(Debug)]
enum Content {
    /// Still to be read.
    File(File),
    Memory(InMemoryBackend),
}

impl Copied {
    fn new(file: File) -> Result<Self, Error> {
        let same = file.try_clone().map_err(error::io)?;
        Ok(Self {
            locks: FileBackend::new(file).map_err(error::database)?,
            content: Mutex::new(Content::File(same)),
        })
    }

    fn with<T>(&self, work: impl FnOnce(&InMemoryBackend) -> io::Result<T>) -> io::Result<T> {
        let mut content = self.lock();
        if let Content::File(file) = &mut *content {
            let mut bytes = Vec::new();
            file.rewind()?;
            file.read_to_end(&mut bytes)?;
            let memory = InMemoryBackend::new();
            memory.set_len(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
            memory.write(0, &bytes)?;
            *content = Content::Memory(memory);
        }
        match &*content {
            Content::Memory(memory) => work(memory),
            Content::File(_) => Err(io::ErrorKind::Other.into()),
        }
    }

    /// A panic elsewhere leaves the file to be read again, or memory.
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StorageBackend for Copied {
    fn len(&self) -> io::Result<u64> {
        self.with(InMemoryBackend::len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.with(|memory| memory.read(offset, out))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.with(|memory| memory.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.with(|memory| memory.write(offset, data))
    }

    fn close(&self) -> io::Result<()> {
        self.locks.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.locks.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.locks.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.locks.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.locks.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.locks.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.locks.query_lock_range(start, end)
    }
}
