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

/// Of the following rows those with which the bytes of the page stay below a number.
const PAGE: &str = "\
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
    // Nothing is before every address.
    let after = after.map_or(&[][..], |after| after.as_bytes());
    let rows = i64::try_from(page_limit(most)).unwrap_or(i64::MAX);
    let bytes = i64::try_from(MAX_PAGE_BYTES).unwrap_or(i64::MAX);
    let found = query(pool, limit, PAGE, &[&after, &rows, &bytes]).await?;
    fill_page(found.iter().map(rows::record), most)
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
