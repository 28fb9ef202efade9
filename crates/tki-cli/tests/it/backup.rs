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
        &["factor", "remove", "3", "--yes"],
        &["threshold", "set", "3", "--yes"],
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

/// Opens with these factors from the backup, and from a storage that is filled from it.
fn opens_anywhere(home: &Home, account: &serde_json::Value, uses: &[&str]) {
    let new = ["--home", "new", "--storage", "redb:new.redb"];
    if !home.path("new.redb").exists() {
        let restore = ["restore", "account.tki"];
        home.json(&[&new[..], &restore].concat());
    }
    let provider = ["--provider", "local:home/provider.key"];
    for place in [
        &new[..],
        &["--home", "new", "--storage", "bundle:account.tki"],
    ] {
        let opened = home.json(&[place, &provider, &["open"], uses].concat());
        assert_eq!(opened["account"], *account, "{place:?} {uses:?}");
    }
}

#[test]
fn a_login_that_was_removed_and_came_back_opens_from_a_backup() {
    let home = Home::with(&["device", "words", "provider"], "secp256k1");
    home.json(&[&["factor", "remove", "3", "--yes"], DEVICE_AND_WORDS].concat());
    let added = home.json(&[&["factor", "add", "provider"], DEVICE_AND_WORDS].concat());
    home.json(&["backup", "account.tki"]);
    for uses in [
        ["--use", "provider", "--use", "words:words.txt"],
        ["--use", "words:words.txt", "--use", "provider"],
    ] {
        opens_anywhere(&home, &added["account"], &uses);
    }
}

#[test]
fn a_second_account_of_a_login_opens_from_its_backup() {
    let home = Home::with(&["device", "words", "provider"], "secp256k1");
    let create = [
        "--account",
        "second",
        "create",
        "--another",
        "--factor",
        "provider",
        "--factor",
        "words",
    ];
    let second = home.json(&[&create[..], &["--recovery-out", "second.txt"]].concat());
    let uses = ["--use", "words:second.txt", "--use", "provider"];
    home.json(&[&["--account", "second", "backup", "account.tki"], &uses[..]].concat());
    opens_anywhere(&home, &second["account"], &uses);
    let account = second["account"].as_str().unwrap();
    let named = [
        "--account-id",
        account,
        "--use",
        "provider",
        "--use",
        "words:second.txt",
    ];
    opens_anywhere(&home, &second["account"], &named);
    // The login alone may mean the other account, which the filled storage does not have.
    let new = ["--json", "--home", "new", "--storage", "redb:new.redb"];
    let login = [
        "--provider",
        "local:home/provider.key",
        "show",
        "--use",
        "provider",
    ];
    home.run(&[&new[..], &login].concat()).fails(4, "refused");
    home.json(&[&new[1..], &["--account-id", account], &login].concat());
}

#[test]
fn a_backup_is_a_file() {
    let home = Home::with(BASE, "secp256k1");
    for command in ["backup", "restore"] {
        home.run(&["--json", command, "-"]).fails(2, "usage");
        assert!(!home.path("-").exists());
    }
}
