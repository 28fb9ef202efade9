//! A disk that is full, fails or may not be written, at each single write, change of length and
//! sync: the answer is of the documented kind, and what is found afterwards is the state before or
//! after, as a whole.

use std::io::{Error as IoError, ErrorKind, Result as IoResult};
use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;
use tki_record::{Address, Record};
use tki_storage::{Error, Outage, Storage};
use tki_storage_redb::RedbStorage;

use crate::owner::{Owner, commit};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Failing,
    Full,
    ReadOnly,
}

/// For how long.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lasting {
    Once,
    FromThenOn,
}

/// What a reader finds when the fault is over.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    /// Everything that was written: the process ended.
    Written,
    /// What was synced: the power went, too.
    Synced,
}

/// Content that outlives its storage, and fails as planned.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    written: Vec<u8>,
    synced: Vec<u8>,
    /// Calls so far that change something.
    changes: usize,
    plan: Option<(usize, Fault, Lasting)>,
}

impl Disk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The disk when the fault is over.
    fn recovered(&self, left: Left) -> Self {
        let state = self.lock();
        let content = match left {
            Left::Written => state.written.clone(),
            Left::Synced => state.synced.clone(),
        };
        let recovered = State {
            synced: content.clone(),
            written: content,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(recovered)))
    }

    fn content(&self) -> Vec<u8> {
        self.lock().written.clone()
    }

    /// Whether something was to fail; nothing more is.
    fn take_plan(&self) -> bool {
        self.lock().plan.take().is_some()
    }

    fn fail_at(&self, place: usize, fault: Fault, lasting: Lasting) {
        self.lock().plan = Some((place, fault, lasting));
    }
}

impl State {
    fn change(&mut self) -> IoResult<()> {
        let number = self.changes;
        self.changes += 1;
        let fails = |place: usize, lasting| match lasting {
            Lasting::Once => number == place,
            Lasting::FromThenOn => number >= place,
        };
        match self.plan {
            Some((place, fault, lasting)) if fails(place, lasting) => Err(match fault {
                Fault::Failing => IoError::other("the disk fails"),
                Fault::Full => ErrorKind::StorageFull.into(),
                Fault::ReadOnly => ErrorKind::ReadOnlyFilesystem.into(),
            }),
            _ => Ok(()),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> IoResult<u64> {
        let length = self.lock().written.len();
        u64::try_from(length).map_err(IoError::other)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> IoResult<()> {
        let offset = position(offset);
        let state = self.lock();
        let found = state.written.get(offset..offset + out.len());
        out.copy_from_slice(found.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> IoResult<()> {
        let mut state = self.lock();
        state.change()?;
        state.written.resize(position(len), 0);
        Ok(())
    }

    fn sync_data(&self) -> IoResult<()> {
        let mut state = self.lock();
        state.change()?;
        state.synced = state.written.clone();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> IoResult<()> {
        let offset = position(offset);
        let mut state = self.lock();
        state.change()?;
        state.written[offset..offset + data.len()].copy_from_slice(data);
        Ok(())
    }
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

/// Three states after the empty one: created, changed with one that is new, restored over them.
struct Life {
    addresses: Vec<Address>,
    states: Vec<Vec<Option<Record>>>,
}

impl Life {
    fn new() -> Self {
        let owner = Owner::new("faults");
        let next = |record: &Record, body: u8| {
            let body = vec![body; 5_000];
            record.next(body, &owner.writer, None).unwrap()
        };
        let [one, two, three] = [0, 1, 2].map(|slot| owner.first(slot));
        let (one_later, two_later) = (next(&one, 1), next(&two, 2));
        let one_restored = next(&next(&one_later, 3), 4);
        let addresses = [&one, &two, &three].map(Record::address).to_vec();
        let states = vec![
            vec![None, None, None],
            vec![Some(one), Some(two), None],
            vec![
                Some(one_later),
                Some(two_later.clone()),
                Some(three.clone()),
            ],
            vec![Some(one_restored), Some(two_later), Some(three)],
        ];
        Self { addresses, states }
    }

    /// The records in which a state differs from the one before.
    fn step(&self, state: usize) -> Vec<Record> {
        let (before, after) = (&self.states[state - 1], &self.states[state]);
        let changed = after.iter().zip(before).filter(|(new, old)| new != old);
        changed.filter_map(|(new, _)| new.clone()).collect()
    }

    async fn write(&self, storage: &RedbStorage, state: usize) -> Result<(), Error> {
        let records = self.step(state);
        if state == 3 {
            storage.restore(&records).await.map(drop)
        } else {
            storage.commit(&commit(&records)).await
        }
    }

    /// Which of the states this is; it must be one of them.
    async fn state_of(&self, storage: &RedbStorage) -> usize {
        let found = storage.get_many(&self.addresses).await.unwrap();
        let state = self.states.iter().position(|state| *state == found);
        state.expect("one of the states, as a whole")
    }

    /// Opens and goes from state to state until something fails. Returns the states that may be
    /// found afterwards.
    async fn run(&self, disk: &Disk, expected: Option<Fault>) -> [usize; 2] {
        let storage = match RedbStorage::with_backend(disk.clone()) {
            Ok(storage) => storage,
            Err(error) => {
                assert_kind(&error, expected);
                return [0, 0];
            }
        };
        for state in 1..self.states.len() {
            let Err(error) = self.write(&storage, state).await else {
                continue;
            };
            let may_have_happened = matches!(error, Error::OutcomeUnknown { .. });
            if !may_have_happened {
                assert_kind(&error, expected);
            }
            // From here on it answers with what it has, or with an error: never with absence.
            match storage.get_many(&self.addresses).await {
                Ok(found) => assert!(
                    found == self.states[state - 1] || found == self.states[state],
                    "after {error:?}"
                ),
                Err(later) => assert!(
                    matches!(later, Error::Backend(_) | Error::Unavailable(_)),
                    "{later:?} after {error:?}"
                ),
            }
            return [state - 1, state - usize::from(!may_have_happened)];
        }
        let last = self.states.len() - 1;
        [last, last]
    }
}

fn assert_kind(error: &Error, fault: Option<Fault>) {
    let is_documented = match fault.expect("nothing fails unless it is told to") {
        Fault::Failing => matches!(error, Error::Backend(_)),
        Fault::Full => matches!(error, Error::Unavailable(Outage::DiskFull)),
        Fault::ReadOnly => matches!(error, Error::Unavailable(Outage::ReadOnly)),
    };
    assert!(is_documented, "{error:?} when {fault:?}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_fault_at_any_place_leaves_the_state_before_or_after() {
    let life = Life::new();
    let created = Disk::default();
    drop(RedbStorage::with_backend(created.clone()).unwrap());
    let creation = created.lock().changes;
    let sound = Disk::default();
    let last = life.states.len() - 1;
    assert_eq!(life.run(&sound, None).await, [last, last]);
    let places = sound.lock().changes;
    assert!(places > 20, "{places} places");

    let mut reached = vec![0; life.states.len()];
    for place in 0..places {
        for fault in [Fault::Failing, Fault::Full, Fault::ReadOnly] {
            for lasting in [Lasting::Once, Lasting::FromThenOn] {
                let disk = Disk::default();
                disk.fail_at(place, fault, lasting);
                let possible = life.run(&disk, Some(fault)).await;
                for left in [Left::Written, Left::Synced] {
                    let what = format!("{fault:?} {lasting:?} at {place}, {left:?}");
                    let disk = disk.recovered(left);
                    let storage = match RedbStorage::with_backend(disk.clone()) {
                        Ok(storage) => storage,
                        Err(error) => {
                            // Never taken for an empty one; a file is created elsewhere.
                            assert!(matches!(error, Error::Corrupt { .. }), "{error:?}: {what}");
                            assert!(place < creation, "{what}");
                            check_creation(&life, disk.content()).await;
                            continue;
                        }
                    };
                    let found = life.state_of(&storage).await;
                    assert!(possible.contains(&found), "{found} of {possible:?}: {what}");
                    reached[found] += 1;
                    // It goes on from there.
                    for state in found + 1..life.states.len() {
                        life.write(&storage, state).await.unwrap();
                    }
                    drop(storage);
                    let storage = RedbStorage::with_backend(disk).unwrap();
                    assert_eq!(life.state_of(&storage).await, last, "{what}");
                }
            }
        }
    }
    assert!(reached.iter().all(|count| *count > 0), "{reached:?}");
}

/// A disk that was full for a moment is no reason to start anything again.
#[tokio::test]
async fn a_disk_that_fails_once_is_used_again() {
    let life = Life::new();
    let created = Disk::default();
    drop(RedbStorage::with_backend(created.clone()).unwrap());
    let sound = Disk::default();
    let last = life.states.len() - 1;
    life.run(&sound, None).await;
    let (mut failures, mut undone) = (0, 0);
    let [begin, end] = [&created, &sound].map(|disk| disk.lock().changes);
    for place in begin..end {
        for fault in [Fault::Failing, Fault::Full, Fault::ReadOnly] {
            let disk = Disk::default();
            disk.fail_at(place, fault, Lasting::Once);
            let same = disk.clone();
            let storage = RedbStorage::with_backends(move || Ok(same.clone())).unwrap();
            let mut state = 0;
            while state < last {
                if let Err(error) = life.write(&storage, state + 1).await {
                    failures += 1;
                    if matches!(error, Error::OutcomeUnknown { .. }) && fault == Fault::Failing {
                        // Perhaps a sync: nothing is built upon what the disk may have lost.
                        let error = life.write(&storage, state + 1).await.unwrap_err();
                        assert!(matches!(error, Error::Backend(_)), "{error:?}");
                        break;
                    }
                    // What has an outage for a reason and is not there, did not happen.
                    if !matches!(error, Error::OutcomeUnknown { .. }) {
                        assert_kind(&error, Some(fault));
                        assert_eq!(life.state_of(&storage).await, state);
                        undone += 1;
                    }
                    assert!(disk.take_plan(), "a second failure at {place}: {error:?}");
                }
                state = life.state_of(&storage).await;
            }
        }
    }
    assert!(failures > 20 && undone > 10, "{undone} of {failures}");
}

/// A file whose creation ended like this is created again.
async fn check_creation(life: &Life, unfinished: Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    std::fs::write(&path, b"").unwrap();
    std::fs::write(folder.path().join("records.new"), unfinished).unwrap();
    let storage = RedbStorage::open(&path).unwrap();
    assert_eq!(life.state_of(&storage).await, 0);
    life.write(&storage, 1).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_fault_while_opening_again_is_named_and_loses_nothing() {
    let life = Life::new();
    let full = Disk::default();
    let last = life.states.len() - 1;
    life.run(&full, None).await;
    // Left by a process that was killed: it is repaired when it is opened.
    let crashed = {
        let disk = full.recovered(Left::Written);
        let storage = RedbStorage::with_backend(disk.clone()).unwrap();
        let crashed = disk.recovered(Left::Synced);
        drop(storage);
        crashed
    };
    for disk in [full, crashed] {
        let sound = disk.recovered(Left::Written);
        drop(RedbStorage::with_backend(sound.clone()).unwrap());
        let places = sound.lock().changes;
        for place in 0..places {
            for fault in [Fault::Failing, Fault::Full, Fault::ReadOnly] {
                let disk = disk.recovered(Left::Written);
                disk.fail_at(place, fault, Lasting::FromThenOn);
                match RedbStorage::with_backend(disk.clone()) {
                    Ok(storage) => assert_eq!(life.state_of(&storage).await, last),
                    Err(error) => assert_kind(&error, Some(fault)),
                }
                for left in [Left::Written, Left::Synced] {
                    let storage = RedbStorage::with_backend(disk.recovered(left)).unwrap();
                    assert_eq!(life.state_of(&storage).await, last, "{fault:?} at {place}");
                }
            }
        }
    }
}
