//! Writing: the content, what is left behind, what is refused.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tempfile::tempdir;
use tki_file::{Error, Operation, Replacement, create_folder, read, remove, write, write_new};

const LIMIT: u64 = 1 << 20;

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn content_is_replaced_and_nothing_else_is_left() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file");
    for content in [b"one".as_slice(), b"", b"a longer third"] {
        write(&path, content).unwrap();
        assert_eq!(read(&path, LIMIT).unwrap().unwrap(), content);
        assert_eq!(names(folder.path()), BTreeSet::from(["file".to_owned()]));
    }
}

#[test]
fn a_file_written_piece_by_piece_is_there_when_it_is_finished() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file");
    write(&path, b"old").unwrap();
    let mut replacement = Replacement::begin(&path).unwrap();
    replacement.append(b"ne").unwrap();
    replacement.append(b"w").unwrap();
    assert_eq!(read(&path, LIMIT).unwrap().unwrap(), b"old");
    replacement.finish().unwrap();
    assert_eq!(read(&path, LIMIT).unwrap().unwrap(), b"new");
    assert_eq!(names(folder.path()), BTreeSet::from(["file".to_owned()]));
}

#[test]
fn a_file_that_is_not_finished_is_as_it_was() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file");
    write(&path, b"old").unwrap();
    let mut replacement = Replacement::begin(&path).unwrap();
    replacement.append(b"new").unwrap();
    drop(replacement);
    assert_eq!(read(&path, LIMIT).unwrap().unwrap(), b"old");
    assert_eq!(names(folder.path()), BTreeSet::from(["file".to_owned()]));
}

#[test]
fn a_new_file_never_replaces() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file");
    write_new(&path, b"first").unwrap();
    assert!(matches!(
        write_new(&path, b"second"),
        Err(Error::AlreadyExists)
    ));
    assert_eq!(read(&path, LIMIT).unwrap().unwrap(), b"first");
    assert_eq!(names(folder.path()), BTreeSet::from(["file".to_owned()]));
}

#[test]
fn of_many_writers_of_a_new_file_one_wins_whole() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file");
    let wins: usize = std::thread::scope(|scope| {
        let path = &path;
        let writers: Vec<_> = (0u8..16)
            .map(|writer| {
                scope.spawn(move || match write_new(path, &[writer; 4096]) {
                    Ok(()) => 1,
                    Err(Error::AlreadyExists) => 0,
                    Err(error) => panic!("{error:?}"),
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .sum()
    });
    assert_eq!(wins, 1);
    let content = read(&path, LIMIT).unwrap().unwrap();
    assert_eq!(content, [content[0]; 4096]);
}

#[test]
fn readers_see_whole_contents_only() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file");
    write(&path, &[0; 8192]).unwrap();
    std::thread::scope(|scope| {
        let path = &path;
        for writer in 1u8..=4 {
            scope.spawn(move || {
                for _ in 0..16 {
                    write(path, &[writer; 8192]).unwrap();
                }
            });
        }
        for _ in 0..200 {
            let content = read(path, LIMIT).unwrap().unwrap();
            assert_eq!(content, [content[0]; 8192]);
        }
    });
    assert_eq!(names(folder.path()), BTreeSet::from(["file".to_owned()]));
}

#[test]
fn what_a_dead_writer_left_goes_with_the_next_write_of_the_same_file() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(folder.path().join(".file.1-0.tmp"), b"half a secret").unwrap();
    fs::write(folder.path().join(".other.1-0.tmp"), b"not ours").unwrap();
    write(&path, b"whole").unwrap();
    assert_eq!(
        names(folder.path()),
        BTreeSet::from([".other.1-0.tmp".to_owned(), "file".to_owned()])
    );
}

#[test]
fn what_a_living_writer_is_writing_stays() {
    let folder = tempdir().unwrap();
    let leftover = folder.path().join(".file.1-0.tmp");
    let living = fs::File::create(&leftover).unwrap();
    living.try_lock().unwrap();
    write(&folder.path().join("file"), b"whole").unwrap();
    assert!(leftover.exists());
}

#[cfg(unix)]
#[test]
fn files_and_folders_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = tempdir().unwrap();
    let home = folder.path().join("a/home");
    create_folder(&home).unwrap();
    assert_eq!(mode(&home), 0o700);
    for file in ["written", "new"] {
        let path = home.join(file);
        if file == "new" {
            write_new(&path, b"x")
        } else {
            write(&path, b"x")
        }
        .unwrap();
        assert_eq!(mode(&path), 0o600);
    }
    // A looser file becomes a strict one.
    let path = home.join("loose");
    fs::write(&path, b"x").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    write(&path, b"y").unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[cfg(unix)]
#[test]
fn a_link_is_replaced_not_followed() {
    let folder = tempdir().unwrap();
    let victim = folder.path().join("victim");
    fs::write(&victim, b"theirs").unwrap();
    let path = folder.path().join("file");
    std::os::unix::fs::symlink(&victim, &path).unwrap();
    assert!(matches!(write_new(&path, b"x"), Err(Error::AlreadyExists)));
    write(&path, b"ours").unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"theirs");
    assert_eq!(fs::read(&path).unwrap(), b"ours");

    let dangling = folder.path().join("dangling");
    std::os::unix::fs::symlink(folder.path().join("nowhere"), &dangling).unwrap();
    assert!(matches!(
        write_new(&dangling, b"x"),
        Err(Error::AlreadyExists)
    ));
}

#[test]
fn removing_says_whether_there_was_a_file() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file");
    assert!(!remove(&path).unwrap());
    write(&path, b"x").unwrap();
    assert!(remove(&path).unwrap());
    assert_eq!(read(&path, LIMIT).unwrap(), None);
}

#[test]
fn a_failed_write_says_that_nothing_changed() {
    let folder = tempdir().unwrap();
    let error = write(&folder.path().join("missing/file"), b"x").unwrap_err();
    assert!(matches!(
        error,
        Error::Io {
            operation: Operation::CreateTemporary,
            ..
        }
    ));
    assert_eq!(error.io_kind(), Some(std::io::ErrorKind::NotFound));
    assert!(!error.is_outcome_unknown());

    // A folder stands where the file should go.
    let path = folder.path().join("taken");
    fs::create_dir(&path).unwrap();
    let error = write(&path, b"x").unwrap_err();
    assert!(matches!(
        error,
        Error::Io {
            operation: Operation::Place,
            ..
        }
    ));
    assert_eq!(names(folder.path()), BTreeSet::from(["taken".to_owned()]));
}

#[test]
fn a_path_without_a_name_is_refused() {
    let error = write(Path::new("/"), b"x").unwrap_err();
    assert_eq!(error.io_kind(), Some(std::io::ErrorKind::InvalidInput));
}
