//! The background check: every record of the storage, again and again, as slowly as it is told.
//!
//! Each record is read, decoded and verified by itself, and compared with what the pass before noted
//! of it: versions never go backwards, a version never says something else than it did, and no record
//! ever goes away. What is found is logged and counted; nothing is mended, because only a backup or
//! its owner can do that.

mod notes;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::num::NonZeroU32;
use core::time::Duration;
use std::path::PathBuf;

use tki_record::{Address, Record};
use tki_storage::{Browse, Error};

use crate::logs::{prefix, redacted};
use crate::metrics::Metrics;
use crate::proof::{AT_ONCE, signatures, unproven};
use notes::{Comparison, Note, Notes};

/// What the check is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScrubSettings {
    /// How many records it verifies in a second, on average; one that had several writers counts as
    /// many times.
    pub rate: NonZeroU32,
    /// How long it rests after a pass, and after a storage that does not answer.
    pub rest: Duration,
    /// The file in which it notes what it saw. Without one it compares nothing with the pass before.
    pub notes: Option<PathBuf>,
}

impl ScrubSettings {
    /// A hundred records in a second, an hour of rest, notes in this file.
    #[must_use]
    pub const fn new(notes: Option<PathBuf>) -> Self {
        const RATE: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
        Self {
            rate: RATE,
            rest: Duration::from_secs(3600),
            notes,
        }
    }
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Finding {
    /// What stands there is no record of this address.
    Damaged,
    /// The storage cannot say whether records are missing.
    Incomplete,
    /// There was a record.
    Missing,
    /// The version says something else than it did.
    Rewritten,
    /// A signature does not verify.
    Unproven,
    /// There was a later version.
    WentBack,
}

impl Finding {
    /// Each of them.
    pub const ALL: [Self; 6] = [
        Self::Damaged,
        Self::Incomplete,
        Self::Missing,
        Self::Rewritten,
        Self::Unproven,
        Self::WentBack,
    ];

    /// Its name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Incomplete => "incomplete",
            Self::Missing => "missing",
            Self::Rewritten => "rewritten",
            Self::Unproven => "unproven",
            Self::WentBack => "went-back",
        }
    }
}

/// What one pass saw.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Pass {
    /// Records that were read and verified.
    pub records: u64,
    /// How often each kind of finding was made.
    pub findings: BTreeMap<Finding, u64>,
}

/// The check of one storage.
pub struct Scrub {
    storage: Arc<dyn Browse>,
    metrics: Arc<Metrics>,
    settings: ScrubSettings,
    unix_seconds: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl core::fmt::Debug for Scrub {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Scrub")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Scrub {
    /// A check of this storage, counted there. The clock says the seconds since 1970.
    pub fn new(
        storage: Arc<dyn Browse>,
        metrics: Arc<Metrics>,
        settings: ScrubSettings,
        unix_seconds: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            storage,
            metrics,
            settings,
            unix_seconds: Arc::new(unix_seconds),
        }
    }

    /// Pass after pass, until it is dropped.
    pub async fn run(self) {
        loop {
            match self.pass().await {
                Ok(pass) => {
                    let found: u64 = pass.findings.values().sum();
                    let records = pass.records;
                    tracing::debug!(records, found, "background check finished a pass");
                }
                Err(error) => {
                    let reason = redacted(&error.to_string());
                    tracing::warn!(reason, "background check broke off a pass");
                }
            }
            tokio::time::sleep(self.settings.rest).await;
        }
    }

    /// One pass over all records. Its notes are kept when it comes to its end.
    ///
    /// # Errors
    /// Whatever kept the storage from answering; what was found until then is counted.
    pub async fn pass(&self) -> Result<Pass, Error> {
        let mut walk = Walk {
            metrics: &self.metrics,
            pass: Pass::default(),
            notes: Notes::begin(self.settings.notes.as_deref()),
        };
        let mut after: Option<Address> = None;
        loop {
            match self.storage.page(after.as_ref(), AT_ONCE).await {
                Ok(page) => {
                    let Some(last) = page.last() else { break };
                    after = Some(last.address());
                    walk.page(&page);
                    self.rest_after(signatures(&page)).await;
                }
                Err(Error::Corrupt {
                    address: Some(address),
                    ..
                }) => {
                    walk.unreadable(&address);
                    after = Some(address);
                    self.rest_after(1).await;
                }
                Err(Error::Corrupt { address: None, .. }) => {
                    walk.found(Finding::Incomplete, None);
                    break;
                }
                Err(error) => return Err(error),
            }
            self.metrics
                .scrub
                .progress
                .set(after.as_ref().map_or(0.0, part));
        }
        let pass = walk.end();
        self.count(&pass);
        Ok(pass)
    }

    async fn rest_after(&self, signatures: usize) {
        let signatures = u32::try_from(signatures).unwrap_or(u32::MAX);
        let second = Duration::from_secs(1);
        tokio::time::sleep(second.saturating_mul(signatures) / self.settings.rate.get()).await;
    }

    /// A whole pass says what is wrong now, and no longer what was.
    fn count(&self, pass: &Pass) {
        let scrub = &self.metrics.scrub;
        for finding in Finding::ALL {
            let count = pass.findings.get(&finding).copied().unwrap_or(0);
            scrub.set_findings(finding, count);
        }
        scrub.progress.set(1.0);
        scrub.passes.inc();
        let now = (self.unix_seconds)();
        scrub.last_pass.set(i64::try_from(now).unwrap_or(i64::MAX));
    }
}

/// How much of all addresses stands before this one.
fn part(address: &Address) -> f64 {
    let [a, b, c, d, ..] = address.to_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX)
}

/// One pass on its way.
struct Walk<'a> {
    metrics: &'a Metrics,
    pass: Pass,
    notes: Notes,
}

impl Walk<'_> {
    fn page(&mut self, page: &[Record]) {
        for (address, _) in unproven(page) {
            self.found(Finding::Unproven, Some(&address));
        }
        for record in page {
            self.compare(Note::of(record));
        }
        let records = u64::try_from(page.len()).unwrap_or(u64::MAX);
        self.pass.records = self.pass.records.saturating_add(records);
        self.metrics.scrub.records.inc_by(records);
    }

    fn compare(&mut self, note: Note) {
        for comparison in self.notes.pass(note) {
            self.compared(&comparison);
        }
    }

    fn compared(&mut self, comparison: &Comparison) {
        let (finding, note) = match comparison {
            Comparison::Missing(note) => (Finding::Missing, note),
            Comparison::Rewritten(note) => (Finding::Rewritten, note),
            Comparison::WentBack(note) => (Finding::WentBack, note),
        };
        self.count(finding, &note.address_prefix());
    }

    /// Something is there, or nobody can tell; what was noted of it stays.
    fn unreadable(&mut self, address: &Address) {
        self.found(Finding::Damaged, Some(address));
        for comparison in self.notes.pass_unreadable(address) {
            self.compared(&comparison);
        }
    }

    fn found(&mut self, finding: Finding, address: Option<&Address>) {
        let address = address.map(prefix).unwrap_or_default();
        self.count(finding, &address);
    }

    fn count(&mut self, finding: Finding, address: &str) {
        let count = self.pass.findings.entry(finding).or_default();
        *count = count.saturating_add(1);
        self.metrics.scrub.raise_findings(finding, *count);
        let kind = finding.name();
        tracing::error!(kind, address, "background check found something");
    }

    fn end(mut self) -> Pass {
        let is_whole = !self.pass.findings.contains_key(&Finding::Incomplete);
        if is_whole {
            for comparison in self.notes.pass_rest() {
                self.compared(&comparison);
            }
            if let Err(error) = self.notes.keep() {
                let reason = error.to_string();
                tracing::warn!(reason, "background check could not keep its notes");
            }
        }
        self.pass
    }
}
