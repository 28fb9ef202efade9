//! Storage that does what a test tells it: fail, lose, delay, roll back, fork, withhold, swap,
//! damage. Honest otherwise.
//!
//! Lies are kept apart from the storage below: a map of what this view claims is at an address.
//! A write that touches such an address is judged by the same rules against what this view claims,
//! and lands in the view alone, as it would in a store that was really rolled back. A write that
//! touches none goes to the storage below. So [`be_honest`](HostileStorage::be_honest) shows the
//! truth again, as far as the truth was told.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tki_record::{Address, Commit, Record, Restored, check_commit, check_restore};
use tki_storage::{Error, Outage, Retention, Storage};
use tokio::sync::Barrier;

/// Storage under a test's control.
pub struct HostileStorage<S> {
    inner: Arc<S>,
    state: Mutex<State>,
    /// One write at a time, so that a view's check and its change are one step.
    writes: tokio::sync::Mutex<()>,
}

/// What becomes of a commit, or of a restore.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing for now: the caller gets `OutcomeUnknown`, and the commit is made when the test
    /// calls [`HostileStorage::release`].
    HeldBack,
    /// The commit is made (or rejected); the caller of one that was made gets `OutcomeUnknown`.
    LandedButUnknown,
    /// The commit is not made; the caller gets `OutcomeUnknown`.
    LostButUnknown,
    /// The commit is not made; the caller gets `Unavailable`.
    Unavailable,
}

/// A call that a test's predicate may fail.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Call<'a> {
    /// A commit.
    Commit(&'a Commit),
    /// A read of one record.
    Get(&'a Address),
    /// A read of several.
    GetMany(&'a [Address]),
    /// Copies to be taken in.
    Restore(&'a [Record]),
}

/// A state of the whole storage, to be rolled back to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Checkpoint {
    writes: usize,
}

/// When a call stalls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a call is done or it is not")]
pub enum Stall {
    /// Before anything is done.
    Before,
    /// After everything is done.
    After,
}

type Predicate = Box<dyn Fn(Call<'_>) -> bool + Send + Sync>;

#[derive(Default)]
struct State {
    /// What this view claims: a record, or that there is none.
    claimed: BTreeMap<Address, Option<Record>>,
    /// Whether this view never asks the storage below.
    forked: bool,
    /// Reads of the first address answer with the record of the second.
    redirected: BTreeMap<Address, Address>,
    /// Every version that was ever accepted or read here.
    seen: BTreeMap<(Address, u64), Record>,
    /// Every accepted write, in order.
    log: Vec<Vec<Written>>,
    down: bool,
    /// Calls until the one that fails.
    fail_call: Option<u64>,
    fail_when: Option<Predicate>,
    calls: u64,
    /// Calls until the one that never returns.
    stall_call: Option<(u64, Stall)>,
    /// The outcome of the next writes; `None` for an honest one.
    outcomes: VecDeque<Option<Outcome>>,
    held_back: Vec<Write>,
    gather: Option<(Arc<Barrier>, usize)>,
}

/// What a caller wants written.
enum Write {
    Commit(Commit),
    Restore(Vec<Record>),
}

/// One record of an accepted write.
#[derive(Clone)]
struct Written {
    record: Record,
    /// What this view had there before, if it ever saw it.
    before: Option<Record>,
}

impl<S: Storage> HostileStorage<S> {
    /// An honest view of this storage, so far.
    #[must_use]
    pub fn new(inner: S) -> Self {
        Self::with_state(Arc::new(inner), State::default())
    }

    fn with_state(inner: Arc<S>, state: State) -> Self {
        Self {
            inner,
            state: Mutex::new(state),
            writes: tokio::sync::Mutex::new(()),
        }
    }

    /// The storage below: what is really there.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.inner
    }

    // Failing.

    /// From now on every call is `Unavailable`.
    pub fn take_down(&self) {
        self.lock().down = true;
    }

    /// Ends [`take_down`](Self::take_down), [`fail_call`](Self::fail_call),
    /// [`fail_when`](Self::fail_when) and [`stall_call`](Self::stall_call), and forgets the outcomes
    /// that are planned for commits to come.
    pub fn bring_up(&self) {
        let mut state = self.lock();
        state.down = false;
        state.fail_call = None;
        state.fail_when = None;
        state.stall_call = None;
        state.outcomes.clear();
    }

    /// The nth call from now (1 is the next), of whatever kind, is `Unavailable`; those after it
    /// work.
    pub fn fail_call(&self, nth: u64) {
        self.lock().fail_call = Some(nth);
    }

    /// Every call for which this says yes is `Unavailable`.
    pub fn fail_when(&self, predicate: impl Fn(Call<'_>) -> bool + Send + Sync + 'static) {
        self.lock().fail_when = Some(Box::new(predicate));
    }

    /// The nth call from now (1 is the next), of whatever kind, never returns: whoever waits for it
    /// can only be dropped, as a machine that dies at this point drops it.
    pub fn stall_call(&self, nth: u64, when: Stall) {
        self.lock().stall_call = Some((nth, when));
    }

    /// How many calls there were, of whatever kind.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    // Losing and delaying.

    /// The next commit or restore that has no outcome planned yet ends like this; one call plans
    /// one of them.
    pub fn fail_next_commit(&self, outcome: Outcome) {
        self.lock().outcomes.push_back(Some(outcome));
    }

    /// The commit or restore after those already planned is honest.
    pub fn pass_next_commit(&self) {
        self.lock().outcomes.push_back(None);
    }

    /// Makes the commits and restores that were [held back](Outcome::HeldBack), in their order, now, and returns
    /// what storage says to each.
    pub async fn release(&self) -> Vec<Result<(), Error>> {
        let held_back = core::mem::take(&mut self.lock().held_back);
        let mut answers = Vec::with_capacity(held_back.len());
        for write in &held_back {
            answers.push(self.apply(write).await.map(drop));
        }
        answers
    }

    /// The next `count` commits wait for one another before the first of them is made: all of
    /// their authors have read the same state.
    pub fn gather_commits(&self, count: usize) {
        self.lock().gather = Some((Arc::new(Barrier::new(count)), count));
    }

    // Lying.

    /// Ends every lie. What was accepted on top of a lie is gone.
    pub fn be_honest(&self) {
        let mut state = self.lock();
        state.claimed.clear();
        state.redirected.clear();
    }

    /// Now, for [`roll_back_to`](Self::roll_back_to).
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            writes: self.lock().log.len(),
        }
    }

    /// The whole storage is what it was, and goes on from there.
    pub fn roll_back_to(&self, checkpoint: Checkpoint) {
        let mut state = self.lock();
        let past = state.at(checkpoint);
        state.claimed.extend(past);
    }

    /// One record is what it was at this version, and goes on from there; the others are not.
    ///
    /// # Panics
    /// If the version was never accepted or read here.
    pub fn roll_back(&self, address: &Address, version: u64) {
        let mut state = self.lock();
        let record = state.seen.get(&(*address, version)).cloned();
        assert!(
            record.is_some(),
            "version {version} of {address} was never seen"
        );
        state.claimed.insert(*address, record);
    }

    /// A second view of the state of now: what is accepted by one is never seen by the other.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = self.lock();
        let mut claimed = state.at(Checkpoint {
            writes: state.log.len(),
        });
        claimed.extend(state.claimed.clone());
        let fork = State {
            claimed,
            forked: true,
            seen: state.seen.clone(),
            log: state.log.clone(),
            ..State::default()
        };
        Self::with_state(Arc::clone(&self.inner), fork)
    }

    /// The record is said to be absent; whoever creates it anew succeeds.
    pub fn withhold(&self, address: &Address) {
        self.lock().claimed.insert(*address, None);
    }

    /// Each of the two addresses answers with the other's record.
    pub fn swap(&self, one: &Address, other: &Address) {
        let mut state = self.lock();
        state.redirected.insert(*one, *other);
        state.redirected.insert(*other, *one);
    }

    /// This record is at its address, whoever made it; see [`forge`](crate::forge).
    pub fn plant(&self, record: Record) {
        self.lock().claimed.insert(record.address(), Some(record));
    }

    /// The record comes back with one bit of its body flipped; see
    /// [`forge::damaged`](crate::forge::damaged).
    ///
    /// # Panics
    /// If no version of it was ever accepted or read here.
    #[expect(clippy::panic, reason = "a script that makes no sense fails the test")]
    pub fn damage(&self, address: &Address) {
        let record = self.newest_seen(address);
        let Some(record) = record else {
            panic!("{address} was never seen")
        };
        self.plant(crate::forge::damaged(&record));
    }

    /// The newest version that was accepted or read here.
    #[must_use]
    pub fn newest_seen(&self, address: &Address) -> Option<Record> {
        let state = self.lock();
        let mut versions = state.seen.range((*address, 0)..=(*address, u64::MAX));
        versions.next_back().map(|(_, record)| record.clone())
    }

    /// Every address that was accepted or read here.
    #[must_use]
    pub fn addresses(&self) -> BTreeSet<Address> {
        self.lock()
            .seen
            .keys()
            .map(|(address, _)| *address)
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self, call: Call<'_>) -> Result<(), Error> {
        let mut state = self.lock();
        let mut fails = state.down;
        if let Some(remaining) = state.fail_call {
            fails |= remaining == 1;
            state.fail_call = remaining.checked_sub(1).filter(|remaining| *remaining > 0);
        }
        fails |= state
            .fail_when
            .as_ref()
            .is_some_and(|predicate| predicate(call));
        if fails {
            Err(Error::Unavailable(Outage::Unreachable))
        } else {
            Ok(())
        }
    }

    /// Counts a call; whether it is the one that never returns.
    fn stall(&self) -> Option<Stall> {
        let mut state = self.lock();
        state.calls = state.calls.saturating_add(1);
        let (remaining, when) = state.stall_call?;
        state.stall_call = (remaining > 1).then(|| (remaining.saturating_sub(1), when));
        (remaining == 1).then_some(when)
    }

    async fn meet(&self) {
        let barrier = {
            let mut state = self.lock();
            match state.gather.take() {
                Some((barrier, expected)) => {
                    if expected > 1 {
                        state.gather = Some((Arc::clone(&barrier), expected.saturating_sub(1)));
                    }
                    Some(barrier)
                }
                None => None,
            }
        };
        if let Some(barrier) = barrier {
            barrier.wait().await;
        }
    }

    /// What this view has at an address.
    async fn read(&self, address: &Address) -> Result<Option<Record>, Error> {
        {
            let state = self.lock();
            if let Some(claimed) = state.claimed.get(address) {
                return Ok(claimed.clone());
            }
            if state.forked {
                return Ok(None);
            }
        }
        let record = self.inner.get(address).await?;
        if let Some(record) = &record {
            self.lock().see(record);
        }
        Ok(record)
    }

    /// What this view answers for an address.
    async fn answer(&self, address: &Address) -> Result<Option<Record>, Error> {
        let redirected = self.lock().redirected.get(address).copied();
        self.read(&redirected.unwrap_or(*address)).await
    }

    async fn apply(&self, write: &Write) -> Result<Restored, Error> {
        let _one_at_a_time = self.writes.lock().await;
        let records = write.records();
        let lied_about = {
            let state = self.lock();
            let is_claimed = |record: &Record| state.claimed.contains_key(&record.address());
            state.forked || records.iter().any(is_claimed)
        };
        let current = if lied_about || matches!(write, Write::Restore(_)) {
            Some(self.read_all(records).await?)
        } else {
            None
        };
        let restored = match (write, &current) {
            (Write::Commit(commit), Some(current)) => {
                check_commit(current, commit).map(|()| Restored::default())?
            }
            (Write::Commit(commit), None) => {
                self.inner.commit(commit).await?;
                Restored::default()
            }
            (Write::Restore(copies), Some(current)) if lied_about => {
                check_restore(current, copies)?
            }
            (Write::Restore(copies), _) => self.inner.restore(copies).await?,
        };
        let is_written = |record: &&Record| !restored.kept.contains(&record.address());
        let mut state = self.lock();
        let mut written = Vec::new();
        for record in records.iter().filter(is_written) {
            let before = match &current {
                Some(current) => current.get(&record.address()),
                None => state.before(record),
            };
            written.push(Written {
                record: record.clone(),
                before: before.cloned(),
            });
            if lied_about {
                state.claimed.insert(record.address(), Some(record.clone()));
            }
            state.see(record);
        }
        state.log.push(written);
        drop(state);
        Ok(restored)
    }

    /// What this view has at the addresses of these records.
    async fn read_all(&self, records: &[Record]) -> Result<BTreeMap<Address, Record>, Error> {
        let mut current = BTreeMap::new();
        for record in records {
            if let Some(stored) = self.read(&record.address()).await? {
                current.insert(record.address(), stored);
            }
        }
        Ok(current)
    }

    /// What becomes of a write that was planned to fail, or of an honest one.
    async fn write(&self, write: Write) -> Result<Restored, Error> {
        let outcome = self.lock().outcomes.pop_front().flatten();
        match outcome {
            None => return self.apply(&write).await,
            Some(Outcome::HeldBack) => self.lock().held_back.push(write),
            Some(Outcome::LandedButUnknown) => drop(self.apply(&write).await?),
            Some(Outcome::LostButUnknown) => {}
            Some(Outcome::Unavailable) => return Err(Error::Unavailable(Outage::Unreachable)),
        }
        Err(Error::OutcomeUnknown { source: None })
    }
}

/// Carries out a call, unless it is to stall before; does not return, if it is to stall after.
async fn stalling<T>(stall: Option<Stall>, call: impl Future<Output = T>) -> T {
    if stall == Some(Stall::Before) {
        return core::future::pending().await;
    }
    let answer = call.await;
    if stall == Some(Stall::After) {
        return core::future::pending().await;
    }
    answer
}

#[async_trait]
impl<S: Storage> Storage for HostileStorage<S> {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        stalling(self.stall(), async {
            self.admit(Call::Get(address))?;
            self.answer(address).await
        })
        .await
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        stalling(self.stall(), async {
            self.admit(Call::GetMany(addresses))?;
            let mut records = Vec::with_capacity(addresses.len());
            for address in addresses {
                records.push(self.answer(address).await?);
            }
            Ok(records)
        })
        .await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        stalling(self.stall(), async {
            self.meet().await;
            self.admit(Call::Commit(commit))?;
            self.write(Write::Commit(commit.clone())).await.map(drop)
        })
        .await
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        stalling(self.stall(), async {
            self.admit(Call::Restore(copies))?;
            self.write(Write::Restore(copies.to_vec())).await
        })
        .await
    }

    fn is_excerpt(&self) -> bool {
        self.inner.is_excerpt()
    }

    fn retention(&self) -> Retention {
        self.inner.retention()
    }
}

impl Write {
    fn records(&self) -> &[Record] {
        match self {
            Self::Commit(commit) => commit.records(),
            Self::Restore(copies) => copies,
        }
    }
}

impl State {
    fn see(&mut self, record: &Record) {
        self.seen
            .insert((record.address(), record.version()), record.clone());
    }

    /// The version that a committed record followed, if this wrapper ever saw it.
    fn before(&self, record: &Record) -> Option<&Record> {
        let version = record.version().checked_sub(1)?;
        self.seen.get(&(record.address(), version))
    }

    /// Every record that a write of the log touched, as it was then; `None` if it was not there.
    fn at(&self, checkpoint: Checkpoint) -> BTreeMap<Address, Option<Record>> {
        let mut state = BTreeMap::new();
        for (position, write) in self.log.iter().enumerate() {
            for Written { record, before } in write {
                let address = record.address();
                if position < checkpoint.writes {
                    state.insert(address, Some(record.clone()));
                } else {
                    // First touched later: what was there before.
                    state.entry(address).or_insert_with(|| before.clone());
                }
            }
        }
        state
    }
}

impl<S> fmt::Debug for HostileStorage<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostileStorage").finish_non_exhaustive()
    }
}
