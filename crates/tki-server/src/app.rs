//! What every request shares: the storage, the settings, the limits.

use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tki_storage::Storage;

use crate::config::Config;
use crate::limits::memory::Budget;

/// What the server cannot know by itself: a binary brings it, and a test invents it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Surroundings {
    /// What time it is.
    pub clock: Arc<dyn Fn() -> Instant + Send + Sync>,
    /// A number that no other start of a server has, for the names of requests.
    pub start: u64,
}

impl Surroundings {
    /// These.
    pub fn new(clock: impl Fn() -> Instant + Send + Sync + 'static, start: u64) -> Self {
        Self {
            clock: Arc::new(clock),
            start,
        }
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

/// A server without its sockets.
pub struct App {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) config: Config,
    pub(crate) budget: Budget,
    surroundings: Surroundings,
    requests: AtomicU64,
}

impl App {
    /// A server of this storage.
    #[must_use]
    pub fn new(config: Config, storage: Arc<dyn Storage>, surroundings: Surroundings) -> Arc<Self> {
        Arc::new(Self {
            storage,
            budget: Budget::new(config.memory, config.memory_wait),
            config,
            surroundings,
            requests: AtomicU64::new(0),
        })
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Instant {
        (self.surroundings.clock)()
    }

    /// A name for a request that came without one.
    pub(crate) fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}-{number:x}", self.surroundings.start)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
