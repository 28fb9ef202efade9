//! The conversation of `tki recover`: whoever has no device is asked what there is, until it is
//! enough.

use serde_json::{Value, json};

use crate::support::{Home, has, words_on};
use crate::terminal::{Seen, command, run};

const WHAT: &str = "What do you still have?";
const ELSE: &str = "What else do you have?";
const SHEET: &str = "The file with the words, or Enter to type them:";
const WORDS: &str = "the 24 words (not shown)";
const FILE: &str = "The factor's file, or Enter to go back:";
const IS_IT: &str = "Is this the address that you know";
const NEW: &str = "new passphrase for this device";
const AGAIN: &str = "the same again";

/// A line that is typed.
fn line(question: &str, answer: &str) -> Value {
    json!([question, answer, "line"])
}

fn secret(question: &str, answer: &str) -> Value {
    json!([question, answer, "secret"])
}

/// The option with this number.
fn key(question: &str, number: &str) -> Value {
    json!([question, number, "keys"])
}

fn on_terminal(home: &Home, arguments: &[&str], answers: &[Value]) -> Seen {
    let answers = Value::Array(answers.to_vec());
    run(home, &command(home, arguments), &answers, 100)
}

/// An account over every kind of which a file or paper is left, three of which are needed, and one
/// of somebody else in the same storage. The device is gone.
fn stage() -> Option<(Home, String)> {
    if !has("python3", "--version") {
        return None;
    }
    let home = Home::new();
    std::fs::write(
        home.path("answers.txt"),
        "first-teacher = Krzyzanowski\npin = 8305\n",
    )
    .unwrap();
    let factors = [
        "device",
        "provider",
        "words",
        "file:factor.txt",
        "answers:answers.txt",
    ];
    let mut create = vec!["create", "--threshold", "3", "--recovery-out", "words.txt"];
    create.extend(factors.iter().flat_map(|factor| ["--factor", factor]));
    create.extend(["--evaluator", "local:evaluator"]);
    let created = home.json(&create);
    let theirs = ["--account", "theirs", "create", "--factor", "words"];
    let file = [
        "--factor",
        "file:their-factor.txt",
        "--recovery-out",
        "their-words.txt",
    ];
    home.json(&[&theirs[..], &file].concat());
    home.json(&["backup", "account.tki", "--use", "words:words.txt"]);
    std::fs::remove_dir_all(home.path("home/accounts/main")).unwrap();
    let address = created["addresses"]["evm"].as_str()?.to_owned();
    Some((home, address))
}

/// Whether there is a device, and the newest version of the account.
fn written(home: &Home) -> (bool, Value) {
    let shown = home.json(&["show", "--use", "words:words.txt"]);
    let is_device = home.path("home/accounts/main").exists();
    (is_device, shown["account_version"].clone())
}

#[test]
fn mistakes_are_said_and_asked_about_again_until_it_is_enough() {
    let Some((home, address)) = stage() else {
        return;
    };
    let words = words_on(&home.path("words.txt"));
    let mut typo = words.clone();
    typo[6].push_str("zz");
    let answers = [
        // A typing error is answered with the word that was meant.
        key(WHAT, "1"),
        line(SHEET, ""),
        secret(WORDS, &typo.join(" ")),
        secret(WORDS, &words.join(" ")),
        line(IS_IT, "y"),
        // Somebody else's file, one that is not there, and none at all.
        key(ELSE, "1"),
        line(FILE, "their-factor.txt"),
        key(ELSE, "1"),
        line(FILE, "no-such-file"),
        key(ELSE, "1"),
        line(FILE, ""),
        key(ELSE, "1"),
        line(FILE, "factor.txt"),
        // A login with a wrong passphrase.
        key(ELSE, "1"),
        line("The login's key file, or Enter for", ""),
        secret("passphrase of the provider", "wrong horse"),
        secret("passphrase of the provider", "correct horse"),
        secret(NEW, "new horse"),
        secret(AGAIN, "new horse"),
    ];
    let seen = on_terminal(&home, &["recover", "--label", "new laptop"], &answers);
    assert_eq!(seen.code, 0, "{}", seen.text);
    for part in [
        words[6].as_str(),
        "tries left: 4",
        &address,
        "That is 1 of the 3 that are needed.",
        "that is of another account, whose address is 0x",
        "there is no file no-such-file",
        "That is 2 of the 3 that are needed.",
        "new laptop",
    ] {
        assert!(seen.text.contains(part), "{part}: {}", seen.text);
    }
    assert!(!seen.text.contains(&words[..3].join(" ")), "{}", seen.text);
    // What somebody has not said is not at hand is not offered again.
    let after = seen.text.rsplit(ELSE).next().unwrap();
    assert!(!after.contains("recovery words"), "{after}");
    assert!(home.path("home/accounts/main/device.tki").exists());
}

#[test]
fn whoever_stops_has_written_nothing() {
    let Some((home, _)) = stage() else { return };
    let before = written(&home);
    let found = [key(WHAT, "1"), line(SHEET, "words.txt"), line(IS_IT, "y")];
    let stops: [&[Value]; 4] = [
        &[key(WHAT, "\u{3}")],
        // Ctrl-C at a secret; "nothing more: stop"; and the last passphrase.
        &[key(WHAT, "1"), line(SHEET, ""), secret(WORDS, "\u{3}")],
        &[found.as_slice(), &[key(ELSE, "6")]].concat(),
        &[
            found.as_slice(),
            &[
                key(ELSE, "1"),
                line(FILE, "factor.txt"),
                key(ELSE, "1"),
                line("The login's key file, or Enter for", ""),
                secret("passphrase of the provider", "correct horse"),
                secret(NEW, "\u{3}"),
            ],
        ]
        .concat(),
    ];
    for (number, answers) in stops.iter().enumerate() {
        let seen = on_terminal(&home, &["recover"], answers);
        assert_eq!(seen.code, 130, "{number}: {}", seen.text);
        assert!(written(&home) == before, "{number}: {}", seen.text);
    }
}

#[test]
fn another_address_puts_a_factor_aside() {
    let Some((home, address)) = stage() else {
        return;
    };
    let before = written(&home);
    let answers = [
        key(WHAT, "1"),
        line(SHEET, "their-words.txt"),
        line(IS_IT, "n"),
        // Then the right ones are taken, and it is their account's no longer.
        key(WHAT, "1"),
        line(SHEET, "words.txt"),
        line(IS_IT, "y"),
        key(ELSE, "6"),
    ];
    let seen = on_terminal(&home, &["recover"], &answers);
    assert_eq!(seen.code, 130, "{}", seen.text);
    let (theirs, ours) = seen.text.split_once("then it belongs to another").unwrap();
    assert!(!theirs.contains(&address) && ours.contains(&address));
    assert!(written(&home) == before);
}

#[test]
fn answers_say_how_many_tries_are_left() {
    let Some((home, _)) = stage() else { return };
    let answers = [
        // Without another factor nobody knows the questions.
        key(WHAT, "4"),
        key(WHAT, "1"),
        line(SHEET, "words.txt"),
        line(IS_IT, "y"),
        key(ELSE, "3"),
        line("The file of the evaluator", "evaluator"),
        secret("answer", "Krzyzanovski"),
        secret("answer", "8305"),
        secret("answer", "KRZYZANOWSKI"),
        secret("answer", "8305"),
        key(ELSE, "1"),
        line(FILE, "factor.txt"),
        secret(NEW, "new horse"),
        secret(AGAIN, "new horse"),
    ];
    let seen = on_terminal(&home, &["recover"], &answers);
    assert_eq!(seen.code, 0, "{}", seen.text);
    for part in [
        "another factor has to find",
        "allows 100 more combinations",
        "allows 99 more combinations",
        "nothing tells which of them is wrong",
    ] {
        assert!(seen.text.contains(part), "{part}: {}", seen.text);
    }
}

#[test]
fn a_backup_is_restored_at_the_end_and_not_before() {
    let Some((home, address)) = stage() else {
        return;
    };
    let new = ["--home", "new", "recover"];
    let found = [
        key("Where are the account's records?", "2"),
        line("Its path, or Enter to go back:", "words.txt"),
        key("Where are the account's records?", "2"),
        line("Its path, or Enter to go back:", "account.tki"),
        key(WHAT, "2"),
        line(FILE, "factor.txt"),
        line(IS_IT, "y"),
    ];
    let stopped = [found.as_slice(), &[key(ELSE, "6")]].concat();
    let seen = on_terminal(&home, &new, &stopped);
    assert_eq!(seen.code, 130, "{}", seen.text);
    assert!(!home.path("new/accounts").exists() && !home.path("new/storage.redb").exists());
    let rest = [
        key(ELSE, "1"),
        line(SHEET, "words.txt"),
        key(ELSE, "1"),
        line(
            "The login's key file, or Enter to go back:",
            "home/provider.key",
        ),
        secret("passphrase of the provider", "correct horse"),
        secret(NEW, "new horse"),
        secret(AGAIN, "new horse"),
    ];
    let seen = on_terminal(&home, &new, &[&found[..], &rest].concat());
    assert_eq!(seen.code, 0, "{}", seen.text);
    std::fs::write(home.path("device"), "new horse\n").unwrap();
    let opened = home.json(&[
        "--home",
        "new",
        "--passphrase-file",
        "device",
        "open",
        "--use",
        "device",
        "--use",
        "words:words.txt",
        "--use",
        "file:factor.txt",
    ]);
    assert_eq!(opened["addresses"]["evm"], address.as_str());
    assert_eq!(opened["account_version"], 1);
}

#[test]
fn another_device_and_a_guardian_are_told_how() {
    let Some((home, _)) = stage() else { return };
    let answers = [
        key(WHAT, "7"),
        key(WHAT, "6"),
        line("The file with his answer", ""),
        key(WHAT, "9"),
    ];
    let seen = on_terminal(&home, &["recover"], &answers);
    assert_eq!(seen.code, 130, "{}", seen.text);
    for part in [
        "tki device request",
        "tki device approve",
        "tki guardian ask",
    ] {
        assert!(seen.text.contains(part), "{part}: {}", seen.text);
    }
}

/// What is given on a new machine, beside what a test adds.
const LEFT: [&str; 8] = [
    "--home",
    "new",
    "--provider",
    "local:home/provider.key",
    "--use",
    "provider",
    "--use",
    "words:words.txt",
];

#[test]
fn a_new_device_has_a_name_of_its_own_and_hears_which_may_be_lost() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let told = |replace: &[&str], new: &str| {
        let recover = ["recover", "--storage", "redb:home/storage.redb"];
        let left = LEFT.map(|word| if word == "new" { new } else { word });
        let run = home.run(&[&left, &recover[..], replace].concat());
        assert_eq!(run.status.code(), Some(0), "{}", run.err);
        run.err
    };
    let before = home.json(&["show"])["factors"][0].clone();
    let label = before["label"].as_str().unwrap();
    let err = told(&[], "second");
    let reminder = format!("if device 1 ({label}) is lost: tki factor remove 1");
    assert!(err.contains(&reminder), "{err}");
    let err = told(&["--replace", "4"], "third");
    assert!(!err.contains("is lost:"), "{err}");
    let shown = home.json(&["show"]);
    let factors = shown["factors"].as_array().unwrap();
    let labels = factors.iter().filter(|factor| factor["kind"] == "device");
    let labels: Vec<_> = labels
        .map(|factor| factor["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, [label, &format!("{label} 3")]);
}

#[test]
fn an_old_storage_on_a_new_machine_sends_to_a_newer_one() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    std::fs::copy(home.path("home/storage.redb"), home.path("old.redb")).unwrap();
    home.run(&["refresh"]).ok();
    let old = ["--json", "--storage", "redb:old.redb"];
    let run = home.run(&[&old[..], &LEFT, &["recover"]].concat());
    let next = run.next();
    assert!(next.contains("a newer backup"), "{next}");
    assert!(!next.contains("--offline"), "{next}");
    run.fails(4, "refused");
    // Where a device is, it has copies that can be looked at.
    let run = home.run(&[&old[..], &["open"]].concat());
    assert!(run.next().contains("tki show --offline"), "{}", run.err);
}

#[test]
fn one_sheet_given_twice_is_said_to_be_one_factor() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    std::fs::copy(home.path("words.txt"), home.path("copy.txt")).unwrap();
    let twice = ["--use", "words:words.txt", "--use", "words:copy.txt"];
    let run = home.run(&[&["--json", "open"][..], &twice].concat());
    assert_eq!(run.next(), "name another factor as well");
    let message = run.fails(3, "need-more-shares");
    let said = "words words.txt and words copy.txt are the same factor";
    assert!(message.contains(said), "{message}");
}
