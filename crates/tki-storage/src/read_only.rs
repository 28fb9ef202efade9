//! A storage that is looked at and never written to.

use alloc::boxed::Box;
use alloc::vec::Vec;

use async_trait::async_trait;
use tki_record::{Address, Commit, Record, Restored};

use crate::browse::{Browse, Snapshot};
use crate::error::{Error, Outage};
use crate::retention::Retention;
use crate::storage::Storage;

/// Reads from another storage and refuses every write.
///
/// Over a [`MemoryStorage`](crate::MemoryStorage) filled from a bundle it is the account as it was:
/// a change made there would be lost with the memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOnly<S> {
    inner: S,
    is_excerpt: bool,
}

impl<S> ReadOnly<S> {
    /// Looks at `inner`.
    #[must_use]
    pub const fn new(inner: S) -> Self {
        Self {
            inner,
            is_excerpt: false,
        }
    }

    /// Looks at the records of a bundle, and says so: see [`Storage::is_excerpt`].
    #[must_use]
    pub const fn excerpt(inner: S) -> Self {
        Self {
            inner,
            is_excerpt: true,
        }
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
}

#[async_trait]
impl<S: Storage> Storage for ReadOnly<S> {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        self.inner.get(address).await
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        self.inner.get_many(addresses).await
    }

    async fn commit(&self, _commit: &Commit) -> Result<(), Error> {
        Err(Error::Unavailable(Outage::ReadOnly))
    }

    async fn restore(&self, _copies: &[Record]) -> Result<Restored, Error> {
        Err(Error::Unavailable(Outage::ReadOnly))
    }

    fn retention(&self) -> Retention {
        self.inner.retention()
    }

    fn is_excerpt(&self) -> bool {
        self.is_excerpt || self.inner.is_excerpt()
    }
}

#[async_trait]
impl<S: Browse> Browse for ReadOnly<S> {
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        self.inner.page(after, limit).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        self.inner.snapshot().await
    }
}
