//! The suite of every backend.

use std::sync::Arc;

use tempfile::tempdir;
use tki_storage::conformance;
use tki_storage_redb::RedbStorage;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_file_passes() {
    let folder = tempdir().unwrap();
    let storage = RedbStorage::open(&folder.path().join("records")).unwrap();
    conformance::check_all(Arc::new(storage), &mut tki_testkit::rng("redb passes")).await;
}

#[tokio::test]
async fn the_file_passes_on_one_thread() {
    let folder = tempdir().unwrap();
    let storage = RedbStorage::open(&folder.path().join("records")).unwrap();
    conformance::check_all(Arc::new(storage), &mut tki_testkit::rng("redb passes")).await;
}

#[tokio::test]
async fn the_file_passes_the_restart() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let open = || RedbStorage::open(&path).unwrap();
    conformance::check_restart(open, &mut tki_testkit::rng("redb restart")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_file_can_be_looked_through() {
    let folder = tempdir().unwrap();
    let storage = RedbStorage::open(&folder.path().join("records")).unwrap();
    conformance::check_browse(Arc::new(storage), &mut tki_testkit::rng("redb pages")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_file_has_snapshots() {
    let folder = tempdir().unwrap();
    let storage = RedbStorage::open(&folder.path().join("records")).unwrap();
    conformance::check_snapshot(Arc::new(storage), &mut tki_testkit::rng("redb snapshots")).await;
}
