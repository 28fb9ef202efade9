//! What the server counts, and the text in which Prometheus reads it.
//!
//! Every metric, with its type and its labels, is listed in `docs/operations/metrics.md`; a test
//! compares the list with what is exported. No label has an address, a client or anything else of
//! which there is no end.

mod backend;
mod endpoint;
pub(crate) mod labels;
mod measured;
mod observe;

use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use backend::BackendMetrics;
pub use endpoint::serve_metrics;
pub(crate) use labels::kind_of;
use labels::{Kinds, Operations, Outcomes, Requests, Routes, Rules};
pub use measured::Measured;
pub(crate) use observe::Observed;

use crate::scrub::Finding;

/// What begins the name of every metric.
const PREFIX: &str = "tki_server";

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// The counters of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Requests, Counter>,
    request_seconds: Histograms<Routes>,
    received: Counter,
    sent: Counter,
    turned_away: Family<Kinds, Counter>,
    connections: Gauge,
    in_flight: Gauge,
    commits: Family<Outcomes, Counter>,
    restores: Family<Outcomes, Counter>,
    committed_records: Counter,
    committed_bytes: Counter,
    read_records: Counter,
    refused: Family<Rules, Counter>,
    storage_seconds: Histograms<Operations>,
    storage_errors: Family<Kinds, Counter>,
    pub(crate) backend: BackendMetrics,
    pub(crate) scrub: ScrubMetrics,
    probes: Mutex<Vec<Probe>>,
}

/// Sets what is only known when somebody asks.
struct Probe(Box<dyn Fn(&Metrics) + Send + Sync>);

impl core::fmt::Debug for Probe {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Probe")
    }
}

/// How far the background check is and what it found.
#[derive(Debug, Default)]
pub(crate) struct ScrubMetrics {
    pub(crate) records: Counter,
    pub(crate) passes: Counter,
    pub(crate) findings: Family<Kinds, Gauge>,
    /// Of the pass that runs, in millionths of the addresses.
    pub(crate) progress: Gauge<f64, core::sync::atomic::AtomicU64>,
    /// When the last whole pass ended, in seconds since 1970.
    pub(crate) last_pass: Gauge,
}

impl Metrics {
    /// Counters at zero, of a server over a backend of this kind.
    #[must_use]
    pub fn new(backend: &'static str) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix(PREFIX),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            received: Counter::default(),
            sent: Counter::default(),
            turned_away: Family::default(),
            connections: Gauge::default(),
            in_flight: Gauge::default(),
            commits: Family::default(),
            restores: Family::default(),
            committed_records: Counter::default(),
            committed_bytes: Counter::default(),
            read_records: Counter::default(),
            refused: Family::default(),
            storage_seconds: Family::new_with_constructor(seconds),
            storage_errors: Family::default(),
            backend: BackendMetrics::default(),
            scrub: ScrubMetrics::default(),
            probes: Mutex::default(),
        };
        let version = env!("CARGO_PKG_VERSION");
        let build = Info::new([("version", version), ("backend", backend)]);
        metrics.registry.register("build", "What runs", build);
        metrics.register_http();
        metrics.register_storage();
        metrics.backend.register(&mut metrics.registry);
        metrics.register_scrub();
        metrics.begin_at_zero();
        metrics
    }

    /// What has not happened yet is exported as such: a rate needs a beginning.
    fn begin_at_zero(&self) {
        for outcome in labels::OUTCOMES {
            let outcome = Outcomes { outcome };
            drop(self.commits.get_or_create(&outcome));
            drop(self.restores.get_or_create(&outcome));
        }
        for rule in labels::RULES {
            drop(self.refused.get_or_create(&Rules { rule }));
        }
        for operation in labels::OPERATIONS {
            drop(
                self.storage_seconds
                    .get_or_create(&Operations { operation }),
            );
        }
        for kind in labels::LIMITS {
            drop(self.turned_away.get_or_create(&Kinds { kind }));
        }
        for kind in labels::ERRORS {
            drop(self.storage_errors.get_or_create(&Kinds { kind }));
        }
        for finding in Finding::ALL {
            self.scrub.set_findings(finding, 0);
        }
    }

    fn register_http(&mut self) {
        let registry = &mut self.registry;
        let help = "Requests that were answered";
        registry.register("http_requests", help, self.requests.clone());
        let help = "Time from the head of a request to the head of its answer";
        let histograms = self.request_seconds.clone();
        registry.register_with_unit("http_request", help, Unit::Seconds, histograms);
        let help = "Bytes of the bodies of requests, as far as they were read";
        registry.register("http_received_bytes", help, self.received.clone());
        let help = "Bytes of the bodies of answers, as their heads say";
        registry.register("http_sent_bytes", help, self.sent.clone());
        let help = "Requests and connections that a limit turned away";
        registry.register("turned_away", help, self.turned_away.clone());
        let help = "Connections that are open";
        registry.register("connections", help, self.connections.clone());
        let help = "Bytes of bodies and answers in memory";
        registry.register("in_flight_bytes", help, self.in_flight.clone());
    }

    fn register_storage(&mut self) {
        let registry = &mut self.registry;
        let help = "Commits, by what became of them";
        registry.register("commits", help, self.commits.clone());
        let help = "Calls to take in copies, by what became of them";
        registry.register("restores", help, self.restores.clone());
        let help = "Records of accepted commits";
        let counter = self.committed_records.clone();
        registry.register("committed_records", help, counter);
        let help = "Bytes of the encoded records of accepted commits";
        let counter = self.committed_bytes.clone();
        registry.register("committed_bytes", help, counter);
        let help = "Records that were found and read";
        registry.register("read_records", help, self.read_records.clone());
        let help = "Commits and restores that were refused, by the rule that they break";
        registry.register("refused", help, self.refused.clone());
        let help = "Time that the storage took for a call";
        let histograms = self.storage_seconds.clone();
        registry.register_with_unit("storage", help, Unit::Seconds, histograms);
        let help = "Calls that the storage could not answer";
        registry.register("storage_errors", help, self.storage_errors.clone());
    }

    fn register_scrub(&mut self) {
        let (registry, scrub) = (&mut self.registry, &self.scrub);
        let help = "Records that the background check verified";
        registry.register("scrub_records", help, scrub.records.clone());
        let help = "Passes over all records that the background check finished";
        registry.register("scrub_passes", help, scrub.passes.clone());
        let help = "What the background check found wrong in its last pass or this one";
        registry.register("scrub_findings", help, scrub.findings.clone());
        let help = "Part of the addresses that this pass has seen, 0 to 1";
        registry.register("scrub_progress_ratio", help, scrub.progress.clone());
        let help = "When the last whole pass ended, in seconds since 1970; 0 before the first";
        let gauge = scrub.last_pass.clone();
        registry.register("scrub_last_pass_timestamp_seconds", help, gauge);
    }

    /// Has this called whenever somebody asks: it sets what is only known then.
    pub fn on_scrape(&self, probe: impl Fn(&Self) + Send + Sync + 'static) {
        self.probes().push(Probe(Box::new(probe)));
    }

    fn probes(&self) -> MutexGuard<'_, Vec<Probe>> {
        self.probes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text for Prometheus, in the form of `OpenMetrics` 1.0.
    #[must_use]
    pub fn text(&self) -> String {
        for probe in self.probes().iter() {
            (probe.0)(self);
        }
        let mut out = String::new();
        match text::encode(&mut out, &self.registry) {
            Ok(()) => out,
            // Writing into a string does not fail.
            Err(core::fmt::Error) => String::new(),
        }
    }

    /// A connection was opened; it is counted until this is dropped.
    #[must_use]
    pub fn connection(&self) -> Counted {
        self.connections.inc();
        Counted(self.connections.clone())
    }

    /// So many bytes of bodies and answers are in memory now.
    pub fn set_in_flight(&self, bytes: usize) {
        self.in_flight.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// A limit turned a request or a connection away.
    pub fn turned_away(&self, limit: &'static str) {
        self.turned_away.get_or_create(&Kinds { kind: limit }).inc();
    }

    /// What people are told on the page of the server.
    #[must_use]
    pub(crate) fn summary(&self) -> Summary {
        let accepted = Outcomes {
            outcome: labels::ACCEPTED,
        };
        Summary {
            commits: self.commits.get_or_create(&accepted).get(),
            committed_records: self.committed_records.get(),
            read_records: self.read_records.get(),
            connections: self.connections.get(),
        }
    }

    /// So many bytes of a body were read.
    pub(crate) fn received(&self, bytes: usize) {
        self.received
            .inc_by(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    fn answered(&self, route: &'static str, status: u16, took: Duration) {
        self.requests
            .get_or_create(&Requests { route, status })
            .inc();
        let histogram = self.request_seconds.get_or_create(&Routes { route });
        histogram.observe(took.as_secs_f64());
    }
}

impl ScrubMetrics {
    /// There are so many findings of this kind.
    pub(crate) fn set_findings(&self, finding: Finding, count: u64) {
        let kind = finding.name();
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.findings.get_or_create(&Kinds { kind }).set(count);
    }

    /// There are at least so many: a pass that runs takes nothing back of what the last one found.
    pub(crate) fn raise_findings(&self, finding: Finding, count: u64) {
        let kind = finding.name();
        let known = self.findings.get_or_create(&Kinds { kind }).get();
        if i64::try_from(count).unwrap_or(i64::MAX) > known {
            self.set_findings(finding, count);
        }
    }

    /// How many there are, of all kinds.
    pub(crate) fn all_findings(&self) -> i64 {
        let of = |finding: Finding| {
            let kind = finding.name();
            self.findings.get_or_create(&Kinds { kind }).get()
        };
        Finding::ALL
            .into_iter()
            .map(of)
            .fold(0, i64::saturating_add)
    }
}

/// A few counters since the server began.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Summary {
    pub(crate) commits: u64,
    pub(crate) committed_records: u64,
    pub(crate) read_records: u64,
    pub(crate) connections: i64,
}

/// Something that is counted as long as it lasts.
#[derive(Debug)]
pub struct Counted(Gauge);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// 100 µs to 26 s, each bound twice the one before, but for the last.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 2.0, 19))
}
