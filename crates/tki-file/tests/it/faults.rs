//! Fault points: the test runs itself as a child process, which is counted, failed and killed.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};

use tempfile::tempdir;
use tki_file::faults::{COUNT_VARIABLE, FAIL_VARIABLE, KILL_VARIABLE};

const FOLDER_VARIABLE: &str = "TKI_FAULT_TEST_FOLDER";
const POINTS: [&str; 5] = [
    "1 write: before",
    "2 write: temporary synced",
    "3 write: in place",
    "4 remove: before",
    "5 remove: removed",
];

/// The child: replaces `file` and removes `other`. Run by itself it has nothing to do.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a child process is told what to do by variables"
)]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER_VARIABLE) else {
        return;
    };
    let folder = Path::new(&folder);
    tki_file::write(&folder.join("file"), b"new").unwrap();
    tki_file::remove(&folder.join("other")).unwrap();
}

fn run_child(folder: &Path, variable: &str, value: &str) -> ExitStatus {
    fs::write(folder.join("file"), b"old").unwrap();
    fs::write(folder.join("other"), b"other").unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "faults::child", "--quiet"])
        .env(FOLDER_VARIABLE, folder)
        .env(variable, value)
        .output()
        .unwrap()
        .status
}

#[test]
fn every_point_is_counted_with_its_name() {
    let folder = tempdir().unwrap();
    let count = folder.path().join("count");
    assert!(run_child(folder.path(), COUNT_VARIABLE, count.to_str().unwrap()).success());
    let lines = fs::read_to_string(count).unwrap();
    assert_eq!(lines.lines().collect::<Vec<_>>(), POINTS);
}

#[test]
fn a_killed_write_leaves_the_old_or_the_new() {
    for (position, expected) in [b"old", b"old", b"new", b"new", b"new"].iter().enumerate() {
        let folder = tempdir().unwrap();
        let number = (position + 1).to_string();
        let status = run_child(folder.path(), KILL_VARIABLE, &number);
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&status),
            Some(9)
        );
        assert!(!status.success());
        assert_eq!(
            fs::read(folder.path().join("file")).unwrap(),
            *expected,
            "point {number}"
        );
        assert_eq!(
            folder.path().join("other").exists(),
            position < 4,
            "point {number}"
        );

        // The next writer works and sweeps up.
        tki_file::write(&folder.path().join("file"), b"next").unwrap();
        let left = fs::read_dir(folder.path())
            .unwrap()
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .ends_with(".tmp")
            })
            .count();
        assert_eq!(left, 0);
    }
}

#[test]
fn a_failed_point_is_an_error_and_leaves_no_temporary_file() {
    for position in 0..POINTS.len() {
        let folder = tempdir().unwrap();
        let status = run_child(folder.path(), FAIL_VARIABLE, &(position + 1).to_string());
        assert!(!status.success());
        let content = fs::read(folder.path().join("file")).unwrap();
        assert_eq!(content, if position < 2 { b"old" } else { b"new" });
        assert!(fs::read_dir(folder.path()).unwrap().count() <= 2);
    }
}
