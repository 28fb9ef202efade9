//! Others who hold rows, or wait for them.

use core::pin::pin;

use futures_util::future::{Either, select};
use tki_record::Record;
use tki_storage::{Error, Outage, Storage};
use tokio_postgres::Client;

use crate::cluster::Database;
use crate::owner::{Owner, commit};

const LOCK: &str = "SELECT 1 FROM tki_records WHERE address = $1 FOR UPDATE";

async fn lock(client: &Client, record: &Record) -> Result<(), tokio_postgres::Error> {
    let address = record.address().to_bytes();
    client.query(LOCK, &[&address.as_slice()]).await.map(drop)
}

/// Returns when somebody else waits for a lock.
async fn until_one_waits(client: &Client) {
    let waiting = "SELECT count(*) FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    loop {
        let row = client.query_one(waiting, &[]).await.unwrap();
        if row.get::<_, i64>(0) > 0 {
            return;
        }
    }
}

/// Two records in the order of their addresses, stored; and their next versions.
async fn two(storage: &dyn Storage, owner: &Owner) -> (Vec<Record>, Vec<Record>) {
    let mut records = vec![owner.first(0), owner.first(1)];
    records.sort_by_key(Record::address);
    storage.commit(&commit(&records)).await.unwrap();
    let next = records
        .iter()
        .map(|one| one.next(vec![1], &owner.writer, None).unwrap());
    let next = next.collect();
    (records, next)
}

/// Somebody who takes rows in another order than we do.
#[tokio::test]
async fn a_deadlock_is_tried_again() {
    let Some(database) = Database::new("deadlock").await else {
        return;
    };
    let set = format!(
        "ALTER DATABASE {} SET deadlock_timeout = '3s'",
        database.name
    );
    database.execute(&set).await;
    let storage = database.storage("").await;
    let (records, next) = two(&storage, &Owner::new("deadlock")).await;
    // Of the two that wait for each other the one ends that looks: the other does not in time.
    let other = database.client().await;
    other
        .batch_execute("SET deadlock_timeout = '1h'; BEGIN")
        .await
        .unwrap();
    lock(&other, &records[1]).await.unwrap();
    let watching = database.client().await;
    let both = commit(&next);
    let writing = storage.commit(&both);
    let taking = async {
        until_one_waits(&watching).await;
        // Ours has the first row, and waits for the second.
        lock(&other, &records[0]).await.unwrap();
        other.batch_execute("COMMIT").await.unwrap();
    };
    let (written, ()) = futures_util::future::join(writing, taking).await;
    written.unwrap();
    let found = storage.get(&next[1].address()).await.unwrap();
    assert_eq!(found.as_ref(), Some(&next[1]));
}

#[tokio::test]
async fn who_waits_too_long_is_told_that_it_is_busy() {
    let Some(database) = Database::new("too_long").await else {
        return;
    };
    let storage = database.storage("lock_timeout=1").await;
    let (records, next) = two(&storage, &Owner::new("too long")).await;
    let other = database.client().await;
    other.batch_execute("BEGIN").await.unwrap();
    lock(&other, &records[1]).await.unwrap();
    let error = storage.commit(&commit(&next)).await.unwrap_err();
    assert!(
        matches!(error, Error::Unavailable(Outage::Busy)),
        "{error:?}"
    );
    assert!(error.is_retryable());
    let found = storage.get(&records[0].address()).await.unwrap();
    assert_eq!(found.as_ref(), Some(&records[0]), "reads do not wait");
    other.batch_execute("ROLLBACK").await.unwrap();
    storage.commit(&commit(&next)).await.unwrap();
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up() {
    let Some(database) = Database::new("statement").await else {
        return;
    };
    let storage = database.storage("statement_timeout=1").await;
    let (records, _) = two(&storage, &Owner::new("statement")).await;
    let other = database.client().await;
    other
        .batch_execute("BEGIN; LOCK TABLE tki_records")
        .await
        .unwrap();
    let error = storage.get(&records[0].address()).await.unwrap_err();
    assert!(
        matches!(error, Error::Unavailable(Outage::Busy)),
        "{error:?}"
    );
    other.batch_execute("ROLLBACK").await.unwrap();
    storage.get(&records[0].address()).await.unwrap();
}

#[tokio::test]
async fn who_gets_no_connection_is_told_that_it_is_busy() {
    let Some(database) = Database::new("no_connection").await else {
        return;
    };
    let storage = database.storage("connections=1&acquire_timeout=1").await;
    let (records, next) = two(&storage, &Owner::new("no connection")).await;
    let other = database.client().await;
    other.batch_execute("BEGIN").await.unwrap();
    lock(&other, &records[0]).await.unwrap();
    let both = commit(&next);
    let address = records[0].address();
    let error = match select(pin!(storage.commit(&both)), pin!(storage.get(&address))).await {
        Either::Right((answer, _commit)) => answer.unwrap_err(),
        Either::Left((answer, _)) => panic!("{answer:?}"),
    };
    assert!(
        matches!(error, Error::Unavailable(Outage::Busy)),
        "{error:?}"
    );
}

/// A commit that is given up in the middle by who asked for it holds nothing, and nobody else gets
/// its connection.
#[tokio::test]
async fn a_commit_that_is_given_up_leaves_nothing_behind() {
    let Some(database) = Database::new("given_up").await else {
        return;
    };
    let storage = database
        .storage("connections=1&idle_in_transaction_timeout=3600")
        .await;
    let (records, next) = two(&storage, &Owner::new("given up")).await;
    let other = database.client().await;
    other.batch_execute("BEGIN").await.unwrap();
    lock(&other, &records[1]).await.unwrap();
    let watching = database.client().await;
    let both = commit(&next);
    match select(
        pin!(storage.commit(&both)),
        pin!(until_one_waits(&watching)),
    )
    .await
    {
        Either::Right(((), _given_up)) => {}
        Either::Left((answer, _)) => panic!("{answer:?}"),
    }
    other.batch_execute("ROLLBACK").await.unwrap();
    // Its rows are free, although nobody uses the storage.
    let wait = "SET lock_timeout = '10s'";
    other.batch_execute(wait).await.unwrap();
    lock(&other, &records[0]).await.unwrap();
    lock(&other, &records[1]).await.unwrap();
    let addresses = [records[0].address(), records[1].address()];
    let found = storage.get_many(&addresses).await.unwrap();
    assert_eq!(found, records.into_iter().map(Some).collect::<Vec<_>>());
    storage.commit(&both).await.unwrap();
}

/// Of two who create the same at the same time, the second learns what is there.
#[tokio::test]
async fn who_creates_second_is_in_conflict() {
    let Some(database) = Database::new("created").await else {
        return;
    };
    let storage = database.storage("").await;
    let owner = Owner::new("created");
    let records: Vec<Record> = (0..3).map(|slot| owner.first(slot)).collect();
    let contested = &records[1];
    let other = database.client().await;
    other.batch_execute("BEGIN").await.unwrap();
    let insert = "INSERT INTO tki_records (address, header, body) VALUES ($1, $2, $3)";
    let (address, header) = (contested.address().to_bytes(), contested.header().encode());
    other
        .execute(insert, &[&address.as_slice(), &header, &contested.body()])
        .await
        .unwrap();
    let watching = database.client().await;
    let all = commit(&records);
    let committing = async {
        until_one_waits(&watching).await;
        other.batch_execute("COMMIT").await.unwrap();
    };
    let (answer, ()) = futures_util::future::join(storage.commit(&all), committing).await;
    assert!(
        matches!(&answer, Err(Error::Conflict { address, found: Some(0) })
            if *address == contested.address()),
        "{answer:?}"
    );
    assert_eq!(storage.get(&records[0].address()).await.unwrap(), None);
    assert_eq!(storage.get(&records[2].address()).await.unwrap(), None);
}
