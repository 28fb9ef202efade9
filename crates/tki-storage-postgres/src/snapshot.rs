//! The records that the database had at one moment: a transaction that reads, held as long as it is
//! read.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::Pool;
use tki_record::{Address, Record};
use tki_storage::{Error, Snapshot};

use crate::connections::{Session, forget_idle, limited};
use crate::error::{Failure, no_answer};
use crate::options::Limits;
use crate::read::{ATTEMPTS, Page};

/// The moment is that of the first question. Whoever takes his time between pages is not forgotten.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
    SET LOCAL idle_in_transaction_session_timeout = 0; \
    SELECT pg_current_snapshot()";

/// How far a snapshot was read.
pub(crate) struct PostgresSnapshot {
    state: State,
    limit: Duration,
    after: Option<Address>,
}

enum State {
    Reading(Box<Session>),
    Finished,
    Failed,
}

impl PostgresSnapshot {
    pub(crate) async fn begin(pool: &Pool, limits: &Limits) -> Result<Self, Error> {
        let mut attempt: usize = 1;
        loop {
            match begin(pool, limits.answer()).await {
                Ok(session) => {
                    return Ok(Self {
                        state: State::Reading(Box::new(session)),
                        limit: limits.answer(),
                        after: None,
                    });
                }
                Err(Failure::Passing(_)) if attempt < ATTEMPTS => forget_idle(pool),
                Err(failure) => return Err(failure.into_error()),
            }
            attempt = attempt.saturating_add(1);
        }
    }

    async fn read(&self, limit: usize) -> Result<Vec<Record>, Error> {
        let session = match &self.state {
            State::Reading(session) => session,
            State::Finished => return Ok(Vec::new()),
            // What was of that moment is gone.
            State::Failed => return Err(no_answer()),
        };
        let rows = limited(self.limit, async {
            let client = session.client()?;
            let page = client.prepare_cached(Page::STATEMENT).await?;
            let parameters = Page::after(self.after.as_ref(), limit);
            Ok::<_, Failure>(client.query(&page, &parameters.as_sql()).await?)
        });
        Page::fill(&rows.await.map_err(Failure::into_error)?, limit)
    }
}

async fn begin(pool: &Pool, limit: Duration) -> Result<Session, Failure> {
    let session = Session::begin(pool).await?;
    limited(limit, session.client()?.batch_execute(BEGIN)).await?;
    Ok(session)
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    async fn next(&mut self, limit: usize) -> Result<Vec<Record>, Error> {
        let page = self.read(limit).await;
        match &page {
            Ok(records) => match records.last() {
                Some(last) => self.after = Some(last.address()),
                None => {
                    let state = core::mem::replace(&mut self.state, State::Finished);
                    if let State::Reading(session) = state {
                        session.roll_back(self.limit).await;
                    }
                }
            },
            Err(Error::Corrupt {
                address: Some(address),
                ..
            }) => self.after = Some(*address),
            Err(_) => self.state = State::Failed,
        }
        page
    }
}
