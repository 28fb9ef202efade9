//! Factors in files: an account is made over one, recovered with it, and nothing else passes for it.

use std::process::Command;

use serde_json::Value;

use crate::support::{Home, Run, has};

/// A home with an account over a login and a file, which is under a passphrase.
fn home() -> Home {
    let home = Home::new();
    std::fs::write(home.path("secret"), "open sesame\n").unwrap();
    let create = ["create", "--factor", "device", "--factor", "provider"];
    let file = [
        "--factor",
        "file:factor.txt",
        "--file-passphrase-file",
        "secret",
    ];
    home.json(&[&create[..], &file[..]].concat());
    home
}

/// Another machine, with the login and this file.
fn recover(home: &Home, file: &str, more: &[&str]) -> Run {
    let file = format!("file:{file}");
    let mut all = vec![
        "--json",
        "--home",
        "new",
        "--storage",
        "redb:home/storage.redb",
    ];
    all.extend(["--provider", "local:home/provider.key", "recover"]);
    all.extend(["--use", "provider", "--use", &file]);
    all.extend(more);
    home.run(&all)
}

#[test]
fn a_file_and_a_login_bring_the_account_back_after_the_device_is_gone() {
    let home = home();
    let created = home.json(&["show"]);
    assert_eq!(created["factors"][2]["kind"], "file");
    let text = std::fs::read_to_string(home.path("factor.txt")).unwrap();
    for private in [&created["addresses"]["evm"], &created["account"]] {
        let private = private.as_str().unwrap_or("main");
        assert!(!text.contains(private), "{private}");
    }
    std::fs::remove_dir_all(home.path("home/accounts")).unwrap();
    let recovered = recover(&home, "factor.txt", &["--file-passphrase-file", "secret"]).json();
    assert_eq!(recovered["addresses"], created["addresses"]);
}

#[test]
fn a_file_is_added_to_an_account_with_or_without_a_passphrase() {
    let home = Home::with(&["device", "provider", "words"], "ed25519");
    let added = home.json(&["factor", "add", "file:plain.txt", "--label", "safe"]);
    assert_eq!(added["factors"][3]["kind"], "file");
    assert_eq!(added["factors"][3]["label"], "safe");
    let opened = home.json(&[
        "open",
        "--use",
        "file:plain.txt",
        "--use",
        "words:words.txt",
    ]);
    assert_eq!(opened["addresses"], added["addresses"]);
    // What belongs to a file is not ignored where none is made; where one is used it is meant.
    for options in [
        &["--file-passphrase-file", "passphrase"][..],
        &["--age-recipient", "age1nobody"],
    ] {
        let other = ["--json", "factor", "add", "words:second.txt"];
        let said = home.run(&[&other[..], options].concat()).fails(2, "usage");
        assert!(said.contains("none is made"), "{said}");
        assert!(!home.path("second.txt").exists());
    }
    home.json(&[
        "factor",
        "add",
        "words:second.txt",
        "--use",
        "file:plain.txt",
        "--use",
        "device",
        "--use",
        "provider",
        "--file-passphrase-file",
        "passphrase",
    ]);
    // A file that is there is not overwritten.
    let again = ["--json", "factor", "add", "file:plain.txt"];
    let run = home.run(&again);
    assert!(
        run.err.contains("name a new file: file:FILE"),
        "{}",
        run.err
    );
    run.fails(6, "exists");
    // Nor are words spoken of where a file could not be written.
    let nowhere = ["--json", "factor", "add", "file:none/factor.txt"];
    let said = home.run(&nowhere).fails(2, "usage");
    assert!(said.contains("could not write the factor file"), "{said}");
}

#[test]
fn a_wrong_or_missing_passphrase_is_refused() {
    let home = home();
    std::fs::write(home.path("wrong"), "open Sesame\n").unwrap();
    let wrong = recover(&home, "factor.txt", &["--file-passphrase-file", "wrong"]);
    wrong.fails(4, "wrong-passphrase");
    recover(&home, "factor.txt", &[]).fails(2, "usage");
    recover(&home, "factor.txt", &["--file-passphrase-file", "secret"]).json();
}

#[test]
fn what_is_no_factors_file_is_named() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    home.json(&["factor", "add", "file:plain.txt"]);
    let text = std::fs::read_to_string(home.path("plain.txt")).unwrap();
    let with = |content: &[u8]| {
        std::fs::write(home.path("other.txt"), content).unwrap();
        home.run(&[
            "--json",
            "open",
            "--use",
            "file:other.txt",
            "--use",
            "device",
        ])
    };
    for length in [0, 30, text.len() / 2, text.len() - 30] {
        with(&text.as_bytes()[..length]).fails(4, "corrupt-file");
    }
    let start = text.find("-----BEGIN").unwrap();
    for place in (start..text.len()).step_by(7) {
        let mut flipped = text.clone().into_bytes();
        flipped[place] ^= 1;
        let run = with(&flipped);
        // White space is free; nothing else is.
        assert!(
            run.status.success() || run.status.code() == Some(4),
            "{place}"
        );
    }
    with(&[b'x'; 70_000]).fails(2, "usage");
    with(b"\xff\xfe\x00").fails(4, "wrong-words");
    // Content of version 2, with a checksum that fits.
    let future = "-----BEGIN TKI FACTOR FILE-----\nAgAOIHW0\n-----END TKI FACTOR FILE-----\n";
    let said = with(future.as_bytes());
    assert!(matches!(said.status.code(), Some(1 | 4)), "{}", said.err);
    // Words are another kind of factor, and the other way round.
    let words = std::fs::read(home.path("words.txt")).unwrap();
    let said = with(&words).fails(4, "wrong-words");
    assert!(said.contains("words"), "{said}");
    let reverse = [
        "--json",
        "open",
        "--use",
        "words:plain.txt",
        "--use",
        "device",
    ];
    let run = home.run(&reverse);
    assert!(run.next().contains("--use file:FILE"), "{}", run.err);
    let said = run.fails(4, "wrong-words");
    assert!(said.contains("factor's file"), "{said}");
}

#[test]
fn age_encrypts_a_file_and_the_plain_text_is_nowhere() {
    if !has("age", "--version") || !has("age-keygen", "--version") {
        return;
    }
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let made = Command::new("age-keygen").output().unwrap();
    std::fs::write(home.path("key"), &made.stdout).unwrap();
    let text = String::from_utf8(made.stdout).unwrap();
    let recipient = text
        .lines()
        .find_map(|line| line.strip_prefix("# public key: "))
        .unwrap();
    let added: Value = home.json(&["factor", "add", "file:f.age", "--age-recipient", recipient]);
    let encrypted = std::fs::read_to_string(home.path("f.age")).unwrap();
    assert!(encrypted.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"));
    let both = ["--use", "device", "--json", "open", "--use", "file:f.age"];
    home.run(&both).fails(4, "wrong-passphrase");

    let mut age = Command::new("age");
    age.current_dir(home.path(""))
        .args(["--decrypt", "-i", "key", "f.age"]);
    let plain = age.output().unwrap().stdout;
    let both = ["--json", "open", "--use", "device", "--use", "file:-"];
    let opened = home.run_with_input(&both, &plain).json();
    assert_eq!(opened["addresses"], added["addresses"]);

    let bad = [
        "--json",
        "factor",
        "add",
        "file:g.age",
        "--age-recipient",
        "age1nobody",
    ];
    home.run(&bad).fails(2, "usage");
    assert!(!home.path("g.age").exists());
}
