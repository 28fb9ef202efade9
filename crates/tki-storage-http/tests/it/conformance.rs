//! The suite that every backend passes, through a server, over each backend.

use alloc::sync::Arc;

use tempfile::tempdir;
use tki_storage::{KeepsHistory, MemoryStorage, Retention, Storage, conformance};
use tki_storage_http::HttpStorage;
use tki_storage_postgres::{PostgresOptions, PostgresStorage};
use tki_storage_redb::RedbStorage;

use crate::served::Server;

async fn conforms(storage: Arc<dyn Storage>, name: &str) {
    let server = Server::start(storage).await;
    let client = Arc::new(server.client().await);
    conformance::check_all(client, &mut tki_testkit::rng(name)).await;
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn http_over_memory_conforms() {
    conforms(Arc::new(MemoryStorage::new()), "http over memory").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn http_over_redb_conforms() {
    let folder = tempdir().unwrap();
    let storage = RedbStorage::open(&folder.path().join("records")).unwrap();
    conforms(Arc::new(storage), "http over redb").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that is skipped says why"
)]
async fn http_over_postgres_conforms() {
    let Ok(url) = std::env::var("TKI_TEST_POSTGRES") else {
        println!("skipped, because TKI_TEST_POSTGRES is not set: xtask/setup/postgres.sh");
        return;
    };
    let options = PostgresOptions::parse(&url).unwrap();
    PostgresStorage::migrate(&options).await.unwrap();
    let storage = PostgresStorage::open(&options).await.unwrap();
    // A database is kept between runs: each has records of its own.
    let folder = tempdir().unwrap();
    conforms(Arc::new(storage), &folder.path().display().to_string()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn http_2_from_the_first_byte_conforms() {
    let server = Server::start(Arc::new(MemoryStorage::new())).await;
    let client = HttpStorage::builder(&server.url())
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let client = Arc::new(client.connect().await.unwrap());
    conformance::check_all(client, &mut tki_testkit::rng("http/2")).await;
    server.end().await;
}

/// What is kept is there when another server serves it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_stored_outlives_the_server() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let owner = crate::script::record("kept");
    for round in 0..3 {
        let server = Server::start(Arc::new(RedbStorage::open(&path).unwrap())).await;
        let client = server.client().await;
        let stored = client.get(&owner.address()).await.unwrap();
        assert_eq!(stored.is_some(), round > 0);
        if round == 0 {
            let commit = tki_record::Commit::new(vec![owner.clone()]).unwrap();
            client.commit(&commit).await.unwrap();
        } else {
            assert_eq!(stored.as_ref(), Some(&owner));
        }
        drop(client);
        server.end().await;
    }
}

#[tokio::test]
async fn a_server_that_takes_no_copies_says_so() {
    let server = Server::with(Arc::new(MemoryStorage::new()), |config| {
        config.restores = false;
    })
    .await;
    let client = server.client().await;
    assert!(!client.version().await.unwrap().limits.restores);
    for copies in [vec![], vec![crate::script::record("copy")]] {
        let answer = client.restore(&copies).await;
        assert!(
            matches!(answer, Err(tki_storage::Error::Unsupported)),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn what_a_server_keeps_is_asked_once_and_said_again_when_it_is_gone() {
    let server = Server::start(Arc::new(MemoryStorage::new())).await;
    let unasked = HttpStorage::builder(&server.url()).build().unwrap();
    let client = server.client().await;
    assert_eq!(client.retention().keeps, KeepsHistory::No);
    server.end().await;
    assert_eq!(client.retention().keeps, KeepsHistory::No);
    assert_eq!(unasked.retention(), Retention::unknown());
}
