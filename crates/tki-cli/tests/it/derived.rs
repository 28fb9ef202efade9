//! Keys that follow from the account's: addresses, signatures, exports.

use crate::support::Home;

const BASE: &[&str] = &["device", "provider", "words"];

#[test]
fn an_address_is_shown_with_one_factor_and_a_derived_one_with_enough() {
    let home = Home::with(BASE, "secp256k1");
    let own = home.json(&["address", "--use", "device"]);
    assert_eq!(own["addresses"], home.json(&["show"])["addresses"]);
    let alone = ["--json", "address", "--app", "mail", "--use", "device"];
    home.run(&alone).fails(3, "need-more-shares");

    let mut keys = Vec::new();
    for key in [
        &["--app", "mail"][..],
        &["--app", "chat"],
        &["--chain", "evm"],
        &["--chain", "evm", "--index", "1"],
        &["--path", "m/44'/60'/0'/0/2"],
    ] {
        let shown = home.json(&[&["address"][..], key].concat());
        keys.push(shown["verifying_key"].as_str().unwrap().to_owned());
    }
    let standard = home.json(&["address", "--path", "m/44'/60'/0'/0/1"]);
    assert_eq!(standard["verifying_key"], keys[3]);
    assert_eq!(standard["path"], "m/44'/60'/0'/0/1");
    // The same after a change of the shares, and from other factors.
    home.run(&["refresh"]).ok();
    let uses = ["--use", "provider", "--use", "words:words.txt"];
    let again = home.json(&[&["address", "--app", "mail"][..], &uses].concat());
    assert_eq!(again["verifying_key"], keys[0]);
    assert_eq!(again["app"], "mail");
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 5);
}

#[test]
fn a_derived_key_signs_and_is_exported() {
    let home = Home::with(BASE, "secp256k1");
    std::fs::write(home.path("message"), "hello").unwrap();
    for key in [
        &["--app", "mail"][..],
        &["--chain", "bitcoin-taproot", "--index", "2"],
        &["--path", "m/1'/2"],
    ] {
        let shown = home.json(&[&["address"][..], key].concat());
        let sign = ["sign", "message", "message", "--scheme", "bip340"];
        let signed = home.json(&[&sign[..], key].concat());
        assert_eq!(signed["verifying_key"], shown["verifying_key"]);
        let verify = ["verify", "message", "message", "--scheme", "bip340"];
        let (public, signature) = (&signed["verifying_key"], &signed["signature"]);
        let given = ["--key", public.as_str().unwrap(), "--signature"];
        let verify = [&verify[..], &given, &[signature.as_str().unwrap()]].concat();
        home.run(&verify).ok();
        let export = ["export", "--format", "hex", "--output", "-"];
        let digits = home.run(&[&export[..], key].concat()).ok();
        assert_eq!(digits.trim().len(), 64);
        let file = format!("{}.wif", key[1].replace('/', "_"));
        let export = ["export", "--format", "wif", "--output", &file];
        let exported = home.json(&[&export[..], key].concat());
        assert_eq!(exported["addresses"], shown["addresses"]);
        // A wallet makes the output key of Taproot from the key that it is given.
        let is_same = exported["verifying_key"] == shown["verifying_key"];
        assert_eq!(is_same, key[1] != "bitcoin-taproot");
    }
}

#[test]
fn what_the_account_has_no_key_for_is_a_mistake_of_usage() {
    let home = Home::with(BASE, "ed25519");
    for key in [
        &["--chain", "evm"][..],
        &["--path", "m"],
        &["--path", "m/0"],
        &["--path", "m/1'/2"],
        &["--path", "44'/0'"],
        &["--app", ""],
        &["--index", "1"],
        &["--chain", "solana", "--app", "mail"],
        &["--chain", "solana", "--index", "2147483648"],
    ] {
        let run = home.run(&[&["--json", "address"][..], key].concat());
        run.fails(2, "usage");
    }
    let solana = home.json(&["address", "--chain", "solana"]);
    assert_eq!(solana["path"], "m/44'/501'/0'/0'");
    let index = [
        "--json",
        "address",
        "--chain",
        "solana",
        "--index",
        "2147483648",
    ];
    let said = home.run(&index).fails(2, "usage");
    assert!(said.contains("0..2147483648"), "{said}");
    for (curve, next) in [("ed25519", "base58"), ("secp256k1", "xprv")] {
        let home = Home::with(BASE, curve);
        let phrase = ["--json", "export", "--output", "key", "--format", "bip39"];
        let run = home.run(&phrase);
        assert!(run.err.contains(next), "{}", run.err);
        run.fails(2, "usage");
    }
    for export in [
        &["--format", "xprv", "--app", "mail"][..],
        &["--format", "keystore"],
    ] {
        let arguments = ["--json", "export", "--output", "key"];
        home.run(&[&arguments[..], export].concat())
            .fails(2, "usage");
    }
    for format in ["keystore", "sec1", "wif", "xprv"] {
        let export = ["--json", "export", "--output", "key", "--format", format];
        let said = home.run(&export).fails(2, "usage");
        assert!(said.contains("curve"), "{format}: {said}");
    }
    let sign = ["sign", "message", "key", "--chain", "evm", "--scheme"];
    std::fs::write(home.path("key"), "hello").unwrap();
    for scheme in ["ed25519", "ecdsa-keccak256"] {
        let said = home.run(&[&["--json"], &sign[..], &[scheme]].concat());
        let said = said.fails(2, "usage");
        assert!(said.contains("evm is a chain of another curve"), "{said}");
    }
    std::fs::remove_file(home.path("key")).unwrap();
    assert!(!home.path("key").exists());
}

#[test]
fn a_file_to_import_says_what_is_missing() {
    let home = Home::new();
    let phrase = "test test test test test test test test test test test junk";
    std::fs::write(home.path("phrase"), phrase).unwrap();
    let import = ["--json", "import", "phrase", "--recovery-out", "words.txt"];
    let said = home.run(&import).fails(2, "usage");
    assert!(said.contains("path"), "{said}");
    let near = phrase.replace("junk", "test");
    std::fs::write(home.path("phrase"), near).unwrap();
    let at = ["--path", "m/44'/60'/0'/0/0"];
    let said = home.run(&[&import[..], &at].concat()).fails(2, "usage");
    assert!(!said.contains("test"), "{said}");
    assert!(!home.path("home").exists() && !home.path("words.txt").exists());
}
