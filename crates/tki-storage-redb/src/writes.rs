//! How many calls share a transaction.

use core::sync::atomic::{AtomicU64, Ordering};

/// What was written since the storage was opened.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Writes {
    /// Commits and restores that changed something.
    pub calls: u64,
    /// The transactions that these shared, each with one sync of the disk.
    pub transactions: u64,
}

/// The same while it grows.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    calls: AtomicU64,
    transactions: AtomicU64,
}

impl Counter {
    /// One transaction more, with so many calls.
    pub(crate) fn add(&self, calls: usize) {
        let calls = u64::try_from(calls).unwrap_or(u64::MAX);
        self.calls.fetch_add(calls, Ordering::Relaxed);
        self.transactions.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Writes {
        Writes {
            calls: self.calls.load(Ordering::Relaxed),
            transactions: self.transactions.load(Ordering::Relaxed),
        }
    }
}
