//! Storages that break their word: the checker must notice each.

use alloc::sync::Arc;
use core::time::Duration;

use async_trait::async_trait;
use tki_record::{Address, Commit, Record};
use tki_storage::{Error, Storage};

/// How long a write waits that was acknowledged already, or that follows another of its commit.
const LATER: Duration = Duration::from_millis(5);

/// Acknowledges a commit before it is stored: a kill loses it, and readers see it late.
pub(super) struct AcksEarly<S>(Arc<S>);

impl<S> AcksEarly<S> {
    pub(super) fn new(inner: S) -> Self {
        Self(Arc::new(inner))
    }
}

#[async_trait]
impl<S: Storage + 'static> Storage for AcksEarly<S> {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        self.0.get(address).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        let (inner, commit) = (Arc::clone(&self.0), commit.clone());
        tokio::spawn(async move {
            tokio::time::sleep(LATER).await;
            drop(inner.commit(&commit).await);
        });
        Ok(())
    }
}

/// Stores the records of a commit one after the other: a kill, or another writer, leaves a part.
pub(super) struct Tears<S>(S);

impl<S> Tears<S> {
    pub(super) const fn new(inner: S) -> Self {
        Self(inner)
    }
}

#[async_trait]
impl<S: Storage> Storage for Tears<S> {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        self.0.get(address).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        for record in commit.records() {
            let part = Commit::new([record.clone()].into());
            self.0
                .commit(&part.map_err(|_| Error::Unsupported)?)
                .await?;
            tokio::time::sleep(LATER).await;
        }
        Ok(())
    }
}
