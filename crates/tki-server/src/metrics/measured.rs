//! A storage whose calls are counted and timed.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use async_trait::async_trait;
use tki_record::{Address, Commit, Record, Restored};
use tki_storage::{Browse, Error, Retention, Storage};
use tokio::time::Instant;

use super::labels::{ACCEPTED, Kinds, Operations, Outcomes, Rules, kind_of, name_of};
use super::{Counter, Family, Metrics};
use crate::described::described;
use crate::logs::redacted;

/// Passes every call on, and counts what came of it.
#[derive(Debug)]
pub struct Measured<S> {
    storage: S,
    metrics: Arc<Metrics>,
}

impl<S: Storage> Measured<S> {
    /// This storage, counted there.
    pub const fn new(storage: S, metrics: Arc<Metrics>) -> Self {
        Self { storage, metrics }
    }

    async fn timed<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let began = Instant::now();
        let result = call.await;
        let metrics = &self.metrics;
        let histogram = metrics
            .storage_seconds
            .get_or_create(&Operations { operation });
        histogram.observe(began.elapsed().as_secs_f64());
        match &result {
            // Whoever asked is at fault, or nobody.
            Ok(_) | Err(Error::Conflict { .. } | Error::Refused { .. } | Error::Unsupported) => {}
            Err(error) => {
                let kind = kind_of(error);
                metrics.storage_errors.get_or_create(&Kinds { kind }).inc();
                tracing::error!(operation, kind, cause = cause(error), "storage error");
            }
        }
        result
    }

    fn written<T>(&self, writes: &Family<Outcomes, Counter>, result: &Result<T, Error>) {
        let outcome = result.as_ref().map_or_else(kind_of, |_| ACCEPTED);
        writes.get_or_create(&Outcomes { outcome }).inc();
        if let Err(Error::Refused { rule, .. }) = result {
            let rule = name_of(*rule);
            self.metrics.refused.get_or_create(&Rules { rule }).inc();
        }
    }

    fn read(&self, records: usize) {
        let records = u64::try_from(records).unwrap_or(u64::MAX);
        self.metrics.read_records.inc_by(records);
    }
}

/// What is behind an error: of the system and the backend, never of a record.
fn cause(error: &Error) -> Option<String> {
    let source = core::error::Error::source(error)?;
    Some(redacted(&described(source)))
}

#[async_trait]
impl<S: Storage> Storage for Measured<S> {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        let found = self.timed("get", self.storage.get(address)).await;
        self.read(found.iter().flatten().count());
        found
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        let found = self
            .timed("get_many", self.storage.get_many(addresses))
            .await;
        self.read(found.iter().flatten().flatten().count());
        found
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        let result = self.timed("commit", self.storage.commit(commit)).await;
        self.written(&self.metrics.commits, &result);
        if result.is_ok() {
            let lengths = commit.records().iter().map(Record::encoded_length);
            let count = u64::try_from(lengths.len()).unwrap_or(u64::MAX);
            let bytes = u64::try_from(lengths.sum::<usize>()).unwrap_or(u64::MAX);
            self.metrics.committed_records.inc_by(count);
            self.metrics.committed_bytes.inc_by(bytes);
        }
        result
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        let result = self.timed("restore", self.storage.restore(copies)).await;
        self.written(&self.metrics.restores, &result);
        result
    }

    fn retention(&self) -> Retention {
        self.storage.retention()
    }

    fn is_excerpt(&self) -> bool {
        self.storage.is_excerpt()
    }
}

#[async_trait]
impl<S: Browse> Browse for Measured<S> {
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        self.timed("page", self.storage.page(after, limit)).await
    }

    async fn snapshot(&self) -> Result<Box<dyn tki_storage::Snapshot>, Error> {
        self.timed("snapshot", self.storage.snapshot()).await
    }
}
