//! The suite against the backend in memory, and against backends that must fail it.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever another fault spoils, this call is as it should be"
)]

use core::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use rand_chacha::ChaCha20Rng;
use tki_record::{Address, Commit, Record, Restored};
use tki_storage::{
    Browse, CountingStorage, Error, MemoryStorage, Outage, ReadOnly, Snapshot, Storage, conformance,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_passes() {
    let mut rng = tki_testkit::rng("memory passes");
    conformance::check_all(Arc::new(MemoryStorage::new()), &mut rng).await;
}

#[tokio::test]
async fn memory_passes_on_one_thread() {
    let mut rng = tki_testkit::rng("memory passes on one thread");
    conformance::check_all(Arc::new(MemoryStorage::new()), &mut rng).await;
}

#[tokio::test]
async fn a_counter_passes_what_it_counts_through() {
    let mut rng = tki_testkit::rng("counter passes");
    let storage = CountingStorage::new(MemoryStorage::new());
    conformance::check_all(Arc::new(storage), &mut rng).await;
}

#[tokio::test]
async fn memory_that_is_kept_passes_the_restart() {
    let storage = Arc::new(MemoryStorage::new());
    let mut rng = tki_testkit::rng("restart");
    conformance::check_restart(|| Arc::clone(&storage), &mut rng).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_can_be_looked_through() {
    let mut rng = tki_testkit::rng("memory pages");
    conformance::check_browse(Arc::new(MemoryStorage::new()), &mut rng).await;
}

#[tokio::test]
async fn memory_can_be_looked_through_on_one_thread() {
    let mut rng = tki_testkit::rng("memory pages");
    let storage: Arc<dyn Browse> = Arc::new(MemoryStorage::new());
    // Through a pointer, too.
    conformance::check_browse(Arc::new(storage), &mut rng).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_has_snapshots() {
    let mut rng = tki_testkit::rng("memory snapshots");
    // Through what only looks at it, too.
    let storage: Arc<dyn Browse> = Arc::new(MemoryStorage::new());
    conformance::check_snapshot(Arc::new(storage), &mut rng).await;
}

/// A backend that brings only pages says that it has no snapshots.
#[tokio::test]
async fn pages_are_no_snapshot() {
    let storage = Broken::new(Fault::None);
    assert!(matches!(storage.snapshot().await, Err(Error::Unsupported)));
    let storage = ReadOnly::new(MemoryStorage::new());
    let mut snapshot = storage.snapshot().await.unwrap();
    assert_eq!(snapshot.next(1).await.unwrap(), []);
}

/// Pages one after the other would pass for a snapshot where nobody looks closely.
#[test]
fn a_snapshot_that_is_made_of_pages_is_noticed() {
    let mut rng = tki_testkit::rng("faults of snapshots");
    let storage = Arc::new(Torn(Arc::new(MemoryStorage::new())));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let check = conformance::check_snapshot(storage, &mut rng);
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(check)));
    assert!(result.is_err());
}

/// Storage whose snapshots are pages of what it has now.
struct Torn(Arc<MemoryStorage>);

struct TornPages(Arc<MemoryStorage>, Option<Address>);

#[async_trait]
impl Storage for Torn {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        self.0.get(address).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        self.0.commit(commit).await
    }
}

#[async_trait]
impl Browse for Torn {
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        self.0.page(after, limit).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        Ok(Box::new(TornPages(Arc::clone(&self.0), None)))
    }
}

#[async_trait]
impl Snapshot for TornPages {
    async fn next(&mut self, limit: usize) -> Result<Vec<Record>, Error> {
        let page = self.0.page(self.1.as_ref(), limit).await?;
        self.1 = page.last().map(Record::address).or(self.1);
        Ok(page)
    }
}

#[tokio::test]
async fn a_storage_that_is_looked_at_has_the_same_pages() {
    let owners = ["one", "two", "three"].map(crate::owner::Owner::new);
    let storage = MemoryStorage::from_records(owners.map(|owner| owner.first)).unwrap();
    let expected = storage.page(None, 2).await.unwrap();
    assert_eq!(expected.len(), 2);
    let looked_at = ReadOnly::new(storage);
    assert_eq!(looked_at.page(None, 2).await.unwrap(), expected);
}

#[test]
fn every_fault_of_pages_is_noticed() {
    let noticed = |fault| {
        let storage = Arc::new(Broken::new(fault));
        let mut rng = tki_testkit::rng("faults of pages");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let check = conformance::check_browse(storage, &mut rng);
        std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(check))).is_err()
    };
    for fault in [
        Fault::ManyReversed,
        Fault::PagesOverlap,
        Fault::PagesSkip,
        Fault::PagesTooLarge,
        Fault::Unreachable,
    ] {
        assert!(noticed(fault), "{fault:?}");
    }
    assert!(!noticed(Fault::None));
}

#[tokio::test]
async fn an_unreachable_storage_passes_the_outage() {
    let mut rng = tki_testkit::rng("outage");
    conformance::check_outage(&Broken::new(Fault::Unreachable), &mut rng).await;
}

/// Taking in copies is not for every storage; then it is not asked of it.
#[tokio::test]
async fn a_storage_that_takes_in_no_copies_passes() {
    let mut rng = tki_testkit::rng("no copies");
    let storage = Arc::new(NoCopies(MemoryStorage::new()));
    assert!(matches!(
        storage.restore(&[]).await,
        Err(Error::Unsupported)
    ));
    conformance::check_all(storage, &mut rng).await;
}

/// What a backend must bring, and nothing else.
struct NoCopies(MemoryStorage);

#[async_trait]
impl Storage for NoCopies {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        self.0.get(address).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        self.0.commit(commit).await
    }
}

/// A suite that nothing can fail proves nothing: each fault is noticed by the check that is there
/// for it.
#[test]
fn every_fault_is_noticed() {
    use conformance as suite;
    let noticed = |fault, check: Check| {
        let storage = Broken::new(fault);
        let mut rng = tki_testkit::rng("faults");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let run = AssertUnwindSafe(|| runtime.block_on(check(&storage, &mut rng)));
        std::panic::catch_unwind(run).is_err()
    };
    let cases: [(Fault, Check); 13] = [
        (Fault::OutageIsAbsence, |s, r| {
            Box::pin(suite::check_outage(s, r))
        }),
        (Fault::Unreachable, |s, r| {
            Box::pin(suite::check_absent(s, r))
        }),
        (Fault::Forgets, |s, r| Box::pin(suite::check_stored(s, r))),
        (Fault::ManyReversed, |s, r| {
            Box::pin(suite::check_get_many(s, r))
        }),
        (Fault::LastWriterWins, |s, r| {
            Box::pin(suite::check_versions(s, r))
        }),
        (Fault::LastWriterWins, |s, r| {
            Box::pin(suite::check_claims(s, r))
        }),
        (Fault::LastWriterWins, |s, r| {
            Box::pin(suite::check_hand_overs(s, r))
        }),
        (Fault::LastWriterWins, |s, r| {
            Box::pin(suite::check_closing(s, r))
        }),
        (Fault::OneByOne, |s, r| {
            Box::pin(suite::check_all_or_nothing(s, r))
        }),
        (Fault::OneByOne, |s, r| {
            Box::pin(suite::check_versions_come_first(s, r))
        }),
        (Fault::Forgets, |s, r| Box::pin(suite::check_restores(s, r))),
        (Fault::LastWriterWins, |s, r| {
            Box::pin(suite::check_restores_go_forward(s, r))
        }),
        (Fault::OneByOne, |s, r| {
            Box::pin(suite::check_restores_are_whole(s, r))
        }),
    ];
    for (fault, check) in cases {
        assert!(noticed(fault, check), "{fault:?}");
        let (absent, outage): (Check, Check) = (
            |s, r| Box::pin(suite::check_absent(s, r)),
            |s, r| Box::pin(suite::check_outage(s, r)),
        );
        assert!(!noticed(Fault::None, absent));
        assert!(!noticed(Fault::Unreachable, outage));
    }
}

type Check = for<'a> fn(
    &'a Broken,
    &'a mut ChaCha20Rng,
) -> core::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    Forgets,
    LastWriterWins,
    ManyReversed,
    OneByOne,
    OutageIsAbsence,
    PagesOverlap,
    PagesSkip,
    PagesTooLarge,
    Unreachable,
}

/// Storage in memory with one fault.
struct Broken {
    fault: Fault,
    inner: MemoryStorage,
    overwritten: std::sync::Mutex<std::collections::BTreeMap<Address, Record>>,
}

impl Broken {
    fn new(fault: Fault) -> Self {
        Self {
            fault,
            inner: MemoryStorage::new(),
            overwritten: std::sync::Mutex::default(),
        }
    }
}

#[async_trait]
impl Storage for Broken {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        match self.fault {
            Fault::Unreachable => Err(Error::Unavailable(Outage::Unreachable)),
            Fault::OutageIsAbsence => Ok(None),
            Fault::LastWriterWins => Ok(self.overwritten.lock().unwrap().get(address).cloned()),
            _ => self.inner.get(address).await,
        }
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        let mut records = Vec::new();
        for address in addresses {
            records.push(self.get(address).await?);
        }
        if self.fault == Fault::ManyReversed {
            records.reverse();
        }
        Ok(records)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        match self.fault {
            Fault::Unreachable => return Err(Error::Unavailable(Outage::Unreachable)),
            Fault::Forgets => {}
            Fault::LastWriterWins => {
                let mut records = self.overwritten.lock().unwrap();
                records.extend(
                    commit
                        .records()
                        .iter()
                        .map(|new| (new.address(), new.clone())),
                );
            }
            Fault::OneByOne => {
                for record in commit.records() {
                    self.inner
                        .commit(&Commit::new(vec![record.clone()]).unwrap())
                        .await?;
                }
            }
            _ => self.inner.commit(commit).await?,
        }
        Ok(())
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        let mut restored = Restored::default();
        restored.created.extend(copies.iter().map(Record::address));
        match self.fault {
            Fault::Unreachable => return Err(Error::Unavailable(Outage::Unreachable)),
            Fault::Forgets => {}
            Fault::LastWriterWins => {
                let copies = copies.iter().map(|copy| (copy.address(), copy.clone()));
                self.overwritten.lock().unwrap().extend(copies);
            }
            Fault::OneByOne => {
                for copy in copies {
                    self.inner.restore(core::slice::from_ref(copy)).await?;
                }
            }
            _ => restored = self.inner.restore(copies).await?,
        }
        Ok(restored)
    }
}

#[async_trait]
impl Browse for Broken {
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        let mut page = self.inner.page(after, limit).await?;
        match self.fault {
            Fault::Unreachable => return Err(Error::Unavailable(Outage::Unreachable)),
            Fault::ManyReversed => page.reverse(),
            Fault::PagesOverlap => page.extend(page.last().cloned()),
            Fault::PagesSkip => page.truncate(page.len().saturating_sub(1)),
            Fault::PagesTooLarge => page = self.inner.page(after, limit + 1).await?,
            _ => {}
        }
        Ok(page)
    }
}
