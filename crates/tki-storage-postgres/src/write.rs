//! A write is one transaction: rows are locked, the rules asked, rows written, and all of it
//! committed.
//!
//! Rows are locked and created in the order of their addresses, so that no two writes wait for each
//! other. What is not there cannot be locked: of two that create it, the second finds that it did
//! not, and begins anew.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use deadpool_postgres::{Client, Pool};
use futures_util::future::{join, join3};
use tki_record::{Address, Record, RecordHeader, Rejection, Restored};
use tki_storage::{Error, Outage};
use tokio_postgres::Statement;

use crate::connections::{Session, forget_idle, limited};
use crate::error::{Failure, Impossible};
use crate::options::Limits;
use crate::read::ATTEMPTS;
use crate::resolve::{Identity, Outcome, Written, resolve};
use crate::rows;

/// What is stored.
pub(crate) type Headers = BTreeMap<Address, RecordHeader>;

/// The rule of this write.
pub(crate) type Decide<'a> = &'a (dyn Fn(&Headers) -> Result<Restored, Rejection> + Send + Sync);

/// The most bytes of bodies in one statement, unless one alone has more.
const STATEMENT_BYTES: usize = 16 * 1024 * 1024;

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

const LOCK: &str = "SELECT address, header FROM tki_records WHERE address = ANY($1) \
    ORDER BY address FOR NO KEY UPDATE";

const CREATE: &str = "INSERT INTO tki_records (address, header, body) \
    SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS new (address, header, body) \
    ORDER BY address ON CONFLICT DO NOTHING";

const CHANGE: &str = "UPDATE tki_records AS stored SET header = new.header, body = new.body \
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS new (address, header, body) \
    WHERE stored.address = new.address";

/// Writes these records, but for those that the rule decides to keep.
pub(crate) async fn write(
    pool: &Pool,
    limits: &Limits,
    records: &[Record],
    decide: Decide<'_>,
) -> Result<Restored, Error> {
    let mut attempt: usize = 1;
    loop {
        match try_to_write(pool, limits, records, decide).await {
            Ok(restored) => return Ok(restored),
            Err(Failure::Passing(error)) if attempt < ATTEMPTS => {
                if matches!(error, Error::Unavailable(Outage::Unreachable)) {
                    forget_idle(pool);
                }
            }
            Err(failure) => return Err(failure.into_error()),
        }
        attempt = attempt.saturating_add(1);
    }
}

async fn try_to_write(
    pool: &Pool,
    limits: &Limits,
    records: &[Record],
    decide: Decide<'_>,
) -> Result<Restored, Failure> {
    let session = Session::begin(pool).await?;
    let prepared = async {
        let stored = lock(session.client()?, limits, records).await?;
        let restored = decide(&stored).map_err(Error::from)?;
        let change = Change::of(records, &restored, stored);
        let identity = change.carry_out(session.client()?, limits).await?;
        Ok((restored, change, identity))
    };
    let (restored, change, identity) = match prepared.await {
        Ok(prepared) => prepared,
        Err(failure) => {
            session.roll_back(limits.answer()).await;
            return Err(failure);
        }
    };
    match commit(session, limits).await {
        Ending::Committed => Ok(restored),
        Ending::RolledBack(failure) => Err(failure),
        Ending::Lost(source) => match resolve(pool, limits, &identity, &change.written()).await {
            Outcome::Committed => Ok(restored),
            // As if it had never begun.
            Outcome::RolledBack => Err(Failure::Passing(Error::Unavailable(Outage::Unreachable))),
            Outcome::Unknown => Err(Failure::Final(Error::OutcomeUnknown { source })),
        },
    }
}

/// Begins, and locks what is there.
async fn lock(client: &Client, limits: &Limits, records: &[Record]) -> Result<Headers, Failure> {
    let addresses: Vec<Address> = records.iter().map(Record::address).collect();
    let addresses: Vec<&[u8]> = addresses
        .iter()
        .map(|one| one.as_bytes().as_slice())
        .collect();
    limited(limits.answer(), async {
        let lock = client.prepare_cached(LOCK).await?;
        // Both are sent at once.
        let begin = client.batch_execute(BEGIN);
        let (begun, rows) = join(begin, client.query(&lock, &[&addresses])).await;
        begun?;
        let mut stored = Headers::new();
        for row in rows? {
            let (address, header) = rows::header(&row)?;
            stored.insert(address, header);
        }
        Ok::<_, Failure>(stored)
    })
    .await
}

/// The rows that a transaction creates and changes.
struct Change<'a> {
    /// In the order of their addresses.
    created: Vec<&'a Record>,
    changed: Vec<&'a Record>,
    /// What was stored before.
    stored: Headers,
}

impl<'a> Change<'a> {
    fn of(records: &'a [Record], restored: &Restored, stored: Headers) -> Self {
        let mut written: Vec<&Record> = records.iter().collect();
        written.retain(|record| !restored.kept.contains(&record.address()));
        written.sort_by_key(|record| record.address());
        let (changed, created) = written
            .into_iter()
            .partition(|record| stored.contains_key(&record.address()));
        Self {
            created,
            changed,
            stored,
        }
    }

    /// Everything but the last step. From here on the transaction has a name.
    async fn carry_out(&self, client: &Client, limits: &Limits) -> Result<Identity, Failure> {
        let done = limited(limits.answer(), async {
            let identity = client.prepare_cached(Identity::STATEMENT).await?;
            let create = client.prepare_cached(CREATE).await?;
            let change = client.prepare_cached(CHANGE).await?;
            // All are sent at once.
            let (identity, created, changed) = join3(
                client.query_one(&identity, &[]),
                put(client, &create, &self.created),
                put(client, &change, &self.changed),
            )
            .await;
            Ok::<_, tokio_postgres::Error>((identity?, created?, changed?))
        });
        let (identity, created, changed) = done.await?;
        if created != self.created.len() {
            // Somebody else created one of them.
            return Err(Failure::Passing(Error::Unavailable(Outage::Busy)));
        }
        if changed != self.changed.len() {
            return Err(Impossible::RowVanished.into());
        }
        Identity::of(&identity)
    }

    fn written(&self) -> Written {
        let written = self.created.iter().chain(&self.changed);
        written
            .map(|record| {
                let before = self.stored.get(&record.address()).cloned();
                (record.address(), (before, record.header().clone()))
            })
            .collect()
    }
}

/// Sends these records by a statement that takes three arrays. The number of rows that it wrote.
async fn put(
    client: &Client,
    statement: &Statement,
    records: &[&Record],
) -> Result<usize, tokio_postgres::Error> {
    let mut count: u64 = 0;
    let mut rest = records;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(portion(rest));
        rest = later;
        let addresses: Vec<[u8; 32]> = now.iter().map(|new| new.address().to_bytes()).collect();
        let addresses: Vec<&[u8]> = addresses.iter().map(<[u8; 32]>::as_slice).collect();
        let headers: Vec<Vec<u8>> = now.iter().map(|new| new.header().encode()).collect();
        let bodies: Vec<&[u8]> = now.iter().map(|new| new.body()).collect();
        let written = client
            .execute(statement, &[&addresses, &headers, &bodies])
            .await?;
        count = count.saturating_add(written);
    }
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// How many of these records go together: never none.
fn portion(records: &[&Record]) -> usize {
    let mut bytes: usize = 0;
    let mut fit = records.iter().take_while(|record| {
        bytes = bytes.saturating_add(record.encoded_length());
        bytes <= STATEMENT_BYTES
    });
    let fitting = fit.by_ref().count();
    fitting.clamp(1, records.len().max(1))
}

/// How the last step ended.
enum Ending {
    Committed,
    /// The server said so.
    RolledBack(Failure),
    /// Nobody said anything, or not what became of it.
    Lost(Option<tki_storage::BoxError>),
}

async fn commit(session: Session, limits: &Limits) -> Ending {
    let Ok(client) = session.client() else {
        return Ending::Lost(None);
    };
    let answer = tokio::time::timeout(limits.answer(), client.batch_execute("COMMIT")).await;
    match answer {
        Ok(Ok(())) => {
            session.give_back();
            Ending::Committed
        }
        Ok(Err(error)) => match error.as_db_error() {
            // An error rolls back, and the session goes on. What ends a session may come after the
            // commit.
            Some(said) if said.severity() == "ERROR" => {
                session.give_back();
                Ending::RolledBack(error.into())
            }
            Some(_) | None => Ending::Lost(Some(Box::new(error))),
        },
        Err(late) => Ending::Lost(Some(Box::new(late))),
    }
}
