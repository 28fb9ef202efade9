//! The file: who may read it, who may open it, what can stand in its way.

use std::fs;

use tempfile::tempdir;
use tki_storage::{Error, Outage, Storage};
use tki_storage_redb::RedbStorage;

use crate::owner::{Owner, commit};

#[test]
fn a_file_in_use_is_busy_and_free_after_drop() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let first = RedbStorage::open(&path).unwrap();
    let busy = RedbStorage::open(&path).unwrap_err();
    assert!(matches!(busy, Error::Unavailable(Outage::Busy)), "{busy:?}");
    assert!(busy.is_retryable());
    drop(first);
    RedbStorage::open(&path).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let storage = RedbStorage::open(&path).unwrap();
    storage
        .commit(&commit(&[Owner::new("mode").first(0)]))
        .await
        .unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // Nothing else appears beside it.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_that_is_missing_is_an_error() {
    let folder = tempdir().unwrap();
    let error = RedbStorage::open(&folder.path().join("missing/records")).unwrap_err();
    assert!(matches!(error, Error::Backend(_)), "{error:?}");
}

/// A read leaves no trace: an account that does not exist yet costs no write.
#[tokio::test]
async fn reading_a_new_file_finds_nothing() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    for _ in 0..2 {
        let storage = RedbStorage::open(&path).unwrap();
        let address = Owner::new("new file").first(0).address();
        assert_eq!(storage.get(&address).await.unwrap(), None);
    }
}

/// Whatever stands in the way of creating it, a file is there as a whole or empty.
#[test]
fn a_creation_that_fails_leaves_nothing_half_made() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    fs::create_dir(folder.path().join("records.new")).unwrap();
    RedbStorage::open(&path).unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), b"");
    fs::remove_dir(folder.path().join("records.new")).unwrap();
    RedbStorage::open(&path).unwrap();
    assert_ne!(fs::read(&path).unwrap(), b"");
}

#[test]
fn a_file_that_is_being_created_is_busy() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let creating = fs::File::create(&path).unwrap();
    creating.lock().unwrap();
    let busy = RedbStorage::open(&path).unwrap_err();
    assert!(matches!(busy, Error::Unavailable(Outage::Busy)), "{busy:?}");
    drop(creating);
    RedbStorage::open(&path).unwrap();
}

/// Several that want to be first: one at a time, and nothing that one has committed is undone by
/// another's creation.
#[test]
fn creations_at_the_same_time_end_in_one_file() {
    let owner = Owner::new("creations");
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
    };
    for _ in 0..10 {
        let folder = tempdir().unwrap();
        let path = folder.path().join("records");
        std::thread::scope(|scope| {
            for slot in 0..4 {
                let (owner, path) = (&owner, &path);
                scope.spawn(move || {
                    let storage = loop {
                        match RedbStorage::open(path) {
                            Ok(storage) => break storage,
                            Err(Error::Unavailable(Outage::Busy)) => std::thread::yield_now(),
                            Err(error) => panic!("{error:?}"),
                        }
                    };
                    let record = owner.first(slot);
                    runtime()
                        .block_on(storage.commit(&commit(&[record])))
                        .unwrap();
                });
            }
        });
        assert_eq!(RedbStorage::check(&path).unwrap().records, 4);
    }
}
