//! `tki storage check|stat|verify|copy`, for each kind of storage and each pair of them.

use std::path::Path;

use serde_json::Value;
use tki::storage::{Browse as _, Storage as _};
use tki::storage_redb::RedbStorage;

use crate::servers::{Backend, Server};
use crate::support::{Home, Run, keys};

/// A home with an account whose records are in a file, at a version above the first, with a record
/// that is closed.
fn home() -> Home {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    home.run(&["factor", "remove", "3", "--yes"]).ok();
    home
}

/// The names and versions of all that is in a file.
fn listed(path: &Path) -> Vec<(String, u64)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let storage = RedbStorage::open(path).unwrap();
        let page = storage.page(None, 1000).await.unwrap();
        let all = page.iter();
        all.map(|record| (record.address().to_string(), record.version()))
            .collect()
    })
}

fn counts(copied: &Value) -> [u64; 4] {
    ["created", "advanced", "kept", "newer"].map(|name| copied[name].as_u64().unwrap())
}

fn found(run: &Run) -> Value {
    assert_eq!(run.status.code(), Some(7), "{}\n{}", run.out, run.err);
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn a_server_says_what_it_is_and_how_quickly() {
    let backend = Backend::redb();
    let server = Server::start(&backend);
    let home = Home::new();
    let checked = home.json(&["storage", "check", &server.url()]);
    assert_eq!(
        keys(&checked),
        [
            "ready",
            "round_trip_ms",
            "schema",
            "server",
            "storage",
            "takes_copies"
        ]
    );
    assert_eq!(checked["storage"], server.url());
    assert_eq!(checked["server"]["name"], "tki-server");
    assert_eq!(checked["server"]["api"], "v1");
    assert_eq!(checked["server"]["backend"], "redb");
    assert_eq!(checked["ready"], true);
    assert_eq!(checked["takes_copies"], true);
    let text = home.run(&["storage", "check", &server.url()]).ok();
    for line in [
        "interface v1",
        "a read takes",
        "it is ready",
        "of old records it keeps",
    ] {
        assert!(text.contains(line), "{text}");
    }
    // Nothing was made.
    assert!(!home.path("home").exists());
    let closed = Server::with(&Backend::redb(), "127.0.0.1:0", &["--restores", "off"]);
    let checked = home.json(&["storage", "check", &closed.url()]);
    assert_eq!(checked["takes_copies"], false);
    home.run(&["--json", "storage", "check", "http://127.0.0.1:1"])
        .fails(5, "unavailable");
}

#[test]
fn what_is_stored_is_counted_and_verified_wherever_it_is() {
    let home = home();
    home.run(&["backup", "account.tki"]).ok();
    let backend = Backend::redb();
    let server = Server::start(&backend);
    home.json(&["storage", "copy", "redb:home/storage.redb", &server.url()]);
    // A file and a backup are seen whole; the backup lacks what was closed.
    for (place, whole, records, closed) in [
        ("redb:home/storage.redb", true, 4, 1),
        ("bundle:account.tki", true, 3, 0),
        (&server.url(), false, 3, 0),
    ] {
        let counted = home.json(&["storage", "stat", place]);
        assert_eq!(counted["whole"], whole, "{place}");
        assert_eq!(
            (&counted["records"], &counted["closed"]),
            (&records.into(), &closed.into())
        );
        assert_eq!(
            (&counted["documents"], &counted["mailboxes"]),
            (&1.into(), &2.into())
        );
        assert_eq!(counted["accounts"], 1);
        assert_eq!(counted["bytes_per_account"], counted["bytes"]);
        let verified = home.json(&["storage", "verify", place]);
        assert_eq!(verified["records"], records, "{place}");
    }
    let checked = home.json(&["storage", "check", "bundle:account.tki"]);
    assert_eq!(checked["records"], 3);
    let text = home
        .run(&["storage", "stat", "redb:home/storage.redb"])
        .ok();
    assert!(text.contains("1 accounts, of "), "{text}");
}

#[test]
fn records_are_copied_between_each_two_storages() {
    let home = home();
    home.run(&["backup", "account.tki"]).ok();
    let (one, two, three) = (Backend::redb(), Backend::redb(), Backend::redb());
    let (first, second) = (Server::start(&one), Server::start(&two));
    let third = Server::start(&three);
    let all = listed(&home.path("home/storage.redb"));
    assert_eq!(all.len(), 4);

    // From a file, everything.
    for target in ["redb:copy.redb", &first.url()] {
        let copied = home.json(&["storage", "copy", "redb:home/storage.redb", target]);
        assert_eq!(
            (&copied["whole"], counts(&copied)),
            (&true.into(), [4, 0, 0, 0])
        );
        let copied = home.json(&["storage", "copy", "redb:home/storage.redb", target]);
        assert_eq!(counts(&copied), [0, 0, 4, 0]);
    }
    assert_eq!(listed(&home.path("copy.redb")), all);
    // From a backup, what it has, and from a server, the account of this home.
    for (from, target) in [
        ("bundle:account.tki", "redb:from-backup.redb"),
        ("bundle:account.tki", &third.url()),
        (&first.url(), "redb:from-server.redb"),
        (&first.url(), &second.url()),
    ] {
        let copied = home.json(&["storage", "copy", from, target]);
        assert_eq!(counts(&copied), [3, 0, 0, 0], "{from} {target}");
        let opened = home.json(&["open", "--storage", target]);
        assert_eq!(opened["account_version"], 1);
        let copied = home.json(&["storage", "copy", from, target]);
        assert_eq!(counts(&copied), [0, 0, 3, 0], "{from} {target}");
    }
    drop((first, second, third));
    for backend in [one, two, three] {
        let records = listed(&backend.file().unwrap());
        assert!(
            records.iter().all(|record| all.contains(record)),
            "{records:?}"
        );
    }
    // Changes go on at the copy.
    let copy = ["--storage", "redb:copy.redb"];
    let refreshed = home.json(&[&["refresh"], &copy[..]].concat());
    assert_eq!(refreshed["account_version"], 2);
}

#[test]
fn a_copy_never_goes_backwards() {
    let home = home();
    home.run(&["backup", "old.tki"]).ok();
    std::fs::copy(home.path("home/storage.redb"), home.path("old.redb")).unwrap();
    home.run(&["refresh"]).ok();
    let newest = listed(&home.path("home/storage.redb"));
    // The older into the newer: nothing is changed.
    for from in ["redb:old.redb", "bundle:old.tki"] {
        let copied = home.json(&["storage", "copy", from, "redb:home/storage.redb"]);
        assert_eq!(counts(&copied)[..2], [0, 0], "{from}");
        assert_eq!(copied["newer"], 3);
        assert_eq!(listed(&home.path("home/storage.redb")), newest);
    }
    // The newer into the older.
    let copied = home.json(&["storage", "copy", "redb:home/storage.redb", "redb:old.redb"]);
    assert_eq!(counts(&copied), [0, 3, 1, 0]);
    assert_eq!(listed(&home.path("old.redb")), newest);
}

#[test]
fn what_is_something_else_at_the_target_stays_and_is_named() {
    let home = home();
    let other = home.copy();
    home.run(&["refresh"]).ok();
    other.run(&["refresh"]).ok();
    std::fs::copy(other.path("home/storage.redb"), home.path("forked.redb")).unwrap();
    let before = std::fs::read(home.path("forked.redb")).unwrap();
    let copy = [
        "--json",
        "storage",
        "copy",
        "redb:home/storage.redb",
        "redb:forked.redb",
    ];
    let copied = found(&home.run(&copy));
    assert_eq!(copied["conflicts"].as_array().unwrap().len(), 3, "{copied}");
    assert_eq!(counts(&copied), [0, 0, 1, 0]);
    std::fs::write(home.path("before.redb"), before).unwrap();
    assert_eq!(
        listed(&home.path("forked.redb")),
        listed(&home.path("before.redb"))
    );
    let text = home.run(&copy[1..]);
    assert!(
        text.out.contains("3 are something else there, which stays"),
        "{}",
        text.out
    );
}

#[test]
fn a_record_that_does_not_prove_its_writer_is_not_copied() {
    let home = home();
    let path = home.path("home/storage.redb");
    let addresses = listed(&path);
    // The last byte of a signature, in the file: no decoder and no hash knows of it.
    let bad = addresses[1].0.clone();
    let encoded = {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let storage = RedbStorage::open(&path).unwrap();
        let record = runtime.block_on(storage.get(&bad.parse().unwrap()));
        record.unwrap().unwrap()
    };
    let body = encoded.body().len();
    let encoded = encoded.encode();
    let signed = &encoded[..encoded.len() - body - 4];
    let mut file = std::fs::read(&path).unwrap();
    let places: Vec<usize> = (0..file.len() - signed.len())
        .filter(|at| file[*at..].starts_with(signed))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        file[at + signed.len() - 1] ^= 1;
    }
    std::fs::write(&path, file).unwrap();
    let message = home
        .run(&["--json", "storage", "verify"])
        .fails(4, "corrupt-file");
    assert!(message.contains(&bad), "{message}");
    let backend = Backend::redb();
    let server = Server::start(&backend);
    for target in ["redb:copy.redb", &server.url()] {
        let copy = [
            "--json",
            "storage",
            "copy",
            "redb:home/storage.redb",
            target,
        ];
        let copied = found(&home.run(&copy));
        assert_eq!(copied["unproven"], serde_json::json!([bad]), "{copied}");
        assert_eq!(counts(&copied), [3, 0, 0, 0]);
        let copied = found(&home.run(&copy));
        assert_eq!(counts(&copied), [0, 0, 3, 0]);
    }
    let copied: Vec<String> = listed(&home.path("copy.redb"))
        .into_iter()
        .map(|r| r.0)
        .collect();
    assert_eq!(copied.len(), 3);
    assert!(!copied.contains(&bad));
}

#[test]
fn what_cannot_be_copied_says_why_and_makes_nothing() {
    let home = home();
    let closed = Server::with(&Backend::redb(), "127.0.0.1:0", &["--restores", "off"]);
    let from = "redb:home/storage.redb";
    for (from, to, code, kind) in [
        (from, from, 2, "usage"),
        (from, "bundle:new.tki", 2, "usage"),
        (from, "file.redb", 2, "usage"),
        ("redb:nowhere.redb", "redb:new.redb", 5, "unavailable"),
        ("bundle:nowhere.tki", "redb:new.redb", 5, "unavailable"),
        ("http://127.0.0.1:1", "redb:new.redb", 5, "unavailable"),
        (from, "http://127.0.0.1:1", 5, "unavailable"),
        (from, "redb:nowhere/new.redb", 5, "unavailable"),
        (from, &closed.url(), 1, "unsupported"),
    ] {
        home.run(&["--json", "storage", "copy", from, to])
            .fails(code, kind);
        assert!(!home.path("new.redb").exists() && !home.path("new.tki").exists());
    }
    if cfg!(not(feature = "postgres")) {
        let copy = ["--json", "storage", "copy", from, "postgres://localhost/x"];
        home.run(&copy).fails(1, "unsupported");
    }
    // A server is not looked through, so somebody must know an account on it.
    let stranger = Home::new();
    stranger
        .run(&["--json", "storage", "stat", &closed.url()])
        .fails(3, "no-factors");
}

/// Killed at every write to the target, and run again: the end is the same.
#[cfg(feature = "faults")]
#[test]
fn a_copy_survives_a_kill_at_every_point() {
    use crate::kill::was_killed;
    use crate::support::finish;

    let home = home();
    let all = listed(&home.path("home/storage.redb"));
    let copy = [
        "--json",
        "storage",
        "copy",
        "redb:home/storage.redb",
        "redb:copy.redb",
    ];
    let points = home.path("points");
    let mut command = home.command(&copy);
    command.env("TKI_FAULT_COUNT", &points);
    finish(command, b"").ok();
    std::fs::remove_file(home.path("copy.redb")).unwrap();
    let points = std::fs::read_to_string(points).unwrap();
    assert!(points.contains("restore: before"), "{points}");
    for number in 1..=points.lines().count() {
        let home = home.copy();
        let mut command = home.command(&copy);
        command.env("TKI_FAULT_KILL_AT", number.to_string());
        assert!(was_killed(finish(command, b"").status));
        let copied = home.json(&copy[1..]);
        assert_eq!(counts(&copied)[1..2], [0]);
        assert_eq!(listed(&home.path("copy.redb")), all);
    }
}
