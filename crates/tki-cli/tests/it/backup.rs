//! Backups: written, read in place of the storage, put back.

use crate::support::{Home, keys};

const BASE: &[&str] = &["device", "provider", "words"];
const DEVICE_AND_WORDS: &[&str] = &["--use", "device", "--use", "words:words.txt"];

fn from_bundle(home: &Home, arguments: &[&str]) -> crate::support::Run {
    let bundle = ["--json", "--storage", "bundle:account.tki"];
    home.run(&[&bundle[..], arguments].concat())
}

#[test]
fn any_quorum_opens_from_a_backup_while_the_storage_is_gone() {
    let home = Home::with(BASE, "secp256k1");
    let created = home.json(&["show"]);
    let written = home.json(&["backup", "account.tki", "--use", "words:words.txt"]);
    assert_eq!(
        keys(&written),
        [
            "account",
            "account_version",
            "bytes",
            "file",
            "records",
            "schema"
        ]
    );
    assert_eq!(
        (&written["account"], &written["records"]),
        (&created["account"], &4.into())
    );
    std::fs::remove_file(home.path("home/storage.redb")).unwrap();
    let uses = ["device", "provider", "words:words.txt"];
    for (position, first) in uses.iter().enumerate() {
        for second in uses.iter().skip(position + 1) {
            let opened = from_bundle(&home, &["open", "--use", first, "--use", second]).json();
            assert_eq!(opened["verifying_key"], created["verifying_key"]);
        }
        let shown = from_bundle(&home, &["show", "--use", first]).json();
        assert_eq!(shown["account_version"], 0);
    }
    let sign = ["sign", "message", "words.txt", "--scheme", "bip340"];
    from_bundle(&home, &[&sign[..], DEVICE_AND_WORDS].concat()).json();
    assert!(!home.path("home/storage.redb").exists());
}

#[test]
fn a_backup_is_not_changed() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["backup", "account.tki"]).ok();
    let before = std::fs::read(home.path("account.tki")).unwrap();
    for change in [
        &["refresh"][..],
        &["factor", "remove", "3"],
        &["threshold", "set", "3"],
        &["recover"],
        &[
            "--account",
            "other",
            "create",
            "--recovery-out",
            "other.txt",
        ],
        &["restore", "account.tki"],
    ] {
        let run = from_bundle(&home, change);
        assert!(
            run.err.contains("restore it first"),
            "{change:?}: {}",
            run.err
        );
        run.fails(2, "usage");
    }
    assert_eq!(std::fs::read(home.path("account.tki")).unwrap(), before);
    assert!(!home.path("other.txt").exists());
}

#[test]
fn a_backup_fills_an_empty_storage_and_only_moves_one_forward() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["backup", "old.tki"]).ok();
    home.run(&["refresh"]).ok();
    home.run(&["backup", "new.tki"]).ok();
    let restore = |file: &str| home.run(&["--json", "restore", file, "--storage", "redb:other"]);
    let counts = |value: serde_json::Value| {
        ["created", "advanced", "kept"].map(|name| value[name].as_u64().unwrap())
    };
    let restored = restore("old.tki").json();
    assert_eq!(
        keys(&restored),
        [
            "advanced", "created", "file", "kept", "records", "schema", "storage"
        ]
    );
    assert_eq!(counts(restored), [4, 0, 0]);
    assert_eq!(counts(restore("old.tki").json()), [0, 0, 4]);
    // This device saw a newer one.
    let open = ["--json", "--storage", "redb:other", "open"];
    home.run(&open).fails(4, "refused");
    assert_eq!(counts(restore("new.tki").json()), [0, 4, 0]);
    assert_eq!(home.run(&open).json()["account_version"], 1);
    let message = restore("old.tki").fails(6, "conflict");
    assert!(message.contains("nothing was changed"), "{message}");
    assert_eq!(home.run(&open).json()["account_version"], 1);
}

#[test]
fn restoring_needs_neither_factor_nor_home() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["backup", "account.tki"]).ok();
    let new = ["--home", "new"];
    home.run(&[&new[..], &["restore", "account.tki"]].concat())
        .ok();
    let recover = ["recover", "--provider", "local:home/provider.key", "--use"];
    let uses = ["words:words.txt", "--use", "provider"];
    home.run(&[&new[..], &recover, &uses].concat()).ok();
}

#[test]
fn a_backup_is_refused_where_it_is_taken_or_damaged() {
    let home = Home::with(BASE, "secp256k1");
    std::fs::write(home.path("taken"), "mine").unwrap();
    home.run(&["--json", "backup", "taken"]).fails(6, "exists");
    assert_eq!(std::fs::read_to_string(home.path("taken")).unwrap(), "mine");
    home.run(&["backup", "account.tki"]).ok();
    // The very same again is no loss.
    home.run(&["backup", "account.tki"]).ok();
    home.run(&["refresh"]).ok();
    home.run(&["--json", "backup", "account.tki"])
        .fails(6, "exists");
    home.run(&["--json", "restore", "taken"])
        .fails(4, "corrupt-file");
    home.run(&["--json", "restore", "nowhere"])
        .fails(2, "usage");
    home.run(&["--json", "--storage", "bundle:taken", "show"])
        .fails(4, "corrupt-file");
    home.run(&["--json", "--storage", "bundle:nowhere", "show"])
        .fails(5, "unavailable");
    let mut bytes = std::fs::read(home.path("account.tki")).unwrap();
    bytes[8] = 99;
    std::fs::write(home.path("taken"), &bytes).unwrap();
    home.run(&["--json", "restore", "taken", "--storage", "redb:other"])
        .fails(1, "unsupported");
    assert!(!home.path("other").exists());
}
