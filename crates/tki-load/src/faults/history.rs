//! What clients did and saw, in the order in which it began and ended.
//!
//! The body of every version is the list of the commits that made the versions of its record, up to
//! itself. So one read tells the whole history of a record, and a fork is seen at once.

use alloc::collections::{BTreeMap, BTreeSet};
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tki_record::{Address, Record};
use tki_storage::Error;

/// The number of a commit that a client tried; no two have the same.
pub(crate) type CommitId = u64;

/// A point in the order of all beginnings and ends: what ended at a lower one than something else
/// began was over before it.
pub(crate) type Moment = u64;

/// One operation of one client.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) began: Moment,
    pub(crate) ended: Moment,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A record was read, and had so many versions; none if it is not there.
    Read { address: Address, versions: u64 },
    /// A commit was tried: the versions that it writes, and what came of it.
    Commit {
        id: CommitId,
        writes: Vec<(Address, u64)>,
        outcome: Outcome,
    },
    /// A read showed what no honest storage can show.
    Nonsense { address: Address, why: &'static str },
}

/// What a client was told of a commit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// It is stored and stays.
    Acknowledged,
    /// Nothing of it is stored, because this address had this version (`None`: it was not there).
    Conflict(Address, Option<u64>),
    /// Nothing of it is stored.
    Nothing,
    /// All of it, or nothing.
    Unknown,
}

impl Outcome {
    pub(crate) fn of(answer: &Result<(), Error>) -> Self {
        match answer {
            Ok(()) => Self::Acknowledged,
            Err(Error::Conflict { address, found }) => Self::Conflict(*address, *found),
            Err(Error::OutcomeUnknown { .. }) => Self::Unknown,
            Err(_) => Self::Nothing,
        }
    }
}

/// The operations of all clients.
#[derive(Debug, Default)]
pub(crate) struct History {
    clock: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    operations: Vec<Operation>,
    /// Commits that somebody began.
    begun: BTreeSet<CommitId>,
    /// The longest list that each record showed.
    lines: BTreeMap<Address, Vec<CommitId>>,
}

impl History {
    /// Now: later than every moment before.
    pub(crate) fn now(&self) -> Moment {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// The number of a commit that begins after this.
    pub(crate) fn begin_commit(&self) -> CommitId {
        let mut state = self.lock();
        let id = state.begun.last().map_or(1, |last| last.saturating_add(1));
        state.begun.insert(id);
        id
    }

    /// Notes what was told of a commit that began then.
    pub(crate) fn end_commit(
        &self,
        began: Moment,
        id: CommitId,
        writes: Vec<(Address, u64)>,
        outcome: Outcome,
    ) {
        let what = What::Commit {
            id,
            writes,
            outcome,
        };
        self.note(began, what);
    }

    /// Notes what a read that began then showed.
    pub(crate) fn end_read(&self, began: Moment, address: Address, record: Option<&Record>) {
        let what = match record.map_or(Ok(Vec::new()), list) {
            Ok(list) => self.lock().extend(address, list),
            Err(why) => What::Nonsense { address, why },
        };
        self.note(began, what);
    }

    fn note(&self, began: Moment, what: What) {
        let ended = self.now();
        self.lock()
            .operations
            .push(Operation { began, ended, what });
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        self.lock().operations.clone()
    }

    /// The longest list that each record showed.
    pub(crate) fn lines(&self) -> BTreeMap<Address, Vec<CommitId>> {
        self.lock().lines.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whichever of the two lists is longer begins with the other, and nobody else's commits are in it.
    fn extend(&mut self, address: Address, list: Vec<CommitId>) -> What {
        let versions = u64::try_from(list.len()).unwrap_or(u64::MAX);
        let line = self.lines.entry(address).or_default();
        if !line.starts_with(&list) {
            if !list.starts_with(line) {
                let why = "it showed a version that another one took the place of";
                return What::Nonsense { address, why };
            }
            if !list.iter().all(|id| self.begun.contains(id)) {
                let why = "it showed a commit that nobody had begun";
                return What::Nonsense { address, why };
            }
            *line = list;
        }
        What::Read { address, versions }
    }
}

/// The body that shows this list.
pub(crate) fn body(list: &[CommitId]) -> Vec<u8> {
    list.iter().flat_map(|id| id.to_be_bytes()).collect()
}

/// The list that a record shows: as long as its version says, and signed by its writer.
pub(crate) fn list(record: &Record) -> Result<Vec<CommitId>, &'static str> {
    if record.verify().is_err() {
        return Err("a record does not verify");
    }
    let (ids, rest) = record.body().as_chunks::<8>();
    let versions = u64::try_from(ids.len()).ok();
    if !rest.is_empty() || versions != record.version().checked_add(1) {
        return Err("a record is not what a client wrote");
    }
    Ok(ids.iter().map(|id| CommitId::from_be_bytes(*id)).collect())
}
