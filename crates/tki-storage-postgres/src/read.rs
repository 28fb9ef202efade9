//! Reads: one statement each, asked again where a connection was lost.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use deadpool_postgres::{Client, Pool};
use tki_record::{Address, Record};
use tki_storage::{Error, MAX_PAGE_BYTES, fill_page, page_limit};
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::connections::forget_idle;
use crate::error::{Failure, no_answer};
use crate::rows;

/// How often the same is tried where it may help.
pub(crate) const ATTEMPTS: usize = 4;

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

const GET: &str = "SELECT address, header, body FROM tki_records WHERE address = $1";

const GET_MANY: &str = "SELECT address, header, body FROM tki_records WHERE address = ANY($1)";

/// A page, as it is asked for and answered.
pub(crate) struct Page<'a> {
    after: &'a [u8],
    rows: i64,
    bytes: i64,
}

impl<'a> Page<'a> {
    /// Of the following rows those with which the bytes of the page stay below a number.
    pub(crate) const STATEMENT: &'static str = "\
        SELECT address, header, body FROM ( \
            SELECT *, row_number() OVER so_far AS place, \
                sum(octet_length(header) + octet_length(body)) OVER so_far AS length \
            FROM ( \
                SELECT address, header, body FROM tki_records \
                WHERE address > $1 ORDER BY address LIMIT $2 \
            ) AS following \
            WINDOW so_far AS (ORDER BY address) \
        ) AS page \
        WHERE place = 1 OR length <= $3 ORDER BY address";

    pub(crate) fn after(after: Option<&'a Address>, limit: usize) -> Self {
        Self {
            // Nothing is before every address.
            after: after.map_or(&[][..], |after| after.as_bytes()),
            rows: i64::try_from(page_limit(limit)).unwrap_or(i64::MAX),
            bytes: i64::try_from(MAX_PAGE_BYTES).unwrap_or(i64::MAX),
        }
    }

    pub(crate) fn as_sql(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.after, &self.rows, &self.bytes]
    }

    pub(crate) fn fill(rows: &[Row], limit: usize) -> Result<Vec<Record>, Error> {
        fill_page(rows.iter().map(rows::record), limit)
    }
}

pub(crate) async fn get(
    pool: &Pool,
    limit: Duration,
    address: &Address,
) -> Result<Option<Record>, Error> {
    let rows = query(pool, limit, GET, &[&address.as_bytes().as_slice()]).await?;
    rows.first().map(rows::record).transpose()
}

pub(crate) async fn get_many(
    pool: &Pool,
    limit: Duration,
    addresses: &[Address],
) -> Result<Vec<Option<Record>>, Error> {
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<&[u8]> = addresses
        .iter()
        .map(|one| one.as_bytes().as_slice())
        .collect();
    let mut found = BTreeMap::new();
    for row in query(pool, limit, GET_MANY, &[&asked]).await? {
        let record = rows::record(&row)?;
        found.insert(record.address(), record);
    }
    let answers = addresses.iter();
    Ok(answers.map(|address| found.get(address).cloned()).collect())
}

pub(crate) async fn page(
    pool: &Pool,
    limit: Duration,
    after: Option<&Address>,
    most: usize,
) -> Result<Vec<Record>, Error> {
    let page = Page::after(after, most);
    let found = query(pool, limit, Page::STATEMENT, &page.as_sql()).await?;
    Page::fill(&found, most)
}

/// The bytes of the table with all that belongs to it, in partitions or not.
const SIZE: &str = "SELECT coalesce( \
    (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('tki_records') WHERE isleaf), \
    pg_total_relation_size('tki_records'))::bigint";

pub(crate) async fn size(pool: &Pool, limit: Duration) -> Result<u64, Error> {
    let rows = query(pool, limit, SIZE, &[]).await?;
    let size: Option<i64> = match rows.first() {
        Some(row) => row
            .try_get(0)
            .map_err(|error| Error::Backend(error.into()))?,
        None => None,
    };
    Ok(size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0))
}

/// The rows of one statement, by whatever connection.
pub(crate) async fn query(
    pool: &Pool,
    limit: Duration,
    statement: &str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>, Error> {
    let mut attempt: usize = 1;
    loop {
        match ask(pool, limit, statement, parameters).await {
            Ok(rows) => return Ok(rows),
            Err(Failure::Passing(_)) if attempt < ATTEMPTS => forget_idle(pool),
            Err(failure) => return Err(failure.into_error()),
        }
        attempt = attempt.saturating_add(1);
    }
}

async fn ask(
    pool: &Pool,
    limit: Duration,
    statement: &str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>, Failure> {
    let client = pool.get().await?;
    let work = async {
        let statement = client.prepare_cached(statement).await?;
        client.query(&statement, parameters).await
    };
    match timeout(limit, work).await {
        Ok(answer) => Ok(answer?),
        Err(_) => {
            // Nobody else shall wait for the answer to this.
            drop(Client::take(client));
            Err(no_answer().into())
        }
    }
}
