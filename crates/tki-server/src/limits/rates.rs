//! What clients read and write, and what writers write.
//!
//! A client pays when it asks. A writer, and a client's new records, are paid for when the storage
//! has accepted them: what is not accepted was perhaps not signed by the writer that it names, and
//! nobody shall pay for what others forge.

use core::time::Duration;
use std::time::Instant;

use tki_record::Record;
use tki_storage_http::wire::Kind;

use super::buckets::{Buckets, Key};
use super::clients::Client;
use crate::config::Rates;
use crate::problem::Refusal;

/// How much of a rate may come at once.
const BURST: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

/// The writers' public keys.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Writer([u8; 32]);

impl Key for Writer {
    fn part(&self) -> u8 {
        let [.., last] = self.0;
        last
    }
}

/// All buckets.
#[derive(Debug)]
pub(crate) struct Limits {
    reads: Option<Buckets<Client>>,
    writes: Option<Buckets<Client>>,
    writers: Option<Buckets<Writer>>,
    new_records: Option<Buckets<Client>>,
}

impl Limits {
    /// These rates.
    pub(crate) fn new(rates: &Rates) -> Self {
        let in_a_second = |rate: u32| Buckets::new(rate, SECOND, BURST);
        Self {
            reads: rates.client_reads.map(in_a_second),
            writes: rates.client_writes.map(in_a_second),
            writers: rates
                .writer_writes
                .map(|rate| Buckets::new(rate, SECOND, BURST)),
            new_records: rates
                .client_new_records
                .map(|rate| Buckets::new(rate, DAY, DAY)),
        }
    }

    /// A client reads so many records.
    pub(crate) fn read(&self, client: Client, count: usize, now: Instant) -> Result<(), Refusal> {
        let Some(reads) = &self.reads else {
            return Ok(());
        };
        reads
            .take(client, count, now)
            .map_err(|after| Exceeded("client-reads").refusal("this client reads too fast", after))
    }

    /// Whether a client may write at all: before its body is read.
    pub(crate) fn may_write(&self, client: Client, now: Instant) -> Result<(), Refusal> {
        if let Some(writes) = &self.writes {
            let exceeded = Exceeded("client-writes");
            let fast = |after| exceeded.refusal("this client writes too fast", after);
            writes.check(client, now).map_err(fast)?;
        }
        let Some(new_records) = &self.new_records else {
            return Ok(());
        };
        let exceeded = Exceeded("client-new-records");
        let detail = "this client has created too many records today";
        let many = |after| exceeded.refusal(detail, after);
        new_records.check(client, now).map_err(many)
    }

    /// A client asks to write these records, which cost so many of its rate.
    pub(crate) fn write(
        &self,
        client: Client,
        records: &[Record],
        cost: usize,
        now: Instant,
    ) -> Result<(), Refusal> {
        if let Some(writes) = &self.writes {
            writes.charge(client, cost, now);
        }
        let Some(writers) = &self.writers else {
            return Ok(());
        };
        let exceeded = Exceeded("writer-writes");
        let detail = "a writer of these records writes too fast";
        let fast = |after| exceeded.refusal(detail, after);
        let mut all = records.iter().map(writer);
        all.try_for_each(|writer| writers.check(writer, now).map_err(fast))
    }

    /// The storage has accepted these records, of which so many were not there before.
    pub(crate) fn accepted<'r>(
        &self,
        client: Client,
        records: impl Iterator<Item = &'r Record>,
        created: usize,
        now: Instant,
    ) {
        if let Some(writers) = &self.writers {
            for writer in records.map(writer) {
                writers.charge(writer, 1, now);
            }
        }
        if let Some(new_records) = &self.new_records
            && created > 0
        {
            new_records.charge(client, created, now);
        }
    }
}

fn writer(record: &Record) -> Writer {
    Writer(record.writer().to_bytes())
}

/// The rate that somebody exceeds, called as its setting is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exceeded(pub(crate) &'static str);

impl Exceeded {
    fn refusal(self, detail: &str, after: Duration) -> Refusal {
        // Whole seconds, and never none.
        let seconds = after.as_secs().saturating_add(1);
        let refusal = Refusal::new(Kind::TooManyRequests, detail);
        refusal.after(seconds).because_of(self)
    }
}
