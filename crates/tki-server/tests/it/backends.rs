//! What a server learns from the one storage that it has: how it writes, its connections, its size.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::sync::Arc;

use http::StatusCode;
use tki_server::backend::{Backend, StorageUrl};
use tki_server::{App, Config};
use tki_storage_http::wire::Kind;

use crate::asking::{Owner, app, commit, get, is, of_kind, path, problem};

/// A server of this storage, which is asked for its counts.
async fn over(url: &StorageUrl) -> (Arc<App>, Backend) {
    limited(url, None).await
}

/// One that may have so many bytes.
async fn limited(url: &StorageUrl, most: Option<u64>) -> (Arc<App>, Backend) {
    let backend = url.open().await.unwrap();
    let mut config = Config::new(url.clone());
    config.max_storage = most;
    let app = app(config, backend.storage.clone());
    backend.count(&app.metrics());
    (app, backend)
}

/// The number behind this name.
fn number(app: &App, name: &str) -> u64 {
    let text = app.metrics().text();
    let found = text.lines().find_map(|line| line.strip_prefix(name));
    found
        .unwrap_or_else(|| panic!("{name}\n{text}"))
        .trim()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn how_many_commits_share_a_sync_of_the_disk_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let url = StorageUrl::Redb(folder.path().join("records.redb"));
    let (app, _backend) = over(&url).await;
    let mut rng = tki_testkit::rng("shared syncs");
    let first = Owner::new(&mut rng).first(b"body");
    let first = core::slice::from_ref(&first);
    is(&commit(&app, first).await, StatusCode::NO_CONTENT);
    // What is refused writes nothing.
    is(&commit(&app, first).await, StatusCode::CONFLICT);
    for _ in 0..2 {
        assert_eq!(number(&app, "tki_server_storage_writes_total"), 1);
        assert_eq!(number(&app, "tki_server_storage_durable_writes_total"), 1);
    }
    let mut commits = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (app, record) = (Arc::clone(&app), Owner::new(&mut rng).first(b"body"));
        commits.spawn(async move { commit(&app, &[record]).await });
    }
    for answer in commits.join_all().await {
        is(&answer, StatusCode::NO_CONTENT);
    }
    assert_eq!(number(&app, "tki_server_storage_writes_total"), 51);
    let syncs = number(&app, "tki_server_storage_durable_writes_total");
    assert!((2..=51).contains(&syncs), "{syncs}");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn the_connections_to_the_database_are_counted() {
    let Some(url) = crate::databases::database("connections").await else {
        return;
    };
    let url = format!("{url}?connections=3").parse().unwrap();
    let (app, backend) = over(&url).await;
    let state = |state| {
        number(
            &app,
            &format!("tki_server_storage_connections{{state=\"{state}\"}}"),
        )
    };
    assert_eq!(number(&app, "tki_server_storage_connections_limit"), 3);
    assert_eq!((state("idle"), state("used")), (1, 0));
    let snapshot = backend.storage.snapshot().await.unwrap();
    assert_eq!((state("idle"), state("used")), (0, 1));
    drop(snapshot);
    assert_eq!(number(&app, "tki_server_storage_connections_waiting"), 0);
    // Nothing of it is said of a file.
    assert_eq!(number(&app, "tki_server_storage_writes_total"), 0);
}

/// The storage is full at its size, and no longer when it may be larger; what is there can be read.
async fn check_limit(url: &StorageUrl) {
    let mut rng = tki_testkit::rng("as much as it may");
    let records: [_; 3] = core::array::from_fn(|_| Owner::new(&mut rng).first(&[7; 60_000]));
    let (app, backend) = over(url).await;
    is(&commit(&app, &records[..1]).await, StatusCode::NO_CONTENT);
    let size = backend.size().await.unwrap().unwrap();
    assert!(size > 60_000, "{size}");
    drop((app, backend));

    let (app, backend) = limited(url, Some(60_000)).await;
    backend.check_size(&app).await.unwrap();
    let refused = problem(commit(&app, &records[1..2]).await).await;
    let refused = of_kind(refused, Kind::Unavailable);
    assert_eq!(refused.outage.as_deref(), Some("disk-full"));
    is(&get(&app, &path(&records[0])).await, StatusCode::OK);
    drop((app, backend));

    let (app, backend) = limited(url, Some(100 << 20)).await;
    backend.check_size(&app).await.unwrap();
    is(&commit(&app, &records[1..2]).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_file_takes_as_many_bytes_as_it_may() {
    let folder = tempfile::tempdir().unwrap();
    check_limit(&StorageUrl::Redb(folder.path().join("records.redb"))).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_database_takes_as_many_bytes_as_it_may() {
    if let Some(url) = crate::databases::database("limit").await {
        check_limit(&url.parse().unwrap()).await;
    }
}
