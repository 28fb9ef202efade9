//! A server that is gone, and comes back.

use std::sync::Arc;

use tki_record::Record;
use tki_storage::{Browse, Error, Outage, Storage, conformance};
use tki_storage_postgres::PostgresStorage;
use tokio::sync::Notify;

use crate::cluster::{Cluster, Database, open, options};
use crate::owner::{Owner, commit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_gone_is_unreachable_and_found_again() {
    let Some(cluster) = Cluster::new() else {
        return;
    };
    let database = Database::of(&cluster.url, "outage").await;
    let storage = database.storage("").await;
    let owner = Owner::new("outage");
    let first = owner.first(0);
    storage
        .commit(&commit(core::slice::from_ref(&first)))
        .await
        .unwrap();
    cluster.kill();

    conformance::check_outage(&storage, &mut tki_testkit::rng("outage")).await;
    let error = storage.get(&first.address()).await.unwrap_err();
    assert!(
        matches!(error, Error::Unavailable(Outage::Unreachable)),
        "{error:?}"
    );
    let error = PostgresStorage::open(&options(&database.url("")))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Unavailable(Outage::Unreachable)),
        "{error:?}"
    );

    cluster.start_again();
    // The same storage goes on.
    assert_eq!(
        storage.get(&first.address()).await.unwrap(),
        Some(first.clone())
    );
    let next = first.next(vec![1], &owner.writer, None).unwrap();
    storage.commit(&commit(&[next])).await.unwrap();
}

/// Connections that end between two calls are nobody's error.
#[tokio::test]
async fn connections_that_were_ended_are_replaced() {
    let Some(database) = Database::new("ended").await else {
        return;
    };
    let storage = database.storage("").await;
    let owner = Owner::new("ended");
    let mut record = owner.first(0);
    storage
        .commit(&commit(core::slice::from_ref(&record)))
        .await
        .unwrap();
    for _ in 0..5 {
        let end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        database.execute(end).await;
        record = record.next(vec![1], &owner.writer, None).unwrap();
        storage
            .commit(&commit(core::slice::from_ref(&record)))
            .await
            .unwrap();
        database.execute(end).await;
        let found = storage.get(&record.address()).await.unwrap();
        assert_eq!(found.as_ref(), Some(&record));
    }
}

/// What is left of a snapshot whose connection ended is never taken for all of it.
#[tokio::test]
async fn a_snapshot_that_was_ended_does_not_end_as_if_it_were_whole() {
    let Some(database) = Database::new("snapshot").await else {
        return;
    };
    let storage = database.storage("").await;
    let owner = Owner::new("snapshot");
    let records: Vec<Record> = (0..4).map(|slot| owner.first(slot)).collect();
    storage.commit(&commit(&records)).await.unwrap();
    let mut snapshot = storage.snapshot().await.unwrap();
    assert_eq!(snapshot.next(2).await.unwrap().len(), 2);
    let end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.execute(end).await;
    for _ in 0..2 {
        let error = snapshot.next(2).await.unwrap_err();
        assert!(
            matches!(error, Error::Unavailable(Outage::Unreachable)),
            "{error:?}"
        );
    }
}

/// Under load: what was accepted is there, and what was not is there as a whole or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_server_keeps_what_it_accepted() {
    let Some(cluster) = Cluster::new() else {
        return;
    };
    let database = Database::of(&cluster.url, "killed").await;
    database.migrated().await;
    for round in 0..3 {
        let storage = Arc::new(open(&database.url("acquire_timeout=1")).await);
        let enough = Arc::new(Notify::new());
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let (storage, enough) = (Arc::clone(&storage), Arc::clone(&enough));
                let owner = Owner::new(&format!("killed {round} {writer}"));
                tokio::spawn(async move { write_until_killed(&*storage, &owner, &enough).await })
            })
            .collect();
        for _ in 0..4 {
            enough.notified().await;
        }
        let cluster = &cluster;
        tokio::task::block_in_place(|| cluster.kill());
        let mut accepted = Vec::new();
        for writer in writers {
            accepted.push(writer.await.unwrap());
        }
        tokio::task::block_in_place(|| cluster.start_again());
        for (records, may_follow) in accepted {
            let addresses = records.each_ref().map(Record::address);
            let found = storage.get_many(&addresses).await.unwrap();
            let versions: Vec<_> = found.iter().flatten().map(Record::version).collect();
            assert_eq!(versions, [versions[0]; 3], "a commit is there in part");
            let possible = records[0].version()..=records[0].version() + u64::from(may_follow);
            assert!(
                possible.contains(&versions[0]),
                "{versions:?} of {possible:?}"
            );
        }
    }
}

/// Changes three records together. The last that were accepted, and whether the next may be there.
async fn write_until_killed(
    storage: &dyn Storage,
    owner: &Owner,
    enough: &Notify,
) -> ([Record; 3], bool) {
    let mut records = [0, 1, 2].map(|slot| owner.first(slot));
    storage.commit(&commit(&records)).await.unwrap();
    loop {
        let next = records
            .each_ref()
            .map(|record| record.next(vec![7; 5000], &owner.writer, None).unwrap());
        match storage.commit(&commit(&next)).await {
            Ok(()) => records = next,
            Err(Error::OutcomeUnknown { .. }) => return (records, true),
            Err(Error::Unavailable(_)) => return (records, false),
            Err(error) => panic!("{error:?}"),
        }
        if records[0].version() == 5 {
            enough.notify_one();
        }
    }
}
