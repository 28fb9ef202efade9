//! A commit as somebody would write it who needs no signatures: the statements of
//! `tki-storage-postgres`, over a pool of as many connections, and nothing else.

use core::str::FromStr as _;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use futures_util::future::join;
use tki_record::Record;
use tokio_postgres::{Config, NoTls};

use super::commits::Chain;
use super::drive::Client;
use super::records::Account;
use crate::Failure;

/// As many connections as the storage has, unless it is told otherwise.
const CONNECTIONS: usize = 16;

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

const LOCK: &str = "SELECT address, header FROM tki_records WHERE address = ANY($1) \
    ORDER BY address FOR NO KEY UPDATE";

const CHANGE: &str = "UPDATE tki_records AS stored SET header = new.header, body = new.body \
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS new (address, header, body) \
    WHERE stored.address = new.address";

pub(crate) fn pool(url: &str) -> Result<Pool, Failure> {
    let how = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(Config::from_str(url)?, NoTls, how);
    Ok(Pool::builder(manager).max_size(CONNECTIONS).build()?)
}

/// The columns of some rows.
pub(crate) struct Rows {
    addresses: Vec<Vec<u8>>,
    headers: Vec<Vec<u8>>,
    bodies: Vec<Vec<u8>>,
}

impl Rows {
    fn of(account: &Account) -> Self {
        let records = || account.records.iter();
        Self {
            addresses: records()
                .map(|one| one.address().to_bytes().into())
                .collect(),
            headers: records().map(|one| one.header().encode()).collect(),
            bodies: records().map(Record::body).map(Vec::from).collect(),
        }
    }
}

/// One who changes the rows of an account of his own.
pub(crate) struct ByHand {
    pool: Pool,
    chain: Chain<Rows>,
}

impl ByHand {
    pub(crate) const fn new(pool: Pool, chain: Chain<Rows>) -> Self {
        Self { pool, chain }
    }
}

impl Client for ByHand {
    fn prepare(&mut self) -> Result<(), Failure> {
        self.chain.prepare(Rows::of)
    }

    async fn ask(&mut self) -> Result<bool, Failure> {
        let Some(rows) = self.chain.next() else {
            return Ok(false);
        };
        let client = self.pool.get().await?;
        let lock = client.prepare_cached(LOCK).await?;
        let begin = client.batch_execute(BEGIN);
        let (begun, found) = join(begin, client.query(&lock, &[&rows.addresses])).await;
        begun?;
        let change = client.prepare_cached(CHANGE).await?;
        let columns: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&rows.addresses, &rows.headers, &rows.bodies];
        let changed = client.execute(&change, &columns).await?;
        if found?.len() != rows.addresses.len() || usize::try_from(changed)? != rows.addresses.len()
        {
            return Err("a row is not there".into());
        }
        client.batch_execute("COMMIT").await?;
        Ok(true)
    }
}
