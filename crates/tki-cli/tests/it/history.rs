//! Who changed what and when, and receipts that prove themselves.

use serde_json::Value;

use crate::support::{Home, bare, finish, keys};

const BASE: &[&str] = &["device", "provider", "words"];

fn list<'v>(value: &'v Value, name: &str) -> Vec<&'v str> {
    let list = value[name].as_array().unwrap().iter();
    list.map(|item| item.as_str().unwrap()).collect()
}

#[test]
fn the_history_says_who_changed_what_and_when() {
    let home = Home::with(BASE, "secp256k1");
    change_thrice(&home);
    let shown = home.json(&["history"]);
    assert_eq!(
        keys(&shown),
        [
            "account",
            "address",
            "events",
            "not_covered",
            "schema",
            "version"
        ]
    );
    let device = home.json(&["show"])["factors"][0]["label"].clone();
    let device = format!("device 1 ({})", device.as_str().unwrap());
    let events = shown["events"].as_array().unwrap();
    assert_eq!(
        keys(&events[0]),
        [
            "address",
            "by",
            "changes",
            "epoch",
            "number",
            "operation",
            "time",
            "version"
        ]
    );
    let versions: Vec<u64> = events
        .iter()
        .map(|e| e["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, [0, 1, 2, 3]);
    assert_eq!(
        list(&events[0], "changes"),
        [
            "made a secp256k1 key",
            &format!("added {device}"),
            "added provider 2 (local)",
            "added words 3",
            "2 factors are needed"
        ]
    );
    assert_eq!(list(&events[1], "changes"), ["added words 4"]);
    assert_eq!(list(&events[2], "changes"), ["removed provider 2 (local)"]);
    assert_eq!(list(&events[2], "by"), [&*device, "words 3"]);
    assert_eq!(
        list(&events[3], "changes"),
        ["words 4 (safe) had no name before"]
    );
    assert_eq!(list(&shown, "not_covered"), [""; 0]);
    check_address(&home, &shown);
}

fn change_thrice(home: &Home) {
    home.run(&["factor", "add", "words", "--recovery-out", "two.txt"])
        .ok();
    let uses = ["--use", "device", "--use", "words:words.txt"];
    home.run(&[&["factor", "remove", "2", "--yes"], &uses[..]].concat())
        .ok();
    home.run(&[
        "factor",
        "rename",
        "4",
        "safe",
        "--use",
        "device",
        "--use",
        "words:words.txt",
    ])
    .ok();
}

/// It says what it was verified against.
fn check_address(home: &Home, shown: &Value) {
    let address = home.json(&["address"])["addresses"]["evm"].clone();
    assert_eq!(shown["address"], address);
    let text = home.run(&["history"]).ok();
    assert!(text.contains("removed provider 2 (local)\n"), "{text}");
    let verified = format!("Verified against {}", address.as_str().unwrap());
    assert!(text.contains(&verified), "{text}");
}

#[test]
fn the_history_is_read_from_a_devices_own_copy_and_with_any_one_factor() {
    let home = Home::with(BASE, "ed25519");
    home.run(&["refresh"]).ok();
    let here = home.json(&["history"]);
    std::fs::rename(home.path("home/storage.redb"), home.path("gone")).unwrap();
    assert_eq!(home.json(&["history", "--offline"]), here);
    std::fs::rename(home.path("gone"), home.path("home/storage.redb")).unwrap();
    assert_eq!(home.json(&["history", "--use", "words:words.txt"]), here);
}

#[test]
fn a_receipts_file_proves_itself_without_a_home() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["factor", "remove", "2", "--yes"]).ok();
    let address = home.json(&["address"])["addresses"]["evm"].clone();
    let address = address.as_str().unwrap();
    let folder = home.path("home/accounts/main/receipts");
    let file = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("1-")
        })
        .unwrap();
    let away = Home::new();
    std::fs::copy(&file, away.path("receipt.json")).unwrap();
    let verify = |arguments: &[&str]| {
        let all = [&["--json", "receipts", "verify"], arguments].concat();
        let mut command = bare(&all);
        command
            .current_dir(away.path(""))
            .env("TKI_HOME", away.path("none"));
        finish(command, b"")
    };
    let verified = verify(&["receipt.json", "--address", address]).json();
    assert_eq!(keys(&verified), ["address", "receipt", "schema"]);
    assert_eq!(verified["address"], address);
    assert_eq!(verified["receipt"]["removed"][0], "provider 2 (local)");
    verify(&["receipt.json"]).json();
    assert!(!away.path("none").exists());
    verify(&["receipt.json", "--address", "0x0000"]).fails(4, "bad-signature");
    check_edits(&std::fs::read_to_string(&file).unwrap(), &|edited: &str| {
        std::fs::write(away.path("edited.json"), edited).unwrap();
        let run = verify(&["edited.json", "--address", address]);
        // Refused, or of a version to come.
        assert!(matches!(run.status.code(), Some(1 | 4)), "{edited}");
        assert_eq!(run.out, "");
    });
    std::fs::remove_file(away.path("passphrase")).unwrap();
}

/// Words, numbers and the signed part itself: whatever is changed is noticed.
fn check_edits(text: &str, check: &dyn Fn(&str)) {
    let whole: Value = serde_json::from_str(text).unwrap();
    let edits: [(&str, Value); 6] = [
        ("removed", Value::from(vec!["words 3"])),
        ("residuals", Value::from(Vec::<&str>::new())),
        ("can_lose", 2.into()),
        ("time", 1.into()),
        ("by", Value::from(vec!["nobody"])),
        ("signed", "".into()),
    ];
    for (name, value) in edits {
        let mut edited = whole.clone();
        edited[name] = value;
        check(&edited.to_string());
    }
    let signed = whole["signed"].as_str().unwrap();
    for place in (0..signed.len()).step_by(61) {
        let mut digits = signed.as_bytes().to_vec();
        digits[place] = if digits[place] == b'0' { b'1' } else { b'0' };
        let mut edited = whole.clone();
        edited["signed"] = String::from_utf8(digits).unwrap().into();
        check(&edited.to_string());
    }
}

#[test]
fn an_edited_receipt_is_marked_in_the_list_and_an_unsigned_one_too() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["refresh"]).ok();
    assert_eq!(
        list(&home.json(&["receipts"]), "signatures"),
        ["verified"; 2]
    );
    let folder = home.path("home/accounts/main/receipts");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut receipt: Value = serde_json::from_str(&text).unwrap();
        if receipt["version"] == 0 {
            receipt["added"] = Value::from(vec!["words 3"]);
        } else {
            // As a version wrote it that signed none.
            for name in [
                "by",
                "keeps_history",
                "retention",
                "advice",
                "words",
                "signed",
            ] {
                receipt.as_object_mut().unwrap().remove(name);
            }
        }
        std::fs::write(&path, receipt.to_string()).unwrap();
    }
    let listed = home.json(&["receipts"]);
    assert_eq!(list(&listed, "signatures"), ["edited", "none"]);
    let text = home.run(&["receipts"]).ok();
    assert!(text.contains("EDITED"), "{text}");
    assert!(text.contains("not signed"), "{text}");
}

/// The file of the receipt of this version.
fn receipt_file(home: &Home, version: u64) -> std::path::PathBuf {
    let folder = home.path("home/accounts/main/receipts");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files = files.map(|entry| entry.unwrap().path());
    let start = format!("{version}-");
    let named = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(&start)
    };
    files.find(named).unwrap()
}

#[test]
fn what_is_shown_of_a_receipt_in_other_words_is_what_was_signed() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["factor", "remove", "2", "--yes"]).ok();
    let path = receipt_file(&home, 1);
    let whole: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let signatures = |receipt: &Value| {
        std::fs::write(&path, receipt.to_string()).unwrap();
        let listed = home.json(&["receipts", "1"]);
        // Whatever stands in the file.
        let shown = &listed["receipts"][0];
        for name in ["removed", "residuals", "advice", "can_lose"] {
            assert_eq!(shown[name], whole[name], "{name}");
        }
        assert!(
            home.run(&["receipts", "1"])
                .ok()
                .contains("kept their seeds")
        );
        listed["signatures"][0].as_str().unwrap().to_owned()
    };
    assert_eq!(signatures(&whole), "verified");
    let mut edited = whole.clone();
    edited["residuals"] = Value::from(Vec::<&str>::new());
    assert_eq!(signatures(&edited), "edited");
    // A version that puts the same facts in other sentences.
    edited["words"] = 1.into();
    assert_eq!(signatures(&edited), "other-words");
    let text = home.run(&["receipts"]).ok();
    assert!(text.contains("its own words were not checked"), "{text}");
    // What is no sentence is the same in every version.
    edited["removed"] = Value::from(Vec::<&str>::new());
    assert_eq!(signatures(&edited), "edited");
    // Earlier versions noted a hash beside what was signed: nobody looks at it any more.
    let mut noted = whole.clone();
    noted["document"] = Value::from("00");
    std::fs::write(&path, noted.to_string()).unwrap();
    let verified = home.json(&["receipts", "verify", path.to_str().unwrap()]);
    assert_eq!(verified["receipt"], whole);
}

#[test]
fn receipts_of_another_account_or_key_are_foreign() {
    let home = Home::with(BASE, "secp256k1");
    let other = Home::with(BASE, "secp256k1");
    other.run(&["refresh"]).ok();
    let planted = receipt_file(&other, 1);
    let name = planted.file_name().unwrap().to_str().unwrap().to_owned();
    let place = home.path("home/accounts/main/receipts").join(name);
    std::fs::copy(&planted, &place).unwrap();
    let listed = home.json(&["receipts"]);
    assert_eq!(list(&listed, "signatures"), ["verified", "foreign"]);
    let text = home.run(&["receipts"]).ok();
    assert!(text.contains("FOREIGN"), "{text}");
    let text = home.run(&["receipts", "1"]).ok();
    assert!(!text.contains("Signed with the key of"), "{text}");
    // Moves to another key are followed, whichever of the keys the device knows.
    std::fs::remove_file(place).unwrap();
    let begun = home.json(&["rotate"]);
    let next = begun["next_key"]["verifying_key"].as_str().unwrap();
    home.run(&["rotate", "--confirm", next, "--yes"]).ok();
    home.run(&["refresh"]).ok();
    let listed = home.json(&["receipts"]);
    assert_eq!(list(&listed, "signatures"), ["verified"; 4]);
}

#[test]
fn a_removed_device_is_told_on_which_day_and_by_whom() {
    let home = Home::with(BASE, "secp256k1");
    let other = home.copy();
    let uses = ["--use", "provider", "--use", "words:words.txt"];
    home.run(&[&["factor", "remove", "1", "--yes"], &uses[..]].concat())
        .ok();
    std::fs::copy(
        home.path("home/storage.redb"),
        other.path("home/storage.redb"),
    )
    .unwrap();
    let told = other
        .run(&["--json", "show", "--use", "device"])
        .fails(4, "removed");
    assert!(
        told.contains(", provider 2 (local), words 3, on 20"),
        "{told}"
    );
}

#[test]
fn a_receipt_says_what_to_do_and_what_the_storage_keeps() {
    let home = Home::with(BASE, "secp256k1");
    let text = home.run(&[
        "factor",
        "remove",
        "1",
        "--yes",
        "--use",
        "provider",
        "--use",
        "words:words.txt",
    ]);
    let text = text.ok();
    assert!(
        text.contains("Old records: the storage is one file"),
        "{text}"
    );
    let uses = "--use provider --use words:FILE";
    let replace =
        format!("provider 2 (local): tki factor replace 2 {uses} --provider local:NEW-KEY\n");
    assert!(text.contains(&replace), "{text}");
    let renew = "words 3: tki renew 3 --use provider:local:NEW-KEY --use words:FILE --recovery-out \
                 NEW-FILE\n";
    assert!(text.contains(renew), "{text}");
    let rotate = "tki rotate --use provider:local:NEW-KEY --use words:FILE\n";
    assert!(text.contains(rotate), "{text}");
}
