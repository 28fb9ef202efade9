//! What a change did is kept before it is committed, and listed once it happened.

use serde_json::{Value, json};

use crate::support::{Home, keys, words_on};

const BASE: &[&str] = &["device", "provider", "words"];

fn versions(list: &Value) -> Vec<u64> {
    let receipts = list["receipts"].as_array().unwrap();
    let versions = receipts.iter().map(|receipt| receipt["version"].as_u64());
    versions.map(Option::unwrap).collect()
}

#[test]
fn every_change_keeps_the_receipt_that_it_prints() {
    let home = Home::with(BASE, "secp256k1");
    let add = ["factor", "add", "words", "--recovery-out", "two.txt"];
    let added = home.json(&add);
    let removed = home.json(&["factor", "remove", "4", "--yes"]);
    let listed = home.json(&["receipts"]);
    assert_eq!(
        keys(&listed),
        ["damaged", "receipts", "schema", "signatures"]
    );
    assert_eq!(versions(&listed), [0, 1, 2]);
    assert_eq!(listed["receipts"][1], added["receipt"]);
    assert_eq!(listed["receipts"][2], removed["receipt"]);
    let one = home.json(&["receipts", "2"]);
    assert_eq!(one["receipts"], json!([removed["receipt"]]));
    assert_eq!(
        keys(&removed["receipt"]),
        [
            "account",
            "added",
            "advice",
            "by",
            "can_lose",
            "done",
            "epoch",
            "keeps_history",
            "operation",
            "removed",
            "renewed",
            "repaired",
            "residuals",
            "retention",
            "schema",
            "signed",
            "time",
            "version",
            "words"
        ]
    );
    assert_eq!(removed["receipt"]["removed"], json!(["words 4"]));
    home.run(&["--json", "receipts", "9"]).fails(4, "not-found");
    home.run(&["--json", "--account", "other", "receipts"])
        .fails(4, "not-found");
}

#[test]
fn a_receipt_says_who_can_still_do_what() {
    let home = Home::with(BASE, "secp256k1");
    let text = home.run(&["factor", "remove", "2", "--yes"]).ok();
    assert!(text.contains("  removed  provider 2 (local)\n"), "{text}");
    assert!(
        text.contains("Any 0") || text.contains("no factor can be lost"),
        "{text}"
    );
    // It may know the key; and with unchanged seeds and old records it still has it.
    assert!(text.contains("only a new key helps"), "{text}");
    assert!(text.contains("kept their seeds"), "{text}");
    assert!(
        home.run(&["receipts", "1"])
            .ok()
            .contains("kept their seeds")
    );
    let list = home.run(&["receipts"]).ok();
    assert!(list.contains("removed provider 2 (local)"), "{list}");
}

#[test]
fn a_change_that_was_refused_has_no_receipt() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["--json", "threshold", "set", "9", "--yes"])
        .fails(2, "invalid-change");
    assert_eq!(versions(&home.json(&["receipts"])), [0]);
    let folder = home.path("home/accounts/main/receipts");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
}

#[test]
fn a_damaged_receipt_is_named_and_the_others_are_listed() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["refresh"]).ok();
    let folder = home.path("home/accounts/main/receipts");
    std::fs::write(folder.join("7-x.json"), b"{").unwrap();
    let listed = home.json(&["receipts"]);
    assert_eq!(versions(&listed), [0, 1]);
    let damaged = listed["damaged"][0].as_str().unwrap();
    assert!(damaged.ends_with("7-x.json"), "{damaged}");
    assert!(home.run(&["receipts"]).err.contains("7-x.json"));
}

#[test]
fn a_receipt_holds_no_word() {
    let home = Home::with(BASE, "secp256k1");
    let folder = home.path("home/accounts/main/receipts");
    let words = words_on(&home.path("words.txt"));
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for pair in words.windows(2) {
            assert!(!text.contains(&pair.join(" ")));
        }
    }
}

#[cfg(feature = "faults")]
#[test]
fn a_change_that_may_yet_happen_is_not_listed_and_is_settled_by_the_next_opening() {
    use crate::support::finish;

    let home = Home::with(BASE, "secp256k1");
    let mut command = home.command(&["--json", "refresh"]);
    command.env("TKI_FAULT_COMMIT", "lost");
    finish(command, b"").fails(5, "outcome-unknown");
    let folder = home.path("home/accounts/main/receipts");
    let count = || std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(versions(&home.json(&["receipts"])), [0]);
    assert_eq!(count(), 2);
    // The version is another's in the end.
    home.run(&["threshold", "set", "3", "--yes"]).ok();
    assert_eq!(versions(&home.json(&["receipts"])), [0, 1]);
    assert_eq!(count(), 2);
}

#[cfg(feature = "faults")]
#[test]
fn what_stands_beside_the_signature_settles_nothing() {
    use crate::support::finish;

    let home = Home::with(BASE, "secp256k1");
    let mut command = home.command(&["--json", "refresh"]);
    command.env("TKI_FAULT_COMMIT", "lost");
    finish(command, b"").fails(5, "outcome-unknown");
    let folder = home.path("home/accounts/main/receipts");
    let begun = || {
        let entries = std::fs::read_dir(&folder).unwrap();
        let mut paths = entries.map(|entry| entry.unwrap().path());
        paths.find(|path| path.to_string_lossy().ends_with(".begun.json"))
    };
    let path = begun().unwrap();
    // Elsewhere the version becomes another's.
    let other = home.copy();
    let made = other.json(&["threshold", "set", "3", "--yes"]);
    let storage = "home/storage.redb";
    std::fs::copy(other.path(storage), home.path(storage)).unwrap();
    let mut receipt: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for name in ["operation", "done", "signed"] {
        assert_ne!(receipt[name], made["receipt"][name], "{name}");
    }
    receipt["operation"] = made["receipt"]["operation"].clone();
    receipt["document"] = "00".into();
    std::fs::write(&path, receipt.to_string()).unwrap();
    let uses = [
        "--use",
        "device",
        "--use",
        "provider",
        "--use",
        "words:words.txt",
    ];
    home.run(&[&["open"][..], &uses].concat()).ok();
    assert_eq!(versions(&home.json(&["receipts"])), [0]);
    assert_eq!(begun(), None);
}

#[test]
fn a_machine_without_receipts_says_no_more_than_that_it_keeps_none() {
    let home = Home::with(&["device", "words"], "secp256k1");
    std::fs::remove_dir_all(home.path("home/accounts/main/receipts")).unwrap();
    let shown = home.run(&["receipts"]).ok();
    let said = "This machine keeps no receipt of this account. What happened: tki history";
    assert!(shown.contains(said), "{shown}");
}
