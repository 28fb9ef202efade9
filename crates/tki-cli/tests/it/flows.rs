//! What each command prints and does.

use serde_json::{Value, json};

use crate::support::{Home, bare, finish, keys};

const BASE: &[&str] = &["device", "provider", "words"];

const DESCRIPTION: &[&str] = &[
    "account",
    "account_version",
    "addresses",
    "can_lose",
    "curve",
    "epoch",
    "factors",
    "freshness",
    "name",
    "schema",
    "structure",
    "threshold",
    "verifying_key",
];

fn is_hex(value: &Value, digits: usize) -> bool {
    let text = value.as_str().unwrap();
    text.len() == digits
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}

fn factor(identifier: &str, kind: &str, label: &str) -> Value {
    json!({ "identifier": identifier, "kind": kind, "label": label })
}

#[test]
fn creating_prints_the_account_as_opening_and_showing_do() {
    let home = Home::new();
    let created = home.json(&["create", "--recovery-out", "words.txt", "--label", "laptop"]);
    assert_eq!(keys(&created), DESCRIPTION);
    assert!(is_hex(&created["account"], 64));
    assert_eq!(created["name"], "main");
    assert_eq!(created["curve"], "secp256k1");
    assert!(is_hex(&created["verifying_key"], 66));
    assert_eq!(keys(&created["addresses"]), ["evm"]);
    assert!(
        created["addresses"]["evm"]
            .as_str()
            .unwrap()
            .starts_with("0x")
    );
    assert_eq!(created["threshold"], 2);
    assert_eq!(created["epoch"], 0);
    assert_eq!(created["account_version"], 0);
    assert_eq!(created["freshness"], "verified");
    let factors = [
        factor("1", "device", "laptop"),
        factor("2", "provider", "local"),
        factor("3", "words", ""),
    ];
    assert_eq!(created["factors"], json!(factors));
    assert_eq!(home.json(&["open"]), created);
    let mut shown = home.json(&["show"]);
    assert_eq!(shown["freshness"], "at-least");
    shown["freshness"] = json!("verified");
    assert_eq!(shown, created);
    assert_eq!(
        home.json(&["factor", "list"]),
        json!({ "schema": 1, "factors": factors })
    );
}

#[test]
fn an_ed25519_account_has_a_solana_address() {
    let home = Home::with(&["device", "words"], "ed25519");
    let shown = home.json(&["show"]);
    assert_eq!(shown["curve"], "ed25519");
    assert!(is_hex(&shown["verifying_key"], 64));
    assert_eq!(keys(&shown["addresses"]), ["solana"]);
}

#[test]
fn a_p256_account_is_known_by_its_key() {
    let home = Home::with(&["device", "words"], "p256");
    let shown = home.json(&["show"]);
    assert_eq!(shown["curve"], "p256");
    assert!(is_hex(&shown["verifying_key"], 66));
    assert_eq!(shown["addresses"], json!({ "key": shown["verifying_key"] }));
}

#[test]
fn every_pair_of_factors_opens_and_no_single_one_does() {
    let home = Home::with(BASE, "secp256k1");
    let uses = ["device", "provider", "words:words.txt"];
    for (position, first) in uses.iter().enumerate() {
        let alone = home.run(&["--json", "open", "--use", first]);
        let message = alone.fails(3, "need-more-shares");
        assert!(
            message.contains("2 factors are needed, 1 at hand"),
            "{message}"
        );
        for second in uses.iter().skip(position + 1) {
            home.json(&["open", "--use", first, "--use", second]);
        }
    }
}

#[test]
fn signatures_verify_and_others_do_not() {
    for (curve, schemes) in [
        (
            "secp256k1",
            &["bip340", "ecdsa-keccak256", "ecdsa-sha256"][..],
        ),
        ("ed25519", &["ed25519"][..]),
        ("p256", &["ecdsa-p256-sha256"][..]),
    ] {
        let home = Home::with(BASE, curve);
        for scheme in schemes {
            let sign = ["--json", "sign", "message", "-", "--scheme", scheme];
            let signed = home.run_with_input(&sign, b"hello").json();
            let has_id = scheme.starts_with("ecdsa");
            let mut expected = vec!["schema", "scheme", "signature", "verifying_key"];
            if has_id {
                expected.insert(0, "recovery_id");
            }
            assert_eq!(keys(&signed), expected);
            assert_eq!(signed["scheme"], *scheme);
            assert!(is_hex(&signed["signature"], 128));
            let key = signed["verifying_key"].as_str().unwrap();
            let signature = signed["signature"].as_str().unwrap();
            let verify = |message: &[u8]| {
                let arguments = [
                    "--json",
                    "verify",
                    "message",
                    "-",
                    "--scheme",
                    scheme,
                    "--key",
                    key,
                    "--signature",
                    signature,
                ];
                finish(bare(&arguments), message)
            };
            assert_eq!(verify(b"hello").json()["valid"], true);
            verify(b"hullo").fails(4, "bad-signature");
        }
    }
}

#[test]
fn a_digest_is_hexadecimal_or_bytes_and_signs_the_same() {
    let home = Home::with(BASE, "secp256k1");
    let sign = ["sign", "digest", "-", "--scheme", "ecdsa-keccak256"];
    let bytes = home.run_with_input(&sign, &[7; 32]).ok();
    let text = home
        .run_with_input(&sign, format!("{}\n", "07".repeat(32)).as_bytes())
        .ok();
    assert_eq!(bytes, text);
    assert_eq!(bytes.trim_end().len(), 128);
    let mut json = vec!["--json"];
    json.extend(sign);
    home.run_with_input(&json, b"too short").fails(2, "usage");
}

#[test]
fn a_lost_device_is_replaced_on_another_machine() {
    let home = Home::with(BASE, "secp256k1");
    let created = home.json(&["show"]);
    let other = |arguments: &[&str]| {
        let mut all = vec!["--home", "new", "--storage", "redb:home/storage.redb"];
        all.extend(["--provider", "local:home/provider.key"]);
        all.extend(arguments);
        home.run(&all)
    };
    let said = other(&["recover", "--use", "words:words.txt", "--use", "provider"]);
    assert!(
        said.err
            .contains(created["addresses"]["evm"].as_str().unwrap()),
        "{}",
        said.err
    );
    let recovered = other(&["--json", "open"]).json();
    assert_eq!(recovered["addresses"], created["addresses"]);
    assert_eq!(recovered["account_version"], 1);
    assert_eq!(recovered["factors"][3]["identifier"], "4");
    let again = [
        "--json",
        "recover",
        "--use",
        "words:words.txt",
        "--use",
        "provider",
    ];
    other(&again).fails(6, "exists");
    // The old device catches up, then is removed from the new one.
    assert_eq!(home.json(&["open"])["account_version"], 1);
    let removed = other(&["--json", "factor", "remove", "1", "--yes"]).json();
    assert_eq!(removed["epoch"], 1);
    assert_eq!(removed["receipt"]["removed"].as_array().unwrap().len(), 1);
    assert!(
        !removed["receipt"]["residuals"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    home.run(&["--json", "show"]).fails(4, "removed");
    // A removed device can come back by recovery.
    let recover = ["recover", "--use", "words:words.txt", "--use", "provider"];
    home.run(&recover).ok();
    assert_eq!(home.json(&["open"])["account_version"], 3);
}

#[test]
fn recovery_replaces_a_device_in_the_same_change() {
    let home = Home::with(BASE, "ed25519");
    let recovered = home.json(&[
        "--home",
        "new",
        "--storage",
        "redb:home/storage.redb",
        "--provider",
        "local:home/provider.key",
        "recover",
        "--use",
        "words:words.txt",
        "--use",
        "provider",
        "--replace",
        "1",
    ]);
    assert_eq!(recovered["account_version"], 1);
    let identifiers: Vec<_> = recovered["factors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["identifier"].clone())
        .collect();
    assert_eq!(identifiers, ["2", "3", "4"]);
    home.run(&["--json", "open"]).fails(4, "removed");
}

#[test]
fn factors_thresholds_and_shares_change_and_the_address_does_not() {
    let home = Home::with(BASE, "secp256k1");
    let created = home.json(&["show"]);
    let added = home.json(&[
        "factor",
        "add",
        "words",
        "--recovery-out",
        "two.txt",
        "--label",
        "safe",
    ]);
    assert_eq!(added["factors"][3], factor("4", "words", "safe"));
    assert_eq!(
        (&added["account_version"], &added["epoch"]),
        (&json!(1), &json!(0))
    );
    let raised = home.json(&["threshold", "set", "3", "--yes"]);
    assert_eq!(
        (&raised["threshold"], &raised["epoch"]),
        (&json!(3), &json!(1))
    );
    home.run(&["--json", "open"]).fails(3, "need-more-shares");
    let three = [
        "--use",
        "device",
        "--use",
        "provider",
        "--use",
        "words:two.txt",
    ];
    let with = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(three);
        home.json(&all)
    };
    assert_eq!(
        with(&["threshold", "set", "3", "--yes"])["account_version"],
        2
    );
    assert_eq!(with(&["refresh"])["epoch"], 2);
    assert_eq!(
        with(&["factor", "remove", "3", "--yes"])["account_version"],
        4
    );
    assert_eq!(
        with(&["factor", "remove", "3", "--yes"])["account_version"],
        4
    );
    let opened = with(&["open"]);
    assert_eq!(opened["verifying_key"], created["verifying_key"]);
    assert_eq!(opened["factors"].as_array().unwrap().len(), 3);
}

#[test]
fn a_device_and_words_open_with_every_server_gone() {
    let home = Home::with(BASE, "secp256k1");
    std::fs::remove_file(home.path("home/storage.redb")).unwrap();
    std::fs::remove_file(home.path("home/provider.key")).unwrap();
    let offline = ["--offline", "--use", "device", "--use", "words:words.txt"];
    let mut sign = vec!["sign", "message", "-", "--scheme", "bip340"];
    sign.extend(offline);
    home.run_with_input(&sign, b"hello").ok();
    assert_eq!(home.json(&["--offline", "show"])["freshness"], "at-least");
    home.run(&["--json", "open"]).fails(5, "unavailable");
}

#[test]
fn a_device_under_a_passphrase_opens_with_it_alone() {
    let home = Home::new();
    let device = [
        "--device-store",
        "passphrase",
        "--passphrase-file",
        "passphrase",
    ];
    let provider = ["--provider-passphrase-file", "passphrase"];
    let run = |arguments: &[&str]| {
        let mut command = bare(arguments);
        command
            .current_dir(home.path(""))
            .env("TKI_HOME", home.path("home"))
            .args(provider);
        finish(command, b"")
    };
    let mut create = vec!["create", "--recovery-out", "words.txt"];
    create.extend(device);
    run(&create).ok();
    run(&["show", "--passphrase-file", "passphrase"]).ok();
    run(&["--json", "show"]).fails(2, "usage");
    std::fs::write(home.path("wrong"), "wrong").unwrap();
    run(&["--json", "show", "--passphrase-file", "wrong"]).fails(4, "wrong-passphrase");
}

#[test]
fn accounts_of_two_names_live_in_one_home() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let second = [
        "--account",
        "second",
        "create",
        "--factor",
        "device",
        "--factor",
        "words",
    ];
    let mut create = second.to_vec();
    create.extend(["--recovery-out", "second.txt"]);
    let created = home.json(&create);
    assert_eq!(created["name"], "second");
    let first = home.json(&["open", "--use", "device", "--use", "words:words.txt"]);
    assert_ne!(first["account"], created["account"]);
}

#[test]
fn a_factor_is_replaced_by_one_like_it_in_one_change() {
    let home = Home::new();
    let create = ["create", "--recovery-out", "words.txt"];
    let created = home.json(&create);
    let words = ["--use", "device", "--use", "words:words.txt"];
    let replace = ["factor", "replace", "3", "--recovery-out", "new.txt"];
    let replaced = home.json(&[&replace[..], &words].concat());
    assert_eq!(replaced["addresses"], created["addresses"]);
    assert_eq!(replaced["account_version"], 1);
    assert_eq!(replaced["factors"][2], factor("4", "words", ""));
    assert_eq!(replaced["receipt"]["added"], json!(["words 4"]));
    assert_eq!(replaced["receipt"]["removed"], json!(["words 3"]));
    home.run(&["--json", "open", "--use", "words:words.txt"])
        .fails(4, "removed");
    let words = ["--use", "device", "--use", "words:new.txt"];
    let replace = ["factor", "replace", "2", "--provider", "local:new.key"];
    let replaced = home.json(&[&replace[..], &words].concat());
    assert_eq!(replaced["factors"][2], factor("5", "provider", "local"));
    home.json(&["--provider", "local:new.key", "open"]);
    for (identifier, kind) in [("1", "usage"), ("77", "invalid-change")] {
        let replace = ["--json", "factor", "replace", identifier];
        let message = home
            .run(&[&replace[..], &words, &["--recovery-out", "x.txt"]].concat())
            .fails(2, kind);
        assert!(!message.is_empty());
    }
    assert!(!home.path("x.txt").exists());
}

#[test]
fn factors_are_made_where_they_are_named() {
    let home = Home::new();
    let created = home.json(&[
        "create",
        "--factor",
        "device",
        "--factor",
        "provider",
        "--factor",
        "provider:local:second.key",
        "--factor",
        "words:first.txt",
        "--factor",
        "words:second.txt",
    ]);
    let labels = json!(["local", "second"]);
    let holders = created["factors"].as_array().unwrap();
    let logins = holders.iter().filter(|h| h["kind"] == "provider");
    let logins: Vec<_> = logins.map(|h| h["label"].clone()).collect();
    assert_eq!(json!(logins), labels);
    // Any two: two logins, two sheets, one of each.
    for uses in [
        ["provider", "provider:local:second.key"],
        ["words:first.txt", "words:second.txt"],
        ["provider:local:second.key", "words:second.txt"],
    ] {
        let opened = home.json(&["open", "--use", uses[0], "--use", uses[1]]);
        assert_eq!(opened["addresses"], created["addresses"], "{uses:?}");
    }
    home.run(&["factor", "add", "words:third.txt"]).ok();
    home.run(&["factor", "add", "provider:local:third.key"])
        .ok();
    let opened = home.json(&[
        "open",
        "--use",
        "words:third.txt",
        "--use",
        "provider:local:third.key",
    ]);
    assert_eq!(opened["addresses"], created["addresses"]);
    // The same one twice, and a file that is there.
    let twice = ["--json", "--account", "b", "create", "--factor", "words"];
    let twice = [&twice[..], &["--factor", "words"]].concat();
    home.run(&twice).fails(2, "usage");
    home.run(&["--json", "factor", "add", "words:third.txt"])
        .fails(6, "exists");
}
