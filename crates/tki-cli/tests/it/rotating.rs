//! `tki rotate`: a new key with the same factors, both shown, the old one kept until it is confirmed.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::joining::{OWNER, Pair};
use crate::support::{Home, Run};

const BOTH: [&str; 4] = ["--use", "device", "--use", "words:words.txt"];
const SIGN: [&str; 5] = ["sign", "message", "-", "--scheme", "bip340"];

fn home() -> Home {
    Home::with(&["device", "provider", "words"], "secp256k1")
}

fn with_both(home: &Home, arguments: &[&str]) -> Value {
    home.json(&[arguments, &BOTH].concat())
}

fn address(value: &Value) -> String {
    value["addresses"]["evm"].as_str().unwrap().to_owned()
}

/// Signs, and asks `tki verify` whether it is the key's; the key.
fn signs(home: &Home, extra: &[&str]) -> String {
    let arguments = [&["--json"], &SIGN[..], extra, &BOTH].concat();
    let signed = home.run_with_input(&arguments, b"hello").json();
    let part = |name: &str| signed[name].as_str().unwrap().to_owned();
    let (key, signature) = (part("verifying_key"), part("signature"));
    let said = ["--key", key.as_str(), "--signature", signature.as_str()];
    let verify = ["verify", "message", "-", "--scheme", "bip340"];
    let verified = home.run_with_input(&[&verify[..], &said].concat(), b"hello");
    assert_eq!(verified.ok(), "valid\n");
    key
}

#[test]
fn an_account_moves_to_a_new_key_that_was_tried_before() {
    let home = home();
    let before = with_both(&home, &["show"]);
    let begun = with_both(&home, &["rotate"]);
    assert_eq!(begun["account_version"], 1);
    assert_eq!(begun["verifying_key"], before["verifying_key"]);
    let next = &begun["next_key"];
    let (old, new) = (address(&before), address(next));
    assert_ne!(old, new);
    assert_eq!(next["since"], 1);
    let moved = &begun["receipt"]["moved"];
    assert_eq!(moved["state"], "begun");
    assert_eq!(moved["from"]["address"], old.as_str());
    assert_eq!(moved["to"]["address"], new.as_str());

    // Both are shown, and what to do next.
    let text = home.run(&[&["show"], &BOTH[..]].concat()).ok();
    for part in [&old, &new, "--next", "tki rotate --confirm", "--cancel"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(address(&home.json(&["address"])), old);
    assert_eq!(address(&home.json(&["address", "--next"])), new);
    assert_eq!(signs(&home, &[]), before["verifying_key"]);
    assert_eq!(signs(&home, &["--next"]), next["verifying_key"]);
    // What follows from them is not the same either.
    let derived = |extra: &[&str]| {
        let chain = ["address", "--chain", "evm", "--index", "3"];
        with_both(&home, &[&chain[..], extra].concat())["verifying_key"].clone()
    };
    let (derived_old, derived_new) = (derived(&[]), derived(&["--next"]));
    assert_ne!(derived_old, derived_new);
    let export = [
        "export", "--format", "hex", "--output", "next.hex", "--next",
    ];
    let exported = with_both(&home, &export);
    assert_eq!(exported["verifying_key"], next["verifying_key"]);

    // Asked for again, nothing is made a second time.
    let again = with_both(&home, &["rotate"]);
    assert_eq!(again["account_version"], 1);
    assert_eq!(again["next_key"], begun["next_key"]);

    let done = with_both(&home, &["rotate", "--confirm", &new, "--yes"]);
    assert_eq!(done["account_version"], 2);
    assert_eq!(done["verifying_key"], next["verifying_key"]);
    assert_eq!(address(&done), new);
    assert!(done.get("next_key").is_none());
    let receipt = &done["receipt"];
    assert_eq!(receipt["moved"]["state"], "confirmed");
    let residuals = receipt["residuals"].as_array().unwrap();
    assert_eq!(residuals.len(), 1);
    let told = residuals[0].as_str().unwrap();
    assert!(told.contains("older than version 1"), "{told}");
    assert_eq!(signs(&home, &[]), next["verifying_key"]);
    assert_eq!(derived(&[]), derived_new);
    for quorum in [["provider", "words:words.txt"], ["device", "provider"]] {
        let opened = home.json(&["open", "--use", quorum[0], "--use", quorum[1]]);
        assert_eq!(opened["verifying_key"], next["verifying_key"]);
    }
    // Kept, and with both addresses.
    let text = home.run(&["receipts", "2"]).ok();
    assert!(text.contains(&old) && text.contains(&new), "{text}");
}

#[test]
fn a_move_is_cancelled_and_the_account_is_what_it_was() {
    let home = home();
    let before = with_both(&home, &["show"]);
    let first = with_both(&home, &["rotate"]);
    let given_up = address(&first["next_key"]);
    let done = with_both(&home, &["rotate", "--cancel", &given_up, "--yes"]);
    assert_eq!(done["verifying_key"], before["verifying_key"]);
    assert!(done.get("next_key").is_none());
    assert_eq!(done["receipt"]["moved"]["state"], "cancelled");
    assert_eq!(signs(&home, &[]), before["verifying_key"]);
    let second = with_both(&home, &["rotate"]);
    assert_ne!(second["next_key"], first["next_key"]);
}

#[test]
fn what_cannot_be_taken_back_is_not_done_unasked() {
    let home = home();
    let next = address(&with_both(&home, &["rotate"])["next_key"]);
    for option in ["--confirm", "--cancel"] {
        // Neither without the address, nor without the word.
        for rest in [&[][..], &["--yes"], &[next.as_str()]] {
            let run = home.run(&[&["--json", "rotate", option], rest, &BOTH[..]].concat());
            let wanted = format!("tki rotate {option} ADDRESS --yes");
            assert!(run.next().contains(&wanted), "{}", run.err);
            run.fails(2, "usage");
            assert_eq!(with_both(&home, &["show"])["account_version"], 1);
        }
    }
    let both = ["--json", "rotate", "--confirm", "--cancel"];
    home.run(&both).fails(2, "usage");
}

#[test]
fn without_a_move_there_is_nothing_to_end_and_no_next_key() {
    let home = home();
    for option in ["--confirm", "--cancel"] {
        let arguments = [&["--json", "rotate", option, "--yes"], &BOTH[..]].concat();
        let run = home.run(&arguments);
        assert!(run.next().contains("tki rotate"), "{}", run.err);
        run.fails(2, "invalid-change");
    }
    let sign = [&["--json"], &SIGN[..], &["--next"], &BOTH].concat();
    let run = home.run_with_input(&sign, b"hello");
    assert!(run.next().contains("tki rotate"), "{}", run.err);
    run.fails(2, "usage");
    home.run(&["--json", "address", "--next"]).fails(2, "usage");
    let offline = [&["--json", "--offline", "rotate"], &BOTH[..]].concat();
    home.run(&offline).fails(2, "usage");
}

#[test]
fn a_share_that_follows_from_answers_stands_in_the_way() {
    let home = Home::new();
    let answers = "password = vQ7;rT2.xB9-mK4,zW8!pL5\n";
    std::fs::write(home.path("pin.txt"), answers).unwrap();
    let mut create = vec!["create", "--threshold", "3", "--pegged"];
    for factor in ["device", "words:words.txt", "provider", "answers:pin.txt"] {
        create.extend(["--factor", factor]);
    }
    home.json(&create);
    let three = [&BOTH[..], &["--use", "provider"]].concat();
    let run = home.run(&[&["--json", "rotate"], &three[..]].concat());
    assert!(run.next().contains("tki factor"), "{}", run.err);
    let message = run.fails(2, "invalid-change");
    assert!(message.contains("factor 4"), "{message}");
}

#[test]
fn everything_else_goes_on_while_the_account_moves() {
    let home = home();
    let next = with_both(&home, &["rotate"])["next_key"].clone();
    with_both(&home, &["refresh"]);
    with_both(&home, &["factor", "rename", "2", "server"]);
    with_both(&home, &["factor", "add", "file:more.txt"]);
    let renewed = with_both(&home, &["renew", "3", "--recovery-out", "new.txt"]);
    assert_eq!(renewed["next_key"], next);
    // The new sheet names both addresses.
    let sheet = std::fs::read_to_string(home.path("new.txt")).unwrap();
    assert!(sheet.contains(&address(&next)), "{sheet}");
    std::fs::rename(home.path("new.txt"), home.path("words.txt")).unwrap();
    let removed = with_both(&home, &["factor", "remove", "4", "--yes"]);
    let residuals = removed["receipt"]["residuals"].to_string();
    assert!(residuals.contains("shares of the new key"), "{residuals}");
    let advice = removed["receipt"]["advice"].to_string();
    assert!(advice.contains("tki rotate --cancel ADDRESS"), "{advice}");
    assert_eq!(signs(&home, &["--next"]), next["verifying_key"]);
    with_both(&home, &["backup", "middle.tki"]);
    // The verifying key does as well as its address.
    let key = next["verifying_key"].as_str().unwrap();
    let done = with_both(&home, &["rotate", "--confirm", key, "--yes"]);
    assert_eq!(done["verifying_key"], next["verifying_key"]);
    // Who was removed or renewed in between has not lost the new key by it.
    let residuals = done["receipt"]["residuals"].as_array().unwrap();
    let told = |part: &str| residuals.iter().any(|r| r.as_str().unwrap().contains(part));
    assert!(told("removed or renewed while the account was moving"));
    let advice = done["receipt"]["advice"].to_string();
    assert!(advice.contains(": tki rotate --use device"), "{advice}");
    assert!(!advice.contains("--cancel"), "{advice}");
    // A backup from in between opens, with both keys.
    let backup = [
        "--storage",
        "bundle:middle.tki",
        "--use",
        "provider",
        "--use",
        "words:words.txt",
    ];
    let opened = home.json(&[&["show"], &backup[..]].concat());
    assert_eq!(opened["next_key"], next);
    let next_address = home.json(&[&["address", "--chain", "evm", "--next"], &backup[..]].concat());
    assert_ne!(next_address["verifying_key"], opened["verifying_key"]);
}

/// Two devices and words, of which the phone sleeps.
fn pair() -> (Pair, String) {
    let pair = Pair::new();
    let code = pair.until_the_digits();
    pair.owner.run(&pair.approval("device", &code)).json();
    let storage = pair.storage();
    pair.other
        .json(&["device", "finish", "--storage", &storage]);
    copy(&pair.owner.path("words.txt"), &pair.other.path("words.txt"));
    (pair, storage)
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
}

fn phone(pair: &Pair, storage: &str, arguments: &[&str]) -> Run {
    let place = ["--storage", storage];
    pair.other.run(&[&place, arguments, &OWNER].concat())
}

#[test]
fn a_device_that_slept_through_the_move_is_told_and_goes_on() {
    let (pair, storage) = pair();
    let owner = |arguments: &[&str]| pair.owner.json(&[arguments, &OWNER].concat());
    let old = address(&owner(&["show"]));
    let new = address(&owner(&["rotate"])["next_key"]);
    owner(&["rotate", "--confirm", &new, "--yes"]);
    owner(&["refresh"]);
    let run = phone(&pair, &storage, &["open"]);
    assert!(
        run.err.contains(&old) && run.err.contains(&new),
        "{}",
        run.err
    );
    let text = run.ok();
    assert!(text.contains(&new) && !text.contains(&old), "{text}");
    // Told once, and from then on it changes the account.
    let run = phone(&pair, &storage, &["refresh"]);
    assert!(!run.err.contains(&old), "{}", run.err);
    run.ok();
    assert_eq!(address(&owner(&["open"])), new);
}

#[test]
fn of_two_devices_one_begins_and_the_other_ends_the_move() {
    let (pair, storage) = pair();
    let begun = pair.owner.json(&[&["rotate"], &OWNER[..]].concat());
    let next = begun["next_key"]["verifying_key"].clone();
    let seen = phone(&pair, &storage, &["--json", "rotate"]).json();
    assert_eq!(seen["next_key"]["verifying_key"], next);
    assert_eq!(seen["account_version"], begun["account_version"]);
    let key = next.as_str().unwrap();
    let confirm = ["--json", "rotate", "--confirm", key, "--yes"];
    let done = phone(&pair, &storage, &confirm).json();
    assert_eq!(done["verifying_key"], next);
    let late = [&["--json", "rotate", "--cancel", key, "--yes"], &OWNER[..]].concat();
    pair.owner.run(&late).fails(2, "invalid-change");
    let opened = pair.owner.json(&[&["open"], &OWNER[..]].concat());
    assert_eq!(opened["verifying_key"], next);
}

#[test]
fn a_move_that_another_device_began_anew_is_not_ended_for_the_first_address() {
    let (pair, storage) = pair();
    let owner = |arguments: &[&str]| pair.owner.json(&[arguments, &OWNER].concat());
    // The owner begins, and sends everything to the new address.
    let first = address(&owner(&["rotate"])["next_key"]);
    let cancel = ["--json", "rotate", "--cancel", &first, "--yes"];
    phone(&pair, &storage, &cancel).json();
    let begun = phone(&pair, &storage, &["--json", "rotate"]).json();
    let second = address(&begun["next_key"]);
    assert_ne!(first, second);
    for option in ["--confirm", "--cancel"] {
        let ended = ["--json", "rotate", option, &first, "--yes"];
        let run = pair.owner.run(&[&ended, &OWNER[..]].concat());
        assert!(run.next().contains("tki history"), "{}", run.err);
        let message = run.fails(2, "invalid-change");
        let says_both = message.contains(&first) && message.contains(&second);
        assert!(says_both, "{message}");
    }
    let seen = owner(&["show"]);
    assert_eq!(seen["account_version"], begun["account_version"]);
    let done = owner(&["rotate", "--confirm", &second.to_lowercase(), "--yes"]);
    assert_eq!(address(&done), second);
}

#[test]
fn a_device_says_that_another_new_key_took_the_place_of_the_one_it_saw() {
    let (pair, storage) = pair();
    let begun = pair.owner.json(&[&["rotate"], &OWNER[..]].concat());
    let first = address(&begun["next_key"]);
    let cancel = ["--json", "rotate", "--cancel", &first, "--yes"];
    phone(&pair, &storage, &cancel).json();
    let begun = phone(&pair, &storage, &["--json", "rotate"]).json();
    let second = address(&begun["next_key"]);
    let run = pair.owner.run(&[&["open"], &OWNER[..]].concat());
    let says_both = run.err.contains(&first) && run.err.contains(&second);
    assert!(says_both, "{}", run.err);
    run.ok();
}

#[test]
fn of_two_who_begin_at_once_one_makes_a_key() {
    let home = home();
    let children: Vec<_> = (0..2)
        .map(|_| {
            let mut command = home.command(&[&["--json", "rotate"], &BOTH[..]].concat());
            command.stdin(Stdio::null());
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let mut keys = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(printed["account_version"], 1);
        keys.push(printed["next_key"].clone());
    }
    assert_eq!(keys[0], keys[1]);
    assert_eq!(keys[0]["since"], 1);
}

#[test]
fn a_guardian_helps_after_the_move() {
    let pair = Pair::new();
    let code = pair.until_a_guardians_digits();
    pair.owner.run(&pair.approval("guardian", &code)).json();
    let owner = |arguments: &[&str]| pair.owner.json(&[arguments, &OWNER].concat());
    let next = owner(&["rotate"])["next_key"]["verifying_key"].clone();
    owner(&["rotate", "--confirm", next.as_str().unwrap(), "--yes"]);
    // The machine is lost: words, and the guardian.
    let lost = Home::new();
    copy(&pair.owner.path("words.txt"), &lost.path("words.txt"));
    let asked = lost.json(&[
        "guardian", "ask", "--label", "Alice", "--output", "help.txt",
    ]);
    let code = asked["code"].as_str().unwrap();
    copy(&lost.path("help.txt"), &pair.other.path("help.txt"));
    let storage = pair.storage();
    let answer = [
        "--json", "guardian", "help", "alice", "help.txt", "--code", code,
    ];
    let output = ["--output", "answer.txt", "--storage", &storage];
    let passphrase = ["--passphrase-file", "passphrase"];
    pair.other
        .run(&[&answer[..], &output, &passphrase].concat())
        .json();
    copy(&pair.other.path("answer.txt"), &lost.path("answer.txt"));
    let uses = ["--use", "words:words.txt", "--use", "guardian:answer.txt"];
    let opened = lost.json(&[&["open", "--storage", &storage], &uses[..]].concat());
    assert_eq!(opened["verifying_key"], next);
}
