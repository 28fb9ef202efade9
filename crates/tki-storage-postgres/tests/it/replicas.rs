//! A standby is asked only by who wants to.

use tki_storage::{Error, Outage, Storage};
use tki_storage_postgres::PostgresStorage;

use crate::cluster::{Cluster, Database, connect, open, options};
use crate::owner::{Owner, commit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_answers_what_may_be_stale_and_nothing_else() {
    let Some(primary) = Cluster::new() else {
        return;
    };
    let database = Database::of(&primary.url, "replicas").await;
    let storage = database.storage("").await;
    let owner = Owner::new("replicas");
    let first = owner.first(0);
    let address = first.address();
    storage
        .commit(&commit(core::slice::from_ref(&first)))
        .await
        .unwrap();
    let alone = storage.get_stale(&address).await.unwrap_err();
    assert!(matches!(alone, Error::Unsupported), "{alone:?}");

    let standby = primary.standby();
    let place = standby
        .url
        .rsplit_once('@')
        .unwrap()
        .1
        .strip_suffix("/postgres")
        .unwrap();
    // The first of the two answers nothing.
    let storage = open(&database.url(&format!("replica=127.0.0.1:1&replica={place}"))).await;
    for _ in 0..4 {
        let found = storage.get_stale(&address).await.unwrap();
        assert_eq!(found, Some(first.clone()));
    }
    // It stays behind: what it has is old, and what it has not is there.
    stop_following(&standby).await;
    let next = first.next(vec![1], &owner.writer, None).unwrap();
    let second = owner.first(1);
    storage
        .commit(&commit(&[next.clone(), second.clone()]))
        .await
        .unwrap();
    assert_eq!(storage.get_stale(&address).await.unwrap(), Some(first));
    assert_eq!(storage.get_stale(&second.address()).await.unwrap(), None);
    // Nobody else asks it.
    assert_eq!(storage.get(&address).await.unwrap(), Some(next));
    assert_eq!(storage.get(&second.address()).await.unwrap(), Some(second));

    // As a primary it is not accepted.
    let url = database.url("").replace(&primary_place(&primary), place);
    let error = PostgresStorage::open(&options(&url)).await.unwrap_err();
    assert!(
        matches!(error, Error::Unavailable(Outage::ReadOnly)),
        "{error:?}"
    );
    // Without any, that is said.
    drop(standby);
    let error = storage.get_stale(&address).await.unwrap_err();
    assert!(
        matches!(error, Error::Unavailable(Outage::Unreachable)),
        "{error:?}"
    );
}

async fn stop_following(standby: &Cluster) {
    let client = connect(&standby.url).await;
    let pause = "SELECT pg_wal_replay_pause()";
    client.batch_execute(pause).await.unwrap();
    let state = "SELECT pg_get_wal_replay_pause_state()";
    while client
        .query_one(state, &[])
        .await
        .unwrap()
        .get::<_, &str>(0)
        != "paused"
    {}
}

fn primary_place(cluster: &Cluster) -> String {
    let place = cluster.url.rsplit_once('@').unwrap().1;
    place.strip_suffix("/postgres").unwrap().to_owned()
}
