//! What became of a commit whose answer was lost: read, never guessed.
//!
//! The transaction's number was learned before the commit was sent. The server that ran it knows
//! whether it was committed, as soon as it is over; the session that was lost may still be running
//! it, and is ended first. A server that has been started since or has recovered from a crash, which
//! gives forgotten numbers to others, or another one in its place, is asked for the records
//! themselves.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use deadpool_postgres::{Client, Pool};
use tki_record::{Address, RecordHeader};
use tokio::time::{sleep, timeout};
use tokio_postgres::Row;

use crate::connections::{forget_idle, limited};
use crate::error::Failure;
use crate::options::Limits;
use crate::rows;

/// Where and as what a transaction runs.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Its number, in digits.
    transaction: String,
    /// The process of its session.
    process: i32,
    /// Which life of which server: no other has the same (`connections.rs`).
    life: String,
}

/// What is there before and after, by address.
pub(crate) type Written = BTreeMap<Address, (Option<RecordHeader>, RecordHeader)>;

/// What became of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    Committed,
    RolledBack,
    Unknown,
}

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(100);

const LIFE: &str = "SELECT current_setting('tki.life')";

/// Ends the session if it is still in this transaction, and waits until it has ended. One that waits
/// for standbys is left to wait: ended, it would be committed without them.
const END: &str = "SELECT pg_terminate_backend(pid, $3) FROM pg_stat_activity \
    WHERE pid = $1 AND backend_xid::text = ($2::text::numeric % 4294967296)::text \
    AND wait_event IS DISTINCT FROM 'SyncRep'";

const STATUS: &str = "SELECT pg_xact_status($1::text::xid8)";

const HEADERS: &str = "SELECT address, header FROM tki_records WHERE address = ANY($1)";

impl Identity {
    /// The question within a transaction.
    pub(crate) const STATEMENT: &str =
        "SELECT pg_current_xact_id()::text, pg_backend_pid(), current_setting('tki.life')";

    /// The answer.
    pub(crate) fn of(row: &Row) -> Result<Self, Failure> {
        Ok(Self {
            transaction: row.try_get(0)?,
            process: row.try_get(1)?,
            life: row.try_get(2)?,
        })
    }
}

/// Finds out what became of a transaction, as long as it takes to get a connection.
pub(crate) async fn resolve(
    pool: &Pool,
    limits: &Limits,
    identity: &Identity,
    written: &Written,
) -> Outcome {
    let asking = async {
        loop {
            // A connection of before may be as lost as this one was.
            forget_idle(pool);
            if let Ok(outcome) = ask(pool, limits, identity, written).await {
                return outcome;
            }
            sleep(PAUSE).await;
        }
    };
    timeout(limits.acquire, asking)
        .await
        .unwrap_or(Outcome::Unknown)
}

async fn ask(
    pool: &Pool,
    limits: &Limits,
    identity: &Identity,
    written: &Written,
) -> Result<Outcome, Failure> {
    let client = pool.get().await?;
    limited(limits.acquire, async {
        let life: String = client.query_one(LIFE, &[]).await?.try_get(0)?;
        end_session(&client, limits, identity).await?;
        if life == identity.life {
            by_number(&client, identity).await
        } else {
            by_records(&client, written).await
        }
    })
    .await
}

/// What was lost is over afterwards, or the outcome stays unknown.
async fn end_session(
    client: &Client,
    limits: &Limits,
    identity: &Identity,
) -> Result<(), tokio_postgres::Error> {
    let wait = i64::try_from(limits.acquire.as_millis()).unwrap_or(i64::MAX);
    let (process, transaction) = (&identity.process, &identity.transaction);
    client.query(END, &[process, transaction, &wait]).await?;
    Ok(())
}

/// The server is the same: it knows.
async fn by_number(client: &Client, identity: &Identity) -> Result<Outcome, Failure> {
    let row = client.query_one(STATUS, &[&identity.transaction]).await?;
    Ok(match row.try_get(0)? {
        Some("committed") => Outcome::Committed,
        Some("aborted") => Outcome::RolledBack,
        // Still running, or so long ago that nobody knows.
        Some(_) | None => Outcome::Unknown,
    })
}

/// All new, or all as before. Anything else is what others made of it since.
async fn by_records(client: &Client, written: &Written) -> Result<Outcome, Failure> {
    let addresses: Vec<&[u8]> = written
        .keys()
        .map(|one| one.as_bytes().as_slice())
        .collect();
    let mut found = BTreeMap::new();
    for row in client.query(HEADERS, &[&addresses]).await? {
        let (address, header) = rows::header(&row)?;
        found.insert(address, header);
    }
    let all = |is: fn(&(Option<RecordHeader>, RecordHeader)) -> Option<&RecordHeader>| {
        let mut written = written.iter();
        written.all(|(address, states)| found.get(address) == is(states))
    };
    Ok(if all(|(_, after)| Some(after)) {
        Outcome::Committed
    } else if all(|(before, _)| before.as_ref()) {
        Outcome::RolledBack
    } else {
        Outcome::Unknown
    })
}
