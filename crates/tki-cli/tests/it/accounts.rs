//! The accounts of a home, without a secret.

use serde_json::json;

use crate::support::{Home, bare, finish};

fn create<'a>(name: &'a str, sheet: &'a str, store: &'a [&'a str]) -> Vec<&'a str> {
    let mut all = vec!["--account", name, "create", "--recovery-out", sheet];
    all.extend(["--factor", "device", "--factor", "words"]);
    all.extend(store);
    all
}

fn accounts(home: &Home) -> serde_json::Value {
    let mut command = bare(&["--json", "accounts"]);
    command.env("TKI_HOME", home.path("home"));
    finish(command, b"").json()
}

#[test]
fn accounts_are_listed_with_what_shows_without_a_secret() {
    let home = Home::new();
    assert_eq!(accounts(&home), json!({ "schema": 1, "accounts": [] }));
    let plain = home.json(&create("plain", "plain.txt", &[]));
    let mut sealed = bare(&create(
        "sealed",
        "sealed.txt",
        &["--passphrase-file", "passphrase"],
    ));
    sealed
        .current_dir(home.path(""))
        .env("TKI_HOME", home.path("home"));
    finish(sealed, b"").ok();
    let listed = accounts(&home);
    let expected = json!([
        { "name": "plain", "store": "plain", "addresses": plain["addresses"], "account_version": 0 },
        { "name": "sealed", "store": "passphrase" },
    ]);
    assert_eq!(listed["accounts"], expected);
}

#[test]
fn a_damaged_package_is_named_and_the_others_are_listed() {
    let home = Home::new();
    home.run(&create("a", "a.txt", &[])).ok();
    home.run(&create("b", "b.txt", &[])).ok();
    let package = home.path("home/accounts/a/device.tki");
    let mut bytes = std::fs::read(&package).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&package, bytes).unwrap();
    std::fs::create_dir(home.path("home/accounts/c")).unwrap();
    let listed = accounts(&home);
    let problem = listed["accounts"][0]["problem"].as_str().unwrap();
    assert!(
        problem.contains("device.tki") && problem.contains("tki recover"),
        "{problem}"
    );
    assert_eq!(listed["accounts"][1]["store"], "plain");
    assert_eq!(listed["accounts"][2], json!({ "name": "c" }));
}

#[test]
fn two_accounts_in_one_home_change_apart() {
    let home = Home::new();
    let first = home.json(&create("first", "first.txt", &[]));
    let second = home.json(&create("second", "second.txt", &[]));
    assert_ne!(first["account"], second["account"]);
    let with = |name, sheet: &str, command: &[&str]| {
        let mut all = vec!["--account", name, "--use", "device", "--use", sheet];
        all.extend(command);
        home.json(&all)
    };
    assert_eq!(
        with("second", "words:second.txt", &["refresh"])["account_version"],
        1
    );
    assert_eq!(
        with("first", "words:first.txt", &["open"])["account_version"],
        0
    );
    let receipts = |name| home.json(&["--account", name, "receipts"])["receipts"].clone();
    assert_eq!(receipts("first").as_array().unwrap().len(), 1);
    assert_eq!(receipts("second").as_array().unwrap().len(), 2);
    // The words of the one do not open the other.
    let crossed = [
        "--json",
        "--account",
        "first",
        "open",
        "--use",
        "device",
        "--use",
    ];
    home.run(&[&crossed[..], &["words:second.txt"]].concat())
        .fails(4, "refused");
}

#[test]
fn a_creation_that_failed_leaves_no_folder() {
    let home = Home::new();
    let mut command = bare(&["--json", "create", "--recovery-out", "words.txt"]);
    command
        .current_dir(home.path(""))
        .env("TKI_HOME", home.path("home"))
        .args(["--device-store", "plain"]);
    // The provider's passphrase is missing.
    finish(command, b"").fails(2, "usage");
    assert!(!home.path("home/accounts").exists());
    assert!(!home.path("words.txt").exists());
}
