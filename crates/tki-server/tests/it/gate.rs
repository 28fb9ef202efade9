//! A storage whose commits wait until they are let through.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use async_trait::async_trait;
use tki_record::{Address, Commit, Record};
use tki_storage::{Error, MemoryStorage, Storage};
use tokio::sync::{Notify, Semaphore};

/// The storage, and the gate before it.
pub(crate) struct Gate {
    pub(crate) storage: MemoryStorage,
    open: Semaphore,
    waiting: AtomicUsize,
    arrived: Notify,
}

impl Gate {
    pub(crate) fn closed() -> Arc<Self> {
        Arc::new(Self {
            storage: MemoryStorage::new(),
            open: Semaphore::new(0),
            waiting: AtomicUsize::new(0),
            arrived: Notify::new(),
        })
    }

    /// Lets every commit through from here on.
    pub(crate) fn open(&self) {
        self.open.close();
    }

    /// Returns when so many commits wait, or have waited.
    pub(crate) async fn arrived(&self, count: usize) {
        loop {
            let next = self.arrived.notified();
            if self.waiting.load(Ordering::SeqCst) >= count {
                return;
            }
            next.await;
        }
    }
}

#[async_trait]
impl Storage for Gate {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        self.storage.get(address).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.arrived.notify_waiters();
        // An error says that the gate is open.
        drop(self.open.acquire().await);
        self.storage.commit(commit).await
    }
}
