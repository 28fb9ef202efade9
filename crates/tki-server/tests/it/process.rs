//! The binary: its settings, its end, and what is left when it is killed.

use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;

use rustix::process::{Pid, Signal, kill_process};
use tki_record::Record;
use tki_storage::Storage as _;
use tki_storage_http::wire::{self, records};
use tki_storage_redb::RedbStorage;

use crate::asking::Owner;
use crate::loopback::status;

fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tki-server"));
    command.env_clear().stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    binary().args(arguments).output().unwrap()
}

/// A server over a file of this folder, and where it listens.
pub(crate) fn start(folder: &Path) -> (Child, SocketAddr) {
    let mut child = binary()
        .args(["--listen", "127.0.0.1:0", "--rates", "off", "--data"])
        .arg(folder)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = said.next().unwrap().unwrap();
    let address = line.rsplit("http://").next().unwrap().parse();
    // What it says later is not waited for by it.
    std::thread::spawn(move || said.count());
    (child, address.unwrap_or_else(|_| panic!("{line}")))
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_child(child);
    kill_process(pid, signal).unwrap();
}

/// One commit over a connection of its own; whether it was acknowledged.
fn commits(address: SocketAddr, record: &Record) -> bool {
    let body = records::encode(core::slice::from_ref(record));
    let headers = "content-type: application/vnd.tki.records\r\n";
    let request = crate::loopback::request("POST", wire::COMMITS_PATH, headers, &body);
    let asked = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(&request)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    asked().is_ok_and(|answer| !answer.is_empty() && status(&answer) == 204)
}

/// Commits without a pause while the server is ended by this signal; every record that was
/// acknowledged is there afterwards.
fn check_that_nothing_acknowledged_is_lost(by: Signal) -> Option<i32> {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, address) = start(folder.path());
    let acknowledged = Mutex::new(Vec::new());
    let (count, over) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ended = std::thread::scope(|scope| {
        for thread in 0..4 {
            let (acknowledged, count, over) = (&acknowledged, &count, &over);
            scope.spawn(move || {
                let mut rng = tki_testkit::rng(&format!("{by:?} {thread}"));
                while over.load(Ordering::SeqCst) == 0 {
                    let record = Owner::new(&mut rng).first(&[thread]);
                    if commits(address, &record) {
                        acknowledged.lock().unwrap().push(record);
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
        while count.load(Ordering::SeqCst) < 40 {
            std::thread::yield_now();
        }
        signal(&child, by);
        let ended = child.wait().unwrap();
        over.store(1, Ordering::SeqCst);
        ended
    });
    let storage = RedbStorage::open(&folder.path().join("records.redb")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= 40);
    for record in acknowledged {
        let stored = runtime.block_on(storage.get(&record.address())).unwrap();
        assert_eq!(stored, Some(record));
    }
    ended.code()
}

#[test]
fn a_server_that_is_told_to_end_loses_nothing_that_it_acknowledged() {
    assert_eq!(
        check_that_nothing_acknowledged_is_lost(Signal::TERM),
        Some(0)
    );
    assert_eq!(
        check_that_nothing_acknowledged_is_lost(Signal::INT),
        Some(0)
    );
}

#[test]
fn a_server_that_is_killed_loses_nothing_that_it_acknowledged() {
    assert_eq!(check_that_nothing_acknowledged_is_lost(Signal::KILL), None);
}

#[test]
fn wrong_settings_are_said_before_anything_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data_text = data.to_str().unwrap();
    for (arguments, expected) in [
        (&["--memory", "1MiB"][..], "memory must be at least"),
        (&["--tls-cert", "/nonexistent.pem"], "give both or neither"),
        (&["--config", "/nonexistent.toml"], "cannot be read"),
    ] {
        let output = run(&[arguments, &["--data", data_text]].concat());
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(expected), "{said}");
    }
    let tls = [
        "--tls-cert",
        "/nonexistent.pem",
        "--tls-key",
        "/nonexistent.pem",
    ];
    let output = run(&[&["check-config"], &tls[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    let output = run(&[&tls[..], &["--data", data_text]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(!data.exists());
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    std::fs::write(
        &path,
        "max-body = 1\nbody-grace = \"1s\"\nmemory-wait = \"1s\"",
    )
    .unwrap();
    let output = binary()
        .arg("check-config")
        .env("TKI_SERVER_CONFIG", &path)
        .env("TKI_SERVER_MAX_BODY", "2B")
        .env("TKI_SERVER_BODY_GRACE", "2s")
        .args(["--max-body", "3B"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let shown = String::from_utf8(output.stdout).unwrap();
    for line in [
        "max-body = \"3B\"",
        "body-grace = \"2s\"",
        "memory-wait = \"1s\"",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
}

#[test]
fn a_second_server_of_the_same_file_says_that_it_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let (mut first, _) = start(folder.path());
    let data = folder.path().to_str().unwrap();
    let second = run(&["--listen", "127.0.0.1:0", "--data", data]);
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("another process is using it"), "{said}");
    signal(&first, Signal::TERM);
    assert!(first.wait().unwrap().success());
}

#[test]
fn help_has_examples_and_every_setting() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    assert!(help.contains("Examples:"));
    let shown = String::from_utf8(run(&["check-config"]).stdout).unwrap();
    for line in shown.lines() {
        let name = line.split(" = ").next().unwrap();
        assert!(help.contains(&format!("--{name}")), "{name}");
        let variable = format!("TKI_SERVER_{}", name.replace('-', "_").to_uppercase());
        assert!(help.contains(&variable), "{variable}");
    }
}

#[test]
fn the_description_of_the_interface_is_printed() {
    let output = run(&["openapi"]);
    assert!(output.status.success());
    assert_eq!(output.stdout, tki_server::openapi().as_bytes());
}
