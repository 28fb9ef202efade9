//! The background check: what it finds, how fast it is, what it remembers.
#![expect(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tempfile::TempDir;
use tki_record::{Address, Commit, Record};
use tki_server::metrics::Metrics;
use tki_server::scrub::{Finding, Pass, Scrub, ScrubSettings};
use tki_storage::{Browse, Error, MemoryStorage, Storage, fill_page};

use crate::asking::Owner;

/// What stands at an address.
#[expect(clippy::large_enum_variant, reason = "a test has few of them")]
#[derive(Clone)]
enum Stored {
    Record(Record),
    Garbage,
}

/// A storage into which a test puts what it likes.
#[derive(Default)]
struct Planted(Mutex<BTreeMap<Address, Stored>>);

impl Planted {
    fn put(&self, record: &Record) {
        let stored = Stored::Record(record.clone());
        self.0.lock().unwrap().insert(record.address(), stored);
    }

    fn damage(&self, record: &Record) {
        self.0
            .lock()
            .unwrap()
            .insert(record.address(), Stored::Garbage);
    }

    fn lose(&self, record: &Record) {
        self.0.lock().unwrap().remove(&record.address());
    }
}

#[async_trait]
impl Storage for Planted {
    async fn get(&self, _address: &Address) -> Result<Option<Record>, Error> {
        Err(Error::Unsupported)
    }

    async fn commit(&self, _commit: &Commit) -> Result<(), Error> {
        Err(Error::Unsupported)
    }
}

#[async_trait]
impl Browse for Planted {
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        let stored = self.0.lock().unwrap().clone();
        let following = stored
            .into_iter()
            .filter(|(address, _)| after.is_none_or(|after| address > after));
        fill_page(
            following.map(|(address, stored)| match stored {
                Stored::Record(record) => Ok(record),
                Stored::Garbage => Err(Error::Corrupt {
                    address: Some(address),
                    source: None,
                }),
            }),
            limit,
        )
    }
}

/// A storage under check.
struct Checked {
    folder: TempDir,
    storage: Arc<Planted>,
    metrics: Arc<Metrics>,
    owners: Vec<Owner>,
    firsts: Vec<Record>,
}

impl Checked {
    fn new(test: &str, count: usize) -> Self {
        let mut rng = tki_testkit::rng(test);
        let owners: Vec<Owner> = (0..count).map(|_| Owner::new(&mut rng)).collect();
        let firsts: Vec<Record> = owners.iter().map(|owner| owner.first(b"0")).collect();
        let storage = Arc::new(Planted::default());
        firsts.iter().for_each(|first| storage.put(first));
        Self {
            folder: tempfile::tempdir().unwrap(),
            storage,
            metrics: Arc::new(Metrics::new("memory")),
            owners,
            firsts,
        }
    }

    fn notes(&self) -> PathBuf {
        self.folder.path().join("scrub.notes")
    }

    /// One pass, of a check that was begun anew.
    async fn pass(&self) -> Pass {
        let mut settings = ScrubSettings::new(Some(self.notes()));
        settings.rate = NonZeroU32::MAX;
        let storage: Arc<dyn Browse> = Arc::<Planted>::clone(&self.storage);
        let scrub = Scrub::new(storage, Arc::clone(&self.metrics), settings, || {
            1_800_000_000
        });
        scrub.pass().await.unwrap()
    }

    /// What a pass finds.
    async fn found(&self) -> Vec<(Finding, u64)> {
        self.pass().await.findings.into_iter().collect()
    }

    /// What the metrics say of a kind of finding.
    fn counted(&self, finding: Finding) -> String {
        let name = format!("tki_server_scrub_findings{{kind=\"{}\"}} ", finding.name());
        let text = self.metrics.text();
        let line = text.lines().find_map(|line| line.strip_prefix(&name));
        line.unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_sound_storage_has_no_findings_however_it_changes() {
    let checked = Checked::new("sound", 150);
    for round in 0..3_u8 {
        let pass = checked.pass().await;
        assert_eq!(pass.records, 150);
        assert!(pass.findings.is_empty(), "{pass:?}");
        for (owner, first) in checked.owners.iter().zip(&checked.firsts).step_by(3) {
            let second = owner.next(first, b"1");
            checked.storage.put(&second);
            if round == 1 {
                checked.storage.put(&owner.next(&second, b"2"));
            }
        }
    }
    let text = checked.metrics.text();
    for line in [
        "tki_server_scrub_passes_total 3",
        "tki_server_scrub_records_total 450",
        "tki_server_scrub_progress_ratio 1.0",
        "tki_server_scrub_last_pass_timestamp_seconds 1800000000",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn a_record_that_is_none_is_found_and_the_others_are_seen() {
    let checked = Checked::new("garbage", 150);
    checked.storage.damage(&checked.firsts[7]);
    let pass = checked.pass().await;
    assert_eq!(pass.records, 149);
    assert_eq!(pass.findings, BTreeMap::from([(Finding::Damaged, 1)]));
    assert_eq!(checked.counted(Finding::Damaged), "1");
    // Mended from a backup, it is found no more.
    checked.storage.put(&checked.firsts[7]);
    assert_eq!(checked.found().await, []);
    assert_eq!(checked.counted(Finding::Damaged), "0");
}

#[tokio::test]
async fn a_signature_that_does_not_verify_is_found() {
    let checked = Checked::new("unproven", 70);
    let mut bytes = checked.firsts[3].encode();
    // Of the claim.
    bytes[165] ^= 1;
    checked.storage.put(&Record::decode(&bytes).unwrap());
    assert_eq!(checked.found().await, [(Finding::Unproven, 1)]);
}

#[tokio::test]
async fn a_version_that_goes_back_is_found_until_somebody_removes_the_notes() {
    let checked = Checked::new("back", 5);
    let later = checked.owners[2].next(&checked.firsts[2], b"later");
    checked.storage.put(&later);
    assert_eq!(checked.found().await, []);
    checked.storage.put(&checked.firsts[2]);
    for _ in 0..2 {
        assert_eq!(checked.found().await, [(Finding::WentBack, 1)]);
    }
    std::fs::remove_file(checked.notes()).unwrap();
    assert_eq!(checked.found().await, []);
}

#[tokio::test]
async fn a_version_that_says_something_else_is_found() {
    let checked = Checked::new("rewritten", 5);
    let [here, there] =
        [b"here", b"fork"].map(|body| checked.owners[1].next(&checked.firsts[1], body));
    checked.storage.put(&here);
    assert_eq!(checked.found().await, []);
    checked.storage.put(&there);
    assert_eq!(checked.found().await, [(Finding::Rewritten, 1)]);
}

#[tokio::test]
async fn records_that_are_gone_are_found_wherever_they_stood() {
    let checked = Checked::new("gone", 100);
    assert_eq!(checked.found().await, []);
    let mut sorted = checked.firsts.clone();
    sorted.sort_by_key(Record::address);
    for gone in [&sorted[0], &sorted[50], &sorted[99]] {
        checked.storage.lose(gone);
    }
    for _ in 0..2 {
        assert_eq!(checked.found().await, [(Finding::Missing, 3)]);
    }
}

/// Damage does not hide what was noted before.
#[tokio::test]
async fn a_damaged_record_is_remembered_by_what_it_was() {
    let checked = Checked::new("remembered", 5);
    let later = checked.owners[2].next(&checked.firsts[2], b"later");
    checked.storage.put(&later);
    assert_eq!(checked.found().await, []);
    checked.storage.damage(&later);
    assert_eq!(checked.found().await, [(Finding::Damaged, 1)]);
    checked.storage.put(&checked.firsts[2]);
    assert_eq!(checked.found().await, [(Finding::WentBack, 1)]);
}

/// Damaged notes accuse nobody, and are replaced.
#[tokio::test]
async fn damaged_notes_accuse_nobody() {
    let checked = Checked::new("notes", 5);
    assert_eq!(checked.found().await, []);
    let notes = std::fs::read(checked.notes()).unwrap();
    assert_eq!(notes.len(), 9 + 5 * 32 + 32);
    for place in 0..notes.len() {
        let mut damaged = notes.clone();
        damaged[place] ^= 1;
        std::fs::write(checked.notes(), damaged).unwrap();
        assert_eq!(checked.found().await, [], "byte {place}");
        assert_eq!(std::fs::read(checked.notes()).unwrap(), notes);
    }
    std::fs::write(checked.notes(), &notes[..notes.len() - 1]).unwrap();
    assert_eq!(checked.found().await, []);
}

#[tokio::test(start_paused = true)]
async fn it_reads_no_faster_than_it_is_told() {
    let checked = Checked::new("slowly", 300);
    let mut settings = ScrubSettings::new(None);
    settings.rate = NonZeroU32::new(100).unwrap();
    let storage: Arc<dyn Browse> = Arc::<Planted>::clone(&checked.storage);
    let scrub = Scrub::new(storage, Arc::clone(&checked.metrics), settings, || 0);
    let began = tokio::time::Instant::now();
    let pass = scrub.pass().await.unwrap();
    let took = began.elapsed().as_secs_f64();
    assert_eq!(pass.records, 300);
    assert!((2.9..3.3).contains(&took), "{took}");
}

#[tokio::test]
async fn a_storage_that_does_not_answer_is_no_finding() {
    struct Away;

    #[async_trait]
    impl Storage for Away {
        async fn get(&self, _address: &Address) -> Result<Option<Record>, Error> {
            Err(Error::Unsupported)
        }

        async fn commit(&self, _commit: &Commit) -> Result<(), Error> {
            Err(Error::Unsupported)
        }
    }

    #[async_trait]
    impl Browse for Away {
        async fn page(&self, _: Option<&Address>, _: usize) -> Result<Vec<Record>, Error> {
            Err(Error::Unavailable(tki_storage::Outage::Unreachable))
        }
    }

    let metrics = Arc::new(Metrics::new("memory"));
    let scrub = Scrub::new(
        Arc::new(Away),
        Arc::clone(&metrics),
        ScrubSettings::new(None),
        || 0,
    );
    assert!(scrub.pass().await.is_err());
    assert!(metrics.text().contains("tki_server_scrub_passes_total 0"));
}

#[tokio::test]
async fn findings_are_said_and_are_no_reason_to_stop() {
    let app = crate::asking::empty();
    let checked = Checked::new("health", 3);
    checked.storage.damage(&checked.firsts[0]);
    let storage: Arc<dyn Browse> = Arc::<Planted>::clone(&checked.storage);
    let mut settings = ScrubSettings::new(None);
    settings.rate = NonZeroU32::MAX;
    Scrub::new(storage, app.metrics(), settings, || 0)
        .pass()
        .await
        .unwrap();
    let answer = crate::asking::get(&app, "/health/ready").await;
    crate::asking::is(&answer, http::StatusCode::OK);
    let said = crate::asking::bytes(answer).await;
    assert_eq!(said, br#"{"status":"ready","findings":1}"#);
}

/// The check of a real storage, from its pages.
#[tokio::test]
async fn memory_is_checked() {
    let checked = Checked::new("memory", 10);
    let storage = Arc::new(MemoryStorage::from_records(checked.firsts.clone()).unwrap());
    let mut settings = ScrubSettings::new(None);
    settings.rate = NonZeroU32::MAX;
    let scrub = Scrub::new(storage, Arc::clone(&checked.metrics), settings, || 0);
    assert_eq!(scrub.pass().await.unwrap().records, 10);
}
