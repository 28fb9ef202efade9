//! Words reach their owner once, and nobody else.

use crate::support::{Home, words_on};

const BASE: &[&str] = &["device", "provider", "words"];

#[test]
fn a_sheet_has_24_words_the_version_and_the_address_and_says_what_it_is_not() {
    let home = Home::with(BASE, "secp256k1");
    let sheet = std::fs::read_to_string(home.path("words.txt")).unwrap();
    assert_eq!(words_on(&home.path("words.txt")).len(), 24);
    let shown = home.json(&["show"]);
    assert!(sheet.contains(shown["addresses"]["evm"].as_str().unwrap()));
    assert!(sheet.contains("# version  0\n"));
    assert!(sheet.contains("NOT a wallet seed"));
}

#[cfg(unix)]
#[test]
fn everything_secret_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::with(BASE, "secp256k1");
    for file in [
        "words.txt",
        "home/accounts/main/device.tki",
        "home/provider.key",
    ] {
        let mode = std::fs::metadata(home.path(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let mode = std::fs::metadata(home.path("home"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_file_that_exists_is_never_overwritten() {
    let home = Home::new();
    std::fs::write(home.path("words.txt"), "mine").unwrap();
    home.run(&["--json", "create", "--recovery-out", "words.txt"])
        .fails(6, "exists");
    assert_eq!(
        std::fs::read_to_string(home.path("words.txt")).unwrap(),
        "mine"
    );
    // Nothing was begun either.
    home.run(&["create", "--recovery-out", "other.txt"]).ok();
    home.run(&[
        "--json",
        "factor",
        "add",
        "words",
        "--recovery-out",
        "words.txt",
    ])
    .fails(6, "exists");
    assert_eq!(home.json(&["show"])["account_version"], 0);
}

#[test]
fn without_a_terminal_and_a_file_nothing_is_created() {
    let home = Home::new();
    home.run(&["--json", "create"]).fails(2, "usage");
    assert!(!home.path("home").exists());
    let home = Home::with(BASE, "secp256k1");
    home.run(&["--json", "factor", "add", "words"])
        .fails(2, "usage");
    assert_eq!(home.json(&["show"])["account_version"], 0);
}

#[test]
fn no_command_prints_words() {
    let home = Home::new();
    let created = home.run(&["--json", "-v", "create", "--recovery-out", "words.txt"]);
    let added = home.run(&[
        "--json",
        "factor",
        "add",
        "words",
        "--recovery-out",
        "two.txt",
    ]);
    let opened = home.run(&[
        "-v",
        "open",
        "--use",
        "words:words.txt",
        "--use",
        "words:two.txt",
    ]);
    let mut printed = String::new();
    for run in [created, added, opened] {
        assert!(run.status.success(), "{}", run.err);
        printed.push_str(&run.out);
        printed.push_str(&run.err);
    }
    for sheet in ["words.txt", "two.txt"] {
        let words = words_on(&home.path(sheet));
        for pair in words.windows(2) {
            assert!(!printed.contains(&pair.join(" ")));
        }
    }
}
