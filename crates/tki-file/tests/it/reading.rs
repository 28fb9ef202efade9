//! Reading: absence, limits, content.

use std::fs;

use tempfile::tempdir;
use tki_file::{Error, Operation, read};

#[test]
fn a_missing_file_is_none() {
    let folder = tempdir().unwrap();
    assert_eq!(read(&folder.path().join("nothing"), 10).unwrap(), None);
    assert_eq!(
        read(&folder.path().join("no folder/nothing"), 10).unwrap(),
        None
    );
}

#[test]
fn the_limit_is_the_largest_length_that_is_read() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, [7; 10]).unwrap();
    assert_eq!(read(&path, 10).unwrap(), Some(vec![7; 10]));
    assert!(matches!(read(&path, 9), Err(Error::TooLarge { limit: 9 })));
    assert_eq!(read(&path, u64::MAX).unwrap(), Some(vec![7; 10]));
}

#[test]
fn an_empty_file_is_not_absent() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, []).unwrap();
    assert_eq!(read(&path, 0).unwrap(), Some(Vec::new()));
}

#[test]
fn a_folder_is_an_error_not_an_absence() {
    let folder = tempdir().unwrap();
    // Whatever the limit: its length on the disk is not the one of a content.
    for limit in [0, 1 << 20] {
        let error = read(folder.path(), limit).unwrap_err();
        assert!(matches!(
            error,
            Error::Io {
                operation: Operation::Open,
                ..
            }
        ));
    }
}

/// A device has no length, but the limit holds.
#[cfg(unix)]
#[test]
fn an_endless_file_ends_at_the_limit() {
    let path = std::path::Path::new("/dev/zero");
    assert!(matches!(
        read(path, 1000),
        Err(Error::TooLarge { limit: 1000 })
    ));
}
