//! A reader in another language, written after the specification alone, finds the same.

use std::{
    ffi::OsStr,
    io::ErrorKind,
    path::Path,
    process::{Command, Output},
};

use crate::fixtures;

/// Runs `reader.py`, if there is a Python to run it.
#[expect(clippy::print_stdout, reason = "a test that does not run says so")]
fn read<S: AsRef<OsStr>>(arguments: &[S]) -> Option<Output> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reader.py");
    match Command::new("python3")
        .arg("-B")
        .arg(script)
        .args(arguments)
        .output()
    {
        Ok(output) => Some(output),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped, because python3 is missing");
            None
        }
        Err(error) => panic!("python3 does not start: {error}"),
    }
}

fn printed(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn another_reader_finds_the_same_in_every_file() {
    for path in fixtures::all() {
        let kind = OsStr::new(fixtures::kind(&path));
        let Some(output) = read(&[kind, path.as_os_str()]) else {
            return;
        };
        assert_eq!(
            printed(&output),
            fixtures::expected(&path),
            "{}",
            path.display()
        );
    }
}

#[test]
fn another_implementation_derives_the_same_keys() {
    let Some(output) = read(&["keys"]) else {
        return;
    };
    assert_eq!(printed(&output), include_str!("../vectors/keys.txt"));
}

#[test]
fn another_implementation_writes_the_same_messages() {
    let Some(output) = read(&["joining"]) else {
        return;
    };
    assert_eq!(printed(&output), include_str!("../vectors/joining.txt"));
}

#[test]
fn another_implementation_signs_the_same_events() {
    let Some(output) = read(&["history"]) else {
        return;
    };
    assert_eq!(printed(&output), include_str!("../vectors/history.txt"));
}

#[test]
fn another_reader_refuses_what_is_cut_off() {
    let Some(output) = read(&["document", "/dev/null"]) else {
        return;
    };
    assert!(!output.status.success());
}
