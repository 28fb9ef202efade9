//! Records in memory: for tests, for opening a bundle, and as the model of what a backend does.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tki_record::{Address, Commit, Record, Restored, check_commit, check_restore};

use crate::browse::{Browse, Snapshot, fill_page};
use crate::error::Error;
use crate::retention::{KeepsHistory, Retention};
use crate::storage::Storage;

/// Storage that lasts as long as the value. Needs no runtime.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    records: Mutex<BTreeMap<Address, Record>>,
}

impl MemoryStorage {
    /// Storage without any record.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Storage with these records, of whatever version, as copied from elsewhere: what
    /// [`restore`](Storage::restore) makes of an empty one.
    ///
    /// # Errors
    /// [`Error::Refused`] for the first record that does not verify, [`Error::Conflict`] for the
    /// second of two at one address.
    pub fn from_records(records: impl IntoIterator<Item = Record>) -> Result<Self, Error> {
        let storage = Self::new();
        storage.take_in(&records.into_iter().collect::<Vec<_>>())?;
        Ok(storage)
    }

    /// Every record, ordered by address: a consistent copy of the whole.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.lock().values().cloned().collect()
    }

    fn take_in(&self, copies: &[Record]) -> Result<Restored, Error> {
        let mut records = self.lock();
        let restored = check_restore(&records, copies)?;
        for copy in copies {
            if !restored.kept.contains(&copy.address()) {
                records.insert(copy.address(), copy.clone());
            }
        }
        Ok(restored)
    }

    /// A panic elsewhere cannot leave the map half changed: each write is made of single insertions
    /// of checked records after which nothing can fail.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Address, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Storage for MemoryStorage {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        Ok(self.lock().get(address).cloned())
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        let records = self.lock();
        Ok(addresses
            .iter()
            .map(|address| records.get(address).cloned())
            .collect())
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        let mut records = self.lock();
        check_commit(&records, commit)?;
        for record in commit.records() {
            records.insert(record.address(), record.clone());
        }
        Ok(())
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        self.take_in(copies)
    }

    fn retention(&self) -> Retention {
        Retention::new(
            KeepsHistory::No,
            "the storage is memory of this process and keeps no old records",
        )
    }
}

#[async_trait]
impl Browse for MemoryStorage {
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let records = self.lock();
        let following = records.range::<Address, _>((start, Bound::Unbounded));
        fill_page(following.map(|(_, record)| Ok(record.clone())), limit)
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        let records = self.records().into();
        Ok(Box::new(MemorySnapshot { records }))
    }
}

/// A copy of all records, of which those that were given out are gone.
struct MemorySnapshot {
    records: VecDeque<Record>,
}

#[async_trait]
impl Snapshot for MemorySnapshot {
    async fn next(&mut self, limit: usize) -> Result<Vec<Record>, Error> {
        let page = fill_page(self.records.iter().map(|record| Ok(record.clone())), limit)?;
        self.records.drain(..page.len());
        Ok(page)
    }
}
