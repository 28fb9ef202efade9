//! Writing: what several callers ask for at once goes into one transaction, on a thread of its own.
//!
//! A transaction ends with a sync of the disk, which takes longer than all the rest. So a thread
//! takes whatever waits, lets the rules decide on each by itself and in order, as if they came one
//! after the other, and syncs once for all of them. Nobody is answered before.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use redb::{Database, ReadableTable as _, Table, WriteTransaction};
use tki_record::{
    Address, Commit, MAX_COMMIT_RECORDS, Record, Rejection, Restored, check_commit, check_restore,
};
use tki_storage::{Error, Outage};
use tokio::sync::oneshot;

use crate::error::{self, Cause};
use crate::opened::Opened;
use crate::recent::Recent;
use crate::storage::{catch, guarded, read};
use crate::tables::{ADDRESSES, COUNTS, RECORD_COUNT, RECORDS, look_up};
use crate::writes::Counter;

/// From how many records on a transaction takes in no further call: each may cost the verification of
/// a signature, while everybody else waits.
const MAX_RECORDS: usize = 4 * MAX_COMMIT_RECORDS;
/// From how many bytes of records on a transaction takes in no further call.
const MAX_BYTES: usize = 16 << 20;

/// What a caller wants written.
#[derive(Debug)]
pub(crate) enum Work {
    Commit(Commit),
    Restore(Vec<Record>),
}

impl Work {
    fn records(&self) -> &[Record] {
        match self {
            Self::Commit(commit) => commit.records(),
            Self::Restore(copies) => copies,
        }
    }

    /// By the rules, with what is stored: which of the records to keep. A commit writes all of its.
    fn decide(&self, current: &BTreeMap<Address, Record>) -> Result<Restored, Rejection> {
        match self {
            Self::Commit(commit) => check_commit(current, commit).map(|()| Restored::default()),
            Self::Restore(copies) => check_restore(current, copies),
        }
    }
}

type Answer = Result<Restored, Error>;

/// What the thread is told.
#[derive(Debug)]
enum Message {
    /// To see to it that the database answers: somebody had no answer.
    Renew,
    Write(Job),
}

#[derive(Debug)]
struct Job {
    work: Work,
    answer: oneshot::Sender<Answer>,
}

impl Job {
    fn bytes(&self) -> usize {
        let records = self.work.records().iter().map(Record::encoded_length);
        records.fold(0, usize::saturating_add)
    }

    /// Whether it changes anything, by what was decided.
    fn writes(&self, decision: &Answer) -> bool {
        let kept = |restored: &Restored| restored.kept.len();
        decision
            .as_ref()
            .is_ok_and(|restored| kept(restored) < self.work.records().len())
    }
}

/// The thread that writes, started by the first call.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    running: Mutex<Option<Running>>,
    counter: Arc<Counter>,
    recent: Arc<Recent>,
}

#[derive(Debug)]
struct Running {
    messages: Sender<Message>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Has this written, together with what others want written meanwhile. Once it is handed over it
    /// is carried out, even if nobody waits for the answer any more.
    pub(crate) async fn write(&self, opened: &Arc<Opened>, work: Work) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.hand_over(opened, Message::Write(Job { work, answer }))?;
        // The thread answers everything that it takes.
        answered
            .await
            .unwrap_or(Err(Error::OutcomeUnknown { source: None }))
    }

    /// Has the thread see to it that the database answers, soon.
    pub(crate) fn renew(&self, opened: &Arc<Opened>) {
        // Without a thread the next call asks for one again.
        drop(self.hand_over(opened, Message::Renew));
    }

    fn hand_over(&self, opened: &Arc<Opened>, message: Message) -> Result<(), Error> {
        let running = self.running.lock();
        let mut running = running.unwrap_or_else(PoisonError::into_inner);
        let running = match running.take() {
            Some(there) => running.insert(there),
            None => running.insert(start(Transactions {
                opened: Arc::clone(opened),
                counter: Arc::clone(&self.counter),
                recent: Arc::clone(&self.recent),
            })?),
        };
        running.messages.send(message).map_err(|_| error::stopped())
    }

    /// What was read lately.
    pub(crate) fn recent(&self) -> &Recent {
        &self.recent
    }

    /// What was written so far.
    pub(crate) fn counter(&self) -> &Counter {
        &self.counter
    }

    /// Waits until everything that was handed over is written.
    pub(crate) fn finish(&mut self) {
        let running = self.running.get_mut();
        let running = running.unwrap_or_else(PoisonError::into_inner);
        if let Some(Running { messages, thread }) = running.take() {
            drop(messages);
            // Its panics are caught where they happen.
            drop(thread.join());
        }
    }
}

fn start(transactions: Transactions) -> Result<Running, Error> {
    let (messages, waiting) = mpsc::channel();
    let thread = Builder::new()
        .name("tki-storage-redb".into())
        .spawn(move || {
            while let Ok(message) = waiting.recv() {
                let last = match message {
                    Message::Write(first) => {
                        let (group, last) = gather(first, &waiting);
                        transactions.write(group);
                        last
                    }
                    Message::Renew => Some(message),
                };
                if last.is_some() {
                    transactions.opened.renew();
                }
            }
        })
        .map_err(|error| Error::Backend(Box::new(error)))?;
    Ok(Running { messages, thread })
}

/// The first of those that wait, and those behind it that fit into the same transaction; and what
/// came behind them, if it was something else.
fn gather(first: Job, waiting: &Receiver<Message>) -> (Vec<Job>, Option<Message>) {
    let (mut bytes, mut records) = (first.bytes(), first.work.records().len());
    let mut group = Vec::from([first]);
    while records < MAX_RECORDS && bytes < MAX_BYTES {
        match waiting.try_recv() {
            Ok(Message::Write(job)) => {
                bytes = bytes.saturating_add(job.bytes());
                records = records.saturating_add(job.work.records().len());
                group.push(job);
            }
            Ok(Message::Renew) => return (group, Some(Message::Renew)),
            Err(_) => break,
        }
    }
    (group, None)
}

/// What the thread writes to, and counts.
struct Transactions {
    opened: Arc<Opened>,
    counter: Arc<Counter>,
    recent: Arc<Recent>,
}

impl Transactions {
    /// Writes a group, or, if anything but a rule is in the way, each of it by itself: what is wrong
    /// with the record of one is no failure of the others, but a disk that is full is everybody's.
    /// Nobody is told of a failure before the database answers again, where it can.
    fn write(&self, group: Vec<Job>) {
        let prepared = guarded(|| prepare(&*self.opened.database()?, &group));
        let error = match prepared {
            Ok((Some(transaction), decisions)) => {
                return self.commit(transaction, group, decisions);
            }
            Ok((None, decisions)) => return answer(group, decisions),
            Err(error) => error,
        };
        self.opened.renew();
        if let Error::Unavailable(outage) = error {
            let answers = group.iter().map(|_| Err(Error::Unavailable(outage)));
            let answers = answers.collect();
            return answer(group, answers);
        }
        if group.len() == 1 {
            return answer(group, [Err(error)].into());
        }
        for job in group {
            self.write([job].into());
        }
    }

    /// Only here can an error leave either state behind.
    fn commit(&self, transaction: WriteTransaction, group: Vec<Job>, decisions: Vec<Answer>) {
        let records = group.iter().flat_map(|job| job.work.records());
        let addresses: Vec<Address> = records.map(Record::address).collect();
        self.recent.strike(&addresses);
        let outcome = catch(|| transaction.commit().map_err(error::commit))
            .unwrap_or_else(|panic| Err(error::panicked(panic)));
        if let Err(cause) = outcome {
            self.recent.close();
            let undone = self.undone(&cause, &group, &decisions);
            // Also to those that were refused: perhaps because of what was to be written before them.
            let told = |_: &Job| match undone {
                Some(outage) => Err(Error::Unavailable(outage)),
                None => Err(error::unknown(&cause)),
            };
            let answers = group.iter().map(told).collect();
            return answer(group, answers);
        }
        self.recent.allow(&addresses);
        let decided = group.iter().zip(&decisions);
        let written = decided.filter(|(job, decision)| job.writes(decision));
        self.counter.add(written.count());
        answer(group, decisions);
    }

    /// What was in the way of a transaction of which nothing is there, once the database is open again.
    ///
    /// A failed sync is no such thing: what was written before it may be read although the disk lost
    /// it, so nothing is built upon it.
    fn undone(&self, cause: &Cause, group: &[Job], decisions: &[Answer]) -> Option<Outage> {
        let Some(outage) = cause.outage() else {
            self.opened.give_up();
            return None;
        };
        if !self.opened.renew() {
            return None;
        }
        let mut decided = group.iter().zip(decisions).rev();
        let (job, decision) = decided.find(|(job, decision)| job.writes(decision))?;
        let kept = &decision.as_ref().ok()?.kept;
        let mut records = job.work.records().iter();
        // Of the last of the group, since nobody wrote over it.
        let written = records.find(|record| !kept.contains(&record.address()))?;
        let address = written.address();
        let stored = guarded(|| {
            let found = read(&*self.opened.database()?, core::slice::from_ref(&address))?;
            Ok(found.into_iter().flatten().next())
        });
        (stored.ok()?.as_ref() != Some(written)).then_some(outage)
    }
}

/// Everything but the last step: the transaction, unless nothing is to be written, and what the rules
/// say of each.
fn prepare(
    database: &Database,
    group: &[Job],
) -> Result<(Option<WriteTransaction>, Vec<Answer>), Error> {
    // Dropping the transaction undoes it.
    let transaction = database.begin_write().map_err(error::transaction)?;
    let mut writes = false;
    let mut decisions = Vec::with_capacity(group.len());
    {
        let mut tables = Tables::open(&transaction)?;
        for job in group {
            let decision = tables.take_in(&job.work)?.map_err(Into::into);
            writes |= job.writes(&decision);
            decisions.push(decision);
        }
        tables.write_count()?;
    }
    Ok((writes.then_some(transaction), decisions))
}

/// Whoever no longer waits for his answer gets none.
fn answer(group: Vec<Job>, answers: Vec<Answer>) {
    for (job, answer) in group.into_iter().zip(answers) {
        drop(job.answer.send(answer));
    }
}

struct Tables<'a> {
    records: Table<'a, [u8; 32], &'static [u8]>,
    addresses: Table<'a, [u8; 32], ()>,
    counts: Table<'a, &'static str, u64>,
    count: u64,
}

impl<'a> Tables<'a> {
    fn open(transaction: &'a WriteTransaction) -> Result<Self, Error> {
        let counts = transaction.open_table(COUNTS).map_err(error::table)?;
        let count = counts.get(RECORD_COUNT).map_err(error::storage)?;
        let count = count.ok_or_else(error::corrupt_file)?.value();
        Ok(Self {
            records: transaction.open_table(RECORDS).map_err(error::table)?,
            addresses: transaction.open_table(ADDRESSES).map_err(error::table)?,
            counts,
            count,
        })
    }

    /// Writes what the rules accept; nothing of a call that they reject, and nothing before all of
    /// its records were looked at.
    fn take_in(&mut self, work: &Work) -> Result<Result<Restored, Rejection>, Error> {
        let mut current = BTreeMap::new();
        for new in work.records() {
            let address = new.address();
            if let Some(record) = look_up(&self.records, &self.addresses, &address)? {
                current.insert(address, record);
            }
        }
        let restored = match work.decide(&current) {
            Ok(restored) => restored,
            Err(rejection) => return Ok(Err(rejection)),
        };
        for new in work.records() {
            let address = new.address();
            if !restored.kept.contains(&address) {
                self.insert(new, !current.contains_key(&address))?;
            }
        }
        Ok(Ok(restored))
    }

    fn insert(&mut self, record: &Record, is_new: bool) -> Result<(), Error> {
        let address = record.address().to_bytes();
        self.records
            .insert(address, record.encode().as_slice())
            .map_err(error::storage)?;
        if is_new {
            self.addresses.insert(address, ()).map_err(error::storage)?;
            self.count = self.count.saturating_add(1);
        }
        Ok(())
    }

    fn write_count(&mut self) -> Result<(), Error> {
        self.counts
            .insert(RECORD_COUNT, self.count)
            .map_err(error::storage)?;
        Ok(())
    }
}
