//! The lock: one holder, released when dropped.

use tempfile::tempdir;
use tki_file::{Error, Lock, Operation};

#[test]
fn a_held_lock_is_refused_at_once_and_free_after_drop() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("lock");
    let held = Lock::try_acquire(&path).unwrap().unwrap();
    assert!(Lock::try_acquire(&path).unwrap().is_none());
    drop(held);
    assert!(Lock::try_acquire(&path).unwrap().is_some());
}

#[test]
fn a_lock_in_a_missing_folder_is_an_error() {
    let folder = tempdir().unwrap();
    let error = Lock::try_acquire(&folder.path().join("missing/lock")).unwrap_err();
    assert!(matches!(
        error,
        Error::Io {
            operation: Operation::Lock,
            ..
        }
    ));
}
