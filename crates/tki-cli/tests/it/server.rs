//! Accounts on a storage server, through the real binaries.

use std::sync::Mutex;

use serde_json::Value;

use crate::servers::{Backend, Mishap, Proxy, Server};
use crate::support::Home;

const CREATE: &[&str] = &["create", "--recovery-out", "words.txt", "--storage"];

/// The sheet of words of one home, and its login, carried to another.
pub(crate) fn second_machine(first: &Home) -> Home {
    let second = Home::new();
    for file in ["words.txt", "passphrase"] {
        std::fs::copy(first.path(file), second.path(file)).unwrap();
    }
    second
}

pub(crate) fn recover(home: &Home, url: &str, provider: &str) -> Value {
    let provider = format!("local:{provider}");
    home.json(&[
        "recover",
        "--storage",
        url,
        "--provider",
        &provider,
        "--use",
        "words:words.txt",
        "--use",
        "provider",
    ])
}

#[test]
fn an_account_is_made_on_a_server_and_comes_back_on_a_second_machine() {
    for backend in Backend::all() {
        let server = Server::start(&backend);
        let first = Home::new();
        let created = first.json(&[CREATE, &[&server.url()]].concat());
        // Nothing of it is in the home, and later commands know where it is.
        assert!(!first.path("home/storage.redb").exists());
        let opened = first.json(&["open"]);
        assert_eq!(opened["account"], created["account"]);

        let second = second_machine(&first);
        let login = first.path("home/provider.key");
        let recovered = recover(&second, &server.url(), login.to_str().unwrap());
        assert_eq!(recovered["account_version"], 1);
        let here = second.json(&["open", "--use", "device", "--use", "words:words.txt"]);
        assert_eq!(here["addresses"], created["addresses"]);
        assert_eq!(here["factors"].as_array().unwrap().len(), 4);
        // The first machine sees it, and its change reaches the second.
        first.json(&["refresh"]);
        let seen = second.json(&["show", "--use", "device"]);
        assert_eq!(seen["account_version"], 2);
        assert_eq!(seen["epoch"], 1);
        let receipt = first.json(&["receipts", "2"]);
        let said = receipt.to_string();
        assert!(said.contains("keeps_history"), "{said}");
    }
}

#[test]
fn a_server_that_is_down_is_named_with_what_works_without_it() {
    let backend = Backend::redb();
    let mut server = Server::start(&backend);
    let home = Home::new();
    home.json(&[CREATE, &[&server.url()]].concat());
    server.kill();
    let run = home.run(&["--json", "open"]);
    let next = run.next();
    assert!(next.contains("--offline"), "{next}");
    let message = run.fails(5, "unavailable");
    assert!(message.contains(&server.url()), "{message}");
    assert!(message.contains("the storage of this home"), "{message}");
    home.json(&["show", "--offline"]);
    home.run(&["--json", "refresh"]).fails(5, "unavailable");
    assert!(doctor(&home).contains(&"storage-unavailable".to_owned()));
    // It is back.
    let _server = Server::again(&backend, server.address);
    home.json(&["refresh"]);
    assert!(!doctor(&home).contains(&"storage-unavailable".to_owned()));
}

/// What `tki doctor` finds; that a passphrase lies open in the home of a test is among it.
fn doctor(home: &Home) -> Vec<String> {
    let run = home.run(&["--json", "doctor"]);
    let found: Value = serde_json::from_str(&run.out).unwrap();
    let findings = found["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_is_no_storage_server_is_not_used_as_one() {
    let home = Home::new();
    for (url, code, kind) in [
        ("http://records.example", 2, "usage"),
        ("https://name:word@records.example", 2, "usage"),
        ("http://127.0.0.1:1", 5, "unavailable"),
    ] {
        let create = [&["--json"], CREATE, &[url]].concat();
        home.run(&create).fails(code, kind);
        assert!(!home.path("home/storage.url").exists());
        assert!(!home.path("words.txt").exists());
    }
    let create = [&["--json"], CREATE, &["http://records.example"]].concat();
    let next = home.run(&create).next();
    assert!(next.contains("--insecure-http"), "{next}");
}

#[test]
fn an_answer_that_is_lost_is_settled_by_reading_back() {
    let backend = Backend::redb();
    let server = Server::start(&backend);
    // Of the creation, and of a change.
    let proxy = Proxy::new(server.address, Mishap::Answer, 1, || ());
    let home = Home::new();
    let created = home.json(&[CREATE, &[&proxy.url]].concat());
    assert_eq!(created["account_version"], 0);
    let proxy = Proxy::new(server.address, Mishap::Answer, 1, || ());
    let refreshed = home.json(&["refresh", "--storage", &proxy.url]);
    assert_eq!(refreshed["account_version"], 1);
    let opened = home.json(&["open", "--storage", &server.url()]);
    assert_eq!(
        (&opened["account_version"], &opened["epoch"]),
        (&1.into(), &1.into())
    );
}

#[test]
fn a_server_that_is_killed_during_a_change_leaves_what_the_same_command_finishes() {
    for mishap in [Mishap::Request, Mishap::Answer] {
        let backend = Backend::redb();
        let home = Home::new();
        let server = Server::start(&backend);
        home.json(&[CREATE, &[&server.url()]].concat());
        let address = server.address;
        let server = Mutex::new(Some(server));
        let kill = move || {
            if let Some(mut server) = server.lock().unwrap().take() {
                server.kill();
            }
        };
        let proxy = Proxy::new(address, mishap, 1, kill);
        let add = [
            "--json",
            "factor",
            "add",
            "words:more.txt",
            "--label",
            "more",
        ];
        let add = [&add[..], &["--storage", &proxy.url]].concat();
        let run = home.run(&add);
        let message = run.err.clone();
        run.fails(5, "outcome-unknown");

        let _server = Server::again(&backend, address);
        let added: Value = serde_json::from_str(&home.run(&add).ok()).unwrap();
        assert_eq!(added["account_version"], 1, "{mishap:?} {message}");
        let opened = home.json(&["open"]);
        assert_eq!(opened["account_version"], 1);
        assert_eq!(opened["factors"].as_array().unwrap().len(), 4);
        let words = ["show", "--use", "words:more.txt"];
        assert_eq!(home.json(&words)["account_version"], 1);
    }
}

#[test]
fn a_home_remembers_the_server_that_it_was_made_with() {
    let backend = Backend::redb();
    let server = Server::start(&backend);
    let home = Home::new();
    home.json(&[CREATE, &[&server.url()]].concat());
    let note = home.path("home/storage.url");
    let noted = std::fs::read_to_string(&note).unwrap();
    assert_eq!(noted, format!("{}\n", server.url()));
    // What is said comes first, and a second account may be elsewhere.
    let create = [
        "create",
        "--account",
        "second",
        "--factor",
        "device",
        "--factor",
    ];
    let create = [
        &create[..],
        &["file:factor.txt", "--storage", "redb:own.redb"],
    ]
    .concat();
    home.json(&create);
    assert_eq!(std::fs::read_to_string(&note).unwrap(), noted);
    home.run(&["--json", "show", "--account", "second"])
        .fails(4, "refused");
    home.json(&["show", "--account", "second", "--storage", "redb:own.redb"]);
    for damage in ["", "redb:x\n", "https://x\nwhat\n", "\u{0}"] {
        std::fs::write(&note, damage).unwrap();
        home.run(&["--json", "show"]).fails(4, "corrupt-file");
    }
    // A home that has a storage goes on using it.
    let home = Home::with(&["device", "words"], "secp256k1");
    home.json(&[
        "create",
        "--account",
        "second",
        "--factor",
        "device",
        "--factor",
        "file:f.txt",
        "--storage",
        &server.url(),
    ]);
    assert!(!home.path("home/storage.url").exists());
    home.json(&["show"]);
}

#[test]
fn a_home_that_kept_a_file_is_told_to_use_a_server() {
    let backend = Backend::redb();
    let server = Server::start(&backend);
    let home = Home::with(&["device", "provider"], "secp256k1");
    home.run(&["--json", "storage", "use", "http://127.0.0.1:1"])
        .fails(5, "unavailable");
    home.run(&["--json", "storage", "use", "redb:home/storage.redb"])
        .fails(2, "usage");
    assert!(!home.path("home/storage.url").exists());
    home.json(&["storage", "copy", "redb:home/storage.redb", &server.url()]);
    home.json(&["storage", "use", &server.url()]);
    assert_eq!(home.json(&["refresh"])["account_version"], 1);
    // The file is what was, and the login knows.
    let before = ["--json", "show", "--storage", "redb:home/storage.redb"];
    home.run(&[&before[..], &["--use", "provider"]].concat())
        .fails(4, "refused");
}
