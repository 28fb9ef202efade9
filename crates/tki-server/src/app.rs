//! What every request shares: the storage, the settings, the limits.

use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use tki_storage::Storage;

use crate::config::Config;
use crate::limits::connections::Connections;
use crate::limits::memory::Budget;
use crate::limits::rates::Limits;
use crate::metrics::{Measured, Metrics};
use crate::notice::Notice;
use crate::readiness::Readiness;
use crate::work::Work;

/// What the server cannot know by itself: a binary brings it, and a test invents it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Surroundings {
    /// What time it is.
    pub clock: Arc<dyn Fn() -> Instant + Send + Sync>,
    /// A number that no other start of a server has, for the names of requests.
    pub start: u64,
    /// What time it is, in seconds since 1970; 0 where nobody knows.
    pub unix_seconds: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// Who is told what the server has to say.
    pub notices: Arc<dyn Fn(&Notice) + Send + Sync>,
}

impl Surroundings {
    /// These, and nobody who is told anything.
    pub fn new(clock: impl Fn() -> Instant + Send + Sync + 'static, start: u64) -> Self {
        Self {
            clock: Arc::new(clock),
            start,
            unix_seconds: Arc::new(|| 0),
            notices: Arc::new(|_| {}),
        }
    }

    /// With a clock that knows the date.
    #[must_use]
    pub fn dated(mut self, unix_seconds: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.unix_seconds = Arc::new(unix_seconds);
        self
    }

    /// With somebody who is told what the server has to say.
    #[must_use]
    pub fn telling(mut self, notices: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.notices = Arc::new(notices);
        self
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
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) budget: Budget,
    pub(crate) limits: Limits,
    pub(crate) connections: Connections,
    pub(crate) work: Work,
    pub(crate) readiness: Readiness,
    /// The storage has more bytes than it may.
    pub(crate) full: AtomicBool,
    /// The server was told to end.
    pub(crate) ending: AtomicBool,
    pub(crate) surroundings: Surroundings,
    requests: AtomicU64,
}

impl App {
    /// A server of this storage.
    #[must_use]
    pub fn new(config: Config, storage: Arc<dyn Storage>, surroundings: Surroundings) -> Arc<Self> {
        let metrics = Arc::new(Metrics::new(config.storage.kind()));
        let budget = Budget::new(&config);
        let (measured, all) = (budget.clone(), config.memory);
        metrics.on_scrape(move |metrics| {
            metrics.set_in_flight(all.saturating_sub(measured.free()));
        });
        Arc::new(Self {
            storage: Arc::new(Measured::new(storage, Arc::clone(&metrics))),
            metrics,
            budget,
            limits: Limits::new(&config.rates),
            connections: Connections::new(config.client_connections),
            work: Work::new(config.storage_timeout),
            readiness: Readiness::default(),
            full: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            config,
            surroundings,
            requests: AtomicU64::new(0),
        })
    }

    /// What is counted.
    #[must_use]
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Instant {
        (self.surroundings.clock)()
    }

    /// Tells whoever runs the server.
    pub(crate) fn tell(&self, notice: &Notice) {
        (self.surroundings.notices)(notice);
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
