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

#[test]
fn an_account_is_forgotten_by_this_machine_alone() {
    let home = Home::new();
    home.run(&create("old", "old.txt", &[])).ok();
    let kept = home.json(&create("kept", "kept.txt", &[]));
    let remove = |arguments: &[&str]| {
        let mut all = vec!["--json", "accounts", "remove"];
        all.extend(arguments);
        home.run(&all)
    };
    assert!(
        remove(&["nobody", "--yes"])
            .fails(4, "not-found")
            .contains("nobody")
    );
    // Nobody can be asked here.
    remove(&["old"]).fails(2, "usage");
    assert!(home.path("home/accounts/old/device.tki").exists());
    assert_eq!(remove(&["old", "--yes"]).json()["removed"], "old");
    assert!(!home.path("home/accounts/old").exists());
    let listed = accounts(&home);
    assert_eq!(listed["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(listed["accounts"][0]["addresses"], kept["addresses"]);
    // The account itself is where it was.
    let shown = home.json(&["--account", "other", "show", "--use", "words:old.txt"]);
    assert_eq!(shown["factors"].as_array().unwrap().len(), 2);
}

#[test]
fn a_damaged_package_can_be_removed() {
    let home = Home::new();
    home.run(&create("a", "a.txt", &[])).ok();
    std::fs::write(home.path("home/accounts/a/device.tki"), b"nothing").unwrap();
    home.run(&["accounts", "remove", "a", "--yes"]).ok();
    assert_eq!(accounts(&home)["accounts"], json!([]));
}

#[test]
fn what_led_to_an_account_is_explained() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let shown = home.json(&[
        "show",
        "--explain",
        "--use",
        "words:words.txt",
        "--use",
        "provider",
    ]);
    let explanation = &shown["explanation"];
    assert_eq!(explanation["name"], "main");
    let factors = explanation["factors"].as_array().unwrap();
    let told: Vec<_> = factors
        .iter()
        .map(|factor| {
            (
                factor["identifier"].as_str().unwrap(),
                factor["slot"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("2", 0), ("3", 0)]);
    assert!(
        factors[0]["input"]
            .as_str()
            .unwrap()
            .contains("provider.key")
    );
    assert!(factors[1]["input"].as_str().unwrap().contains("words.txt"));
    let text = home.run(&["show", "--explain"]).ok();
    assert!(
        text.contains("what led here") && text.contains("device.tki"),
        "{text}"
    );
    assert!(home.json(&["show"])["explanation"].is_null());
}

#[test]
fn a_second_account_of_a_login_is_asked_for_by_name_and_told_apart() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let first = home.json(&["show"]);
    let again = [
        "--json",
        "--account",
        "second",
        "create",
        "--recovery-out",
        "second.txt",
    ];
    let refused = home.run(&again).fails(6, "exists");
    assert!(refused.contains("already hold"), "{refused}");
    let mut another = again.to_vec();
    another.push("--another");
    let second = home.run(&another).json();
    assert_ne!(first["addresses"], second["addresses"]);
    // People are told which address the login has already.
    let third = [
        "--account",
        "third",
        "create",
        "--recovery-out",
        "third.txt",
        "--another",
    ];
    let told = home.run(&third);
    let address = first["addresses"]["evm"].as_str().unwrap();
    assert!(told.err.contains(address), "{}", told.err);
    // The words say which of the login's accounts is meant; so does its number.
    let open = |words: &str| {
        let words = format!("words:{words}");
        home.json(&[
            "--account",
            "x",
            "open",
            "--use",
            "provider",
            "--use",
            &words,
        ])
    };
    assert_eq!(open("words.txt")["addresses"], first["addresses"]);
    assert_eq!(open("second.txt")["addresses"], second["addresses"]);
    let number = second["account"].as_str().unwrap();
    let shown = home.json(&[
        "--account",
        "x",
        "show",
        "--use",
        "provider",
        "--account-id",
        number,
    ]);
    assert_eq!(shown["addresses"], second["addresses"]);
    let wrong = ["--json", "show", "--account-id", "12"];
    assert!(home.run(&wrong).err.contains("64 hexadecimal digits"));
}
