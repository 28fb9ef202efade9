//! The suite of every backend.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use async_trait::async_trait;
use tki_record::{Address, Commit, Record, Restored};
use tki_storage::{Error, Storage, conformance};
use tki_storage_postgres::PostgresStorage;

use crate::cluster::{Cluster, Database, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_database_passes() {
    let Some(database) = Database::new("passes").await else {
        return;
    };
    let storage = Arc::new(database.storage("").await);
    let mut rng = tki_testkit::rng("postgres passes");
    conformance::check_all(storage.clone(), &mut rng).await;
    conformance::check_browse(storage.clone(), &mut rng).await;
    conformance::check_snapshot(storage.clone(), &mut rng).await;
    assert!(storage.size().await.unwrap() > 9 << 20);
}

#[tokio::test]
async fn the_database_passes_on_one_thread_and_two_connections() {
    let Some(database) = Database::new("narrow").await else {
        return;
    };
    let storage = database.storage("connections=2&acquire_timeout=60").await;
    let mut rng = tki_testkit::rng("postgres passes");
    conformance::check_all(Arc::new(storage), &mut rng).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_table_in_partitions_passes() {
    let Some(database) = Database::new("partitions").await else {
        return;
    };
    database
        .execute(include_str!("../../sql/partitions.sql"))
        .await;
    let storage = Arc::new(database.storage("").await);
    let mut rng = tki_testkit::rng("postgres in partitions");
    conformance::check_all(storage.clone(), &mut rng).await;
    conformance::check_browse(storage.clone(), &mut rng).await;
    conformance::check_snapshot(storage.clone(), &mut rng).await;
    assert!(storage.size().await.unwrap() > 9 << 20);
    let client = database.client().await;
    let count = "SELECT count(DISTINCT tableoid), count(*) FROM tki_records";
    let row = client.query_one(count, &[]).await.unwrap();
    let (used, records): (i64, i64) = (row.get(0), row.get(1));
    assert_eq!(used, 16, "{records} records");
}

/// Several servers over one database.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_at_one_database_pass() {
    let Some(database) = Database::new("several").await else {
        return;
    };
    database.migrated().await;
    let mut each = Vec::new();
    for _ in 0..3 {
        each.push(open(&database.url("connections=6")).await);
    }
    let turns = Turns {
        each,
        turn: AtomicUsize::new(0),
    };
    let mut rng = tki_testkit::rng("several");
    conformance::check_all(Arc::new(turns), &mut rng).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_database_passes_the_restart() {
    let Some(cluster) = Cluster::new() else {
        return;
    };
    let database = Database::of(&cluster.url, "restart").await;
    database.migrated().await;
    let mut rng = tki_testkit::rng("postgres restart");
    let reopen = || {
        cluster.kill();
        cluster.start_again();
        let url = database.url("");
        let here = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| here.block_on(open(&url)))
    };
    conformance::check_restart(reopen, &mut rng).await;
}

/// Each call goes to the next one.
struct Turns {
    each: Vec<PostgresStorage>,
    turn: AtomicUsize,
}

impl Turns {
    fn next(&self) -> &PostgresStorage {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.each[turn % self.each.len()]
    }
}

#[async_trait]
impl Storage for Turns {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        self.next().get(address).await
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        self.next().get_many(addresses).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        self.next().commit(commit).await
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        self.next().restore(copies).await
    }
}
