//! New secrets for those who are present, and new names.

use serde_json::json;

use crate::support::Home;

const BASE: &[&str] = &["device", "provider", "words"];
const DEVICE_AND_WORDS: &[&str] = &["--use", "device", "--use", "words:words.txt"];

#[test]
fn device_and_words_are_renewed_and_whoever_was_not_is_named() {
    let home = Home::with(BASE, "secp256k1");
    let before = home.json(&["show"]);
    let renew = ["renew", "--recovery-out", "new.txt"];
    let renewed = home.json(&[&renew[..], DEVICE_AND_WORDS].concat());
    assert_eq!(renewed["factors"], before["factors"]);
    assert_eq!(renewed["addresses"], before["addresses"]);
    assert_eq!(renewed["epoch"], 1);
    let receipt = &renewed["receipt"];
    assert_eq!(receipt["renewed"].as_array().unwrap().len(), 2);
    let residuals = receipt["residuals"].to_string();
    assert!(
        residuals.contains("provider 2 (local)") && residuals.contains("stayed the same"),
        "{residuals}"
    );
    home.json(&["open", "--use", "device", "--use", "words:new.txt"]);
    home.json(&["open", "--use", "provider", "--use", "words:new.txt"]);
    home.run(&["--json", "open", "--use", "words:words.txt"])
        .fails(4, "removed");
}

#[test]
fn words_are_renewed_only_where_the_new_ones_have_somewhere_to_go() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&[&["--json", "renew"], DEVICE_AND_WORDS].concat())
        .fails(2, "usage");
    assert_eq!(home.json(&["show"])["account_version"], 0);
    let renewed = home.json(&[&["renew", "1"], DEVICE_AND_WORDS].concat());
    assert_eq!(renewed["receipt"]["renewed"].as_array().unwrap().len(), 1);
    home.json(&[&["open"], DEVICE_AND_WORDS].concat());
}

#[test]
fn who_is_not_at_hand_or_is_a_login_is_not_renewed() {
    let home = Home::with(BASE, "secp256k1");
    for identifier in ["2", "3", "77"] {
        home.run(&["--json", "renew", identifier])
            .fails(2, "invalid-change");
    }
    let words = ["--use", "provider", "--use", "words:words.txt"];
    std::fs::remove_dir_all(home.path("home/accounts")).unwrap();
    home.run(&[&["--json", "renew", "1"][..], &words].concat())
        .fails(2, "invalid-change");
    // Without a device the words alone are renewed.
    let renew = ["renew", "--recovery-out", "new.txt"];
    let renewed = home.json(&[&renew[..], &words].concat());
    assert_eq!(renewed["receipt"]["renewed"], json!(["words 3"]));
}

#[test]
fn a_renewed_device_catches_up_and_works_offline() {
    let home = Home::with(BASE, "secp256k1");
    home.json(&["renew", "1"]);
    home.json(&["refresh"]);
    home.json(&[&["--offline", "open"], DEVICE_AND_WORDS].concat());
    home.json(&["renew", "1"]);
    assert_eq!(home.json(&["open"])["account_version"], 3);
}

#[test]
fn a_factor_is_called_something_else() {
    let home = Home::with(BASE, "secp256k1");
    let renamed = home.json(&["factor", "rename", "2", "my own server"]);
    assert_eq!(renamed["factors"][1]["label"], "my own server");
    assert_eq!(
        (&renamed["account_version"], &renamed["epoch"]),
        (&json!(1), &json!(0))
    );
    let done = renamed["receipt"]["done"].to_string();
    assert!(
        done.contains("my own server") && done.contains("local"),
        "{done}"
    );
    // It is called so already.
    let again = home.json(&["factor", "rename", "2", "my own server"]);
    assert_eq!(again["account_version"], 1);
    let long = "x".repeat(65);
    for (identifier, label) in [("77", "x"), ("2", long.as_str()), ("2", "a\nb")] {
        home.run(&["--json", "factor", "rename", identifier, label])
            .fails(2, "invalid-change");
    }
}
