//! How much a piece of work reads and writes.

use alloc::boxed::Box;
use alloc::vec::Vec;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tki_record::{Address, Commit, Record, Restored};

use crate::error::Error;
use crate::retention::Retention;
use crate::storage::Storage;

/// Passes every call on to another storage and counts.
#[derive(Debug, Default)]
pub struct CountingStorage<S> {
    inner: S,
    counters: Mutex<Counters>,
}

impl<S> CountingStorage<S> {
    /// Counts what is asked of `inner`, from zero.
    #[must_use]
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            counters: Mutex::new(Counters::default()),
        }
    }

    /// What was counted since the beginning or the last [`take`](Self::take).
    #[must_use]
    pub fn counters(&self) -> Counters {
        *self.lock()
    }

    /// What was counted, and starts again from zero: one call per step of a longer work.
    #[must_use]
    pub fn take(&self) -> Counters {
        core::mem::take(&mut *self.lock())
    }

    /// The storage below.
    #[must_use]
    pub const fn inner(&self) -> &S {
        &self.inner
    }

    /// The storage below, for good.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Numbers alone: nothing can be left half done by a panic elsewhere.
    fn lock(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<S: Storage> Storage for CountingStorage<S> {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        let record = self.inner.get(address).await?;
        self.lock().count_read(core::slice::from_ref(&record));
        Ok(record)
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        let records = self.inner.get_many(addresses).await?;
        self.lock().count_read(&records);
        Ok(records)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        let result = self.inner.commit(commit).await;
        let mut counters = self.lock();
        if result.is_ok() {
            counters.commits = counters.commits.saturating_add(1);
            for record in commit.records() {
                counters.count_written(record);
            }
        } else {
            counters.commits_failed = counters.commits_failed.saturating_add(1);
        }
        result
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        let result = self.inner.restore(copies).await;
        let mut counters = self.lock();
        if let Ok(restored) = &result {
            counters.restores = counters.restores.saturating_add(1);
            let is_written = |copy: &&Record| !restored.kept.contains(&copy.address());
            for copy in copies.iter().filter(is_written) {
                counters.count_written(copy);
            }
        } else {
            counters.restores_failed = counters.restores_failed.saturating_add(1);
        }
        result
    }

    fn retention(&self) -> Retention {
        self.inner.retention()
    }

    fn is_excerpt(&self) -> bool {
        self.inner.is_excerpt()
    }
}

/// Numbers of calls, records and encoded bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Counters {
    /// Reads that were answered, each of one or many records.
    pub reads: u64,
    /// Records that these reads asked for, absent ones included.
    pub records_read: u64,
    /// The encoded length of the records found.
    pub bytes_read: u64,
    /// Commits that were accepted.
    pub commits: u64,
    /// Commits that were not, for whatever reason.
    pub commits_failed: u64,
    /// Restores that were accepted, those that kept everything included.
    pub restores: u64,
    /// Restores that were not, for whatever reason.
    pub restores_failed: u64,
    /// Records that accepted commits and restores wrote.
    pub records_written: u64,
    /// Their encoded length.
    pub bytes_written: u64,
}

impl Counters {
    fn count_read(&mut self, records: &[Option<Record>]) {
        self.reads = self.reads.saturating_add(1);
        for record in records {
            self.records_read = self.records_read.saturating_add(1);
            let length = record.as_ref().map_or(0, encoded_length);
            self.bytes_read = self.bytes_read.saturating_add(length);
        }
    }

    fn count_written(&mut self, record: &Record) {
        self.records_written = self.records_written.saturating_add(1);
        self.bytes_written = self.bytes_written.saturating_add(encoded_length(record));
    }
}

fn encoded_length(record: &Record) -> u64 {
    u64::try_from(record.encoded_length()).unwrap_or(u64::MAX)
}
