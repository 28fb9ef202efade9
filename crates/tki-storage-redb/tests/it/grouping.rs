//! Commits that come together share a transaction, and nothing else.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::io::{Error as IoError, Result as IoResult};
use std::sync::{Arc, Condvar, Mutex};

use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use tki_record::{Record, Rule};
use tki_storage::{Error, Storage};
use tki_storage_redb::RedbStorage;

use crate::owner::{Owner, commit};

/// A disk whose syncs are counted, wait while it is held, and fail when it is told so.
#[derive(Clone, Debug, Default)]
struct Disk {
    content: Arc<InMemoryBackend>,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    syncs: usize,
    is_held: bool,
    is_broken: bool,
    /// Whether a sync waits.
    waits: bool,
}

impl Disk {
    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.0.lock().unwrap());
        self.state.1.notify_all();
    }

    fn is_broken_after_waiting(&self) -> bool {
        let (state, changed) = &*self.state;
        let mut state = state.lock().unwrap();
        state.syncs += 1;
        state.waits = true;
        changed.notify_all();
        let mut state = changed.wait_while(state, |state| state.is_held).unwrap();
        state.waits = false;
        state.is_broken
    }

    fn syncs(&self) -> usize {
        self.state.0.lock().unwrap().syncs
    }

    /// Returns when a sync waits.
    fn wait_for_sync(&self) {
        let state = self.state.0.lock().unwrap();
        drop(self.state.1.wait_while(state, |state| !state.waits));
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> IoResult<u64> {
        self.content.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> IoResult<()> {
        self.content.read(offset, out)
    }

    fn set_len(&self, len: u64) -> IoResult<()> {
        self.content.set_len(len)
    }

    fn sync_data(&self) -> IoResult<()> {
        if self.is_broken_after_waiting() {
            return Err(IoError::other("the disk fails"));
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> IoResult<()> {
        self.content.write(offset, data)
    }
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// Hands these records over, without waiting for the answer.
fn begin<'a>(storage: &'a RedbStorage, records: &[Record]) -> Answer<'a> {
    let commit = commit(records);
    let mut answer: Answer<'a> = Box::pin(async move { storage.commit(&commit).await });
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(answer.as_mut().poll(&mut context), Poll::Pending));
    answer
}

/// Lets the first be synced alone, and the others, handed over meanwhile, after it.
async fn together(
    disk: &Disk,
    storage: &RedbStorage,
    first: &[Record],
    others: &[Vec<Record>],
) -> Vec<Result<(), Error>> {
    disk.set(|state| state.is_held = true);
    let first = begin(storage, first);
    disk.wait_for_sync();
    let others: Vec<Answer<'_>> = others.iter().map(|one| begin(storage, one)).collect();
    disk.set(|state| state.is_held = false);
    first.await.unwrap();
    let mut answers = Vec::new();
    for answer in others {
        answers.push(answer.await);
    }
    answers
}

#[tokio::test]
async fn sixty_four_commits_are_synced_by_two_transactions() {
    let disk = Disk::default();
    let storage = RedbStorage::with_backend(disk.clone()).unwrap();
    let owner = Owner::new("sixty-four");
    let records: Vec<Record> = (0..65).map(|slot| owner.first(slot)).collect();
    let before = disk.syncs();
    storage.commit(&commit(&records[64..])).await.unwrap();
    let alone = disk.syncs() - before;

    let before = disk.syncs();
    let others: Vec<Vec<Record>> = records[1..64].iter().map(|one| vec![one.clone()]).collect();
    let answers = together(&disk, &storage, &records[..1], &others).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let syncs = disk.syncs() - before;
    assert_eq!(syncs, 2 * alone);
    assert!(syncs * 8 <= 64, "{syncs} syncs for 64 commits");
    let writes = storage.writes();
    assert_eq!((writes.calls, writes.transactions), (65, 3));
    for record in &records {
        let stored = storage.get(&record.address()).await.unwrap();
        assert_eq!(stored.as_ref(), Some(record));
    }
}

/// In one transaction as one after the other: each is held against what those before it wrote.
#[tokio::test]
async fn each_of_a_group_is_decided_by_itself() {
    let disk = Disk::default();
    let storage = RedbStorage::with_backend(disk.clone()).unwrap();
    let owner = Owner::new("by itself");
    let stranger = Owner::new("by itself, a stranger");
    let next = |record: &Record, body: u8| {
        let body = vec![body; 10];
        record.next(body, &owner.writer, None).unwrap()
    };
    let [zero, one, two, three] = [0, 1, 2, 3].map(|slot| owner.first(slot));
    let (later, other) = (next(&one, 1), next(&one, 2));
    let theirs = later.next(vec![3], &stranger.writer, None).unwrap();
    let others = [
        vec![one.clone()],
        vec![later.clone()],
        // Both follow what the one before wrote over.
        vec![other.clone()],
        vec![theirs, two.clone()],
        vec![other, three.clone()],
        vec![two.clone(), next(&later, 4)],
    ];
    let answers = together(&disk, &storage, &[zero], &others).await;
    let [Ok(()), Ok(()), Err(lost), Err(refused), Err(also), Ok(())] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    for error in [lost, also] {
        assert!(
            matches!(error, Error::Conflict { address, found: Some(1) } if *address == one.address()),
            "{error:?}"
        );
    }
    assert!(
        matches!(refused, Error::Refused { address, rule: Rule::Signature } if *address == one.address()),
        "{refused:?}"
    );
    let addresses = [one.address(), two.address(), three.address()];
    let stored = storage.get_many(&addresses).await.unwrap();
    assert_eq!(stored, [Some(next(&later, 4)), Some(two), None]);
    // What was refused shares nothing.
    let writes = storage.writes();
    assert_eq!((writes.calls, writes.transactions), (4, 2));
}

#[tokio::test]
async fn a_damaged_record_fails_its_own_commit_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    let owner = Owner::new("damaged in a group");
    let records: Vec<Record> = (0..9).map(|slot| owner.first(slot)).collect();
    let storage = RedbStorage::open(&path).unwrap();
    storage.commit(&commit(&records[..8])).await.unwrap();
    drop(storage);
    crate::damage::overwrite(&path, &records[3].address(), b"garbage");

    let storage = RedbStorage::open(&path).unwrap();
    let next = |record: &Record| record.next(vec![1], &owner.writer, None).unwrap();
    let mut answers = Vec::new();
    for record in &records[..8] {
        answers.push(begin(&storage, &[next(record)]));
    }
    for (record, answer) in records.iter().zip(answers) {
        match answer.await {
            Ok(()) => {
                let stored = storage.get(&record.address()).await.unwrap();
                assert_eq!(stored, Some(next(record)));
            }
            Err(Error::Corrupt { address, .. }) => {
                assert_eq!(address, Some(records[3].address()));
                assert_eq!(record.address(), records[3].address());
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Nobody is told of a success that a failed sync took back; also not of a refusal that only what
/// was not written can explain.
#[tokio::test]
async fn a_group_whose_sync_fails_has_no_known_outcome() {
    let disk = Disk::default();
    let storage = RedbStorage::with_backend(disk.clone()).unwrap();
    let owner = Owner::new("a failed group");
    let [zero, one, two] = [0, 1, 2].map(|slot| owner.first(slot));
    disk.set(|state| state.is_held = true);
    let first = begin(&storage, &[zero]);
    disk.wait_for_sync();
    let others = [&one, &two, &one].map(|record| begin(&storage, core::slice::from_ref(record)));
    disk.set(|state| {
        state.is_broken = true;
        state.is_held = false;
    });
    let unknown = first.await.unwrap_err();
    assert!(
        matches!(unknown, Error::OutcomeUnknown { .. }),
        "{unknown:?}"
    );
    for answer in others {
        let error = answer.await.unwrap_err();
        assert!(
            matches!(error, Error::OutcomeUnknown { .. } | Error::Backend(_)),
            "{error:?}"
        );
    }
}

/// What was handed over is carried out, whether or not somebody waits for it.
#[tokio::test]
async fn who_gives_up_waiting_takes_nothing_back() {
    let disk = Disk::default();
    let storage = RedbStorage::with_backend(disk.clone()).unwrap();
    let owner = Owner::new("gives up");
    let [zero, one] = [0, 1].map(|slot| owner.first(slot));
    disk.set(|state| state.is_held = true);
    let first = begin(&storage, core::slice::from_ref(&zero));
    disk.wait_for_sync();
    drop(begin(&storage, core::slice::from_ref(&one)));
    drop(first);
    disk.set(|state| state.is_held = false);
    drop(storage);
    let storage = RedbStorage::with_backend(disk).unwrap();
    let stored = storage.get_many(&[zero.address(), one.address()]).await;
    assert_eq!(stored.unwrap(), [Some(zero), Some(one)]);
}
