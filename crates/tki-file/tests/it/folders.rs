//! Folders that are to be new, their names, and what dead writers left in them.

use std::fs;

use tempfile::tempdir;
use tki_file::{Error, create_new_folder, rename_folder, sync_parent, target_of_temporary};

#[test]
fn a_new_folder_is_new_and_for_its_owner_alone() {
    let around = tempdir().unwrap();
    let path = around.path().join("new");
    create_new_folder(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let link = around.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert!(matches!(
            create_new_folder(&link),
            Err(Error::AlreadyExists)
        ));
    }
    assert!(matches!(
        create_new_folder(&path),
        Err(Error::AlreadyExists)
    ));
    assert!(create_new_folder(&around.path().join("none/new")).is_err());
}

#[test]
fn a_folder_is_renamed_whole_and_replaces_nothing_that_holds_something() {
    let around = tempdir().unwrap();
    let [from, to, file] = ["from", "to", "file"].map(|name| around.path().join(name));
    create_new_folder(&from).unwrap();
    fs::write(from.join("inside"), b"x").unwrap();
    create_new_folder(&to).unwrap();
    fs::write(to.join("other"), b"y").unwrap();
    fs::write(&file, b"z").unwrap();
    for taken in [&to, &file] {
        let error = rename_folder(&from, taken).unwrap_err();
        assert!(!error.is_outcome_unknown());
        assert!(from.join("inside").exists() && to.join("other").exists());
    }
    let free = around.path().join("free");
    rename_folder(&from, &free).unwrap();
    sync_parent(&free).unwrap();
    assert!(free.join("inside").exists() && !from.exists());
    assert!(sync_parent(&around.path().join("none/name")).is_err());
}

#[test]
fn a_temporary_file_tells_whose_it_is() {
    for (name, target) in [
        (".file.12-0.tmp", Some("file")),
        (".a.b.txt.1-22.tmp", Some("a.b.txt")),
        ("file", None),
        ("file.12-0.tmp", None),
        (".file.12.tmp", None),
        (".file.-0.tmp", None),
        (".file.12-x.tmp", None),
        (".file.12-0", None),
        ("..12-0.tmp", None),
    ] {
        assert_eq!(target_of_temporary(name), target, "{name}");
    }
}
