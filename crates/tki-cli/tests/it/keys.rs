//! Keys that come from elsewhere, and keys that leave.

use serde_json::Value;

use crate::support::{Home, has, keys};

const BASE: &[&str] = &["device", "provider", "words"];

/// The scalar 1, and the address that every wallet shows for it.
const ONE: &str = "0000000000000000000000000000000000000000000000000000000000000001";
const ADDRESS_OF_ONE: &str = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";

/// RFC 8032, section 7.1, test 1.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

fn residuals(value: &Value) -> Vec<&str> {
    let residuals = value["receipt"]["residuals"].as_array().unwrap();
    residuals.iter().map(|r| r.as_str().unwrap()).collect()
}

#[test]
fn an_imported_key_keeps_its_address_and_its_old_copies_are_named() {
    let home = Home::new();
    let import = ["--json", "import", "-", "--recovery-out", "words.txt"];
    let imported = home.run_with_input(&import, ONE.as_bytes()).json();
    assert_eq!(imported["addresses"]["evm"], ADDRESS_OF_ONE);
    assert!(
        residuals(&imported)[0].contains("the key existed before"),
        "{imported}"
    );
    assert_eq!(
        home.json(&["receipts", "0"])["receipts"][0],
        imported["receipt"]
    );
    let uses = ["--use", "provider", "--use", "words:words.txt"];
    let opened = home.json(&[&["open"][..], &uses].concat());
    assert_eq!(opened["addresses"]["evm"], ADDRESS_OF_ONE);
}

#[test]
fn the_address_is_shown_before_anything_is_made() {
    let home = Home::new();
    std::fs::write(home.path("key.hex"), format!("0x{ONE}\n")).unwrap();
    let import = [
        "import", "key.hex", "--factor", "device", "--factor", "words",
    ];
    let said = home.run(&[&import[..], &["--recovery-out", "words.txt"]].concat());
    assert!(said.err.contains(ADDRESS_OF_ONE), "{}", said.err);
    assert!(said.ok().contains("the key existed before"));
    home.run(&[&["--json"], &import[..]].concat())
        .fails(2, "usage");
}

#[test]
fn an_ed25519_key_comes_from_its_seed_and_leaves_as_one() {
    let home = Home::new();
    std::fs::write(home.path("key"), SEED).unwrap();
    let import = [
        "import",
        "key",
        "--curve",
        "ed25519",
        "--recovery-out",
        "words.txt",
    ];
    let imported = home.json(&import);
    assert_eq!(imported["verifying_key"], PUBLIC);
    let exported = home.json(&["export", "--format", "hex", "--output", "out"]);
    assert_eq!(
        keys(&exported),
        ["addresses", "file", "format", "schema", "verifying_key"]
    );
    assert_eq!(exported["verifying_key"], PUBLIC);
    let text = std::fs::read_to_string(home.path("out")).unwrap();
    assert_eq!(text, format!("{SEED}\n"));
}

#[test]
fn what_is_exported_was_read_back_and_is_imported_again() {
    let tree = ["--path", "m"];
    let under = ["--key-passphrase-file", "passphrase"];
    for (curve, formats) in [
        (
            "secp256k1",
            &["hex", "pkcs8", "sec1", "jwk", "wif", "keystore", "xprv"][..],
        ),
        (
            "ed25519",
            &["hex", "pkcs8", "jwk", "openssh", "solana", "base58"],
        ),
        ("p256", &["hex", "pkcs8", "sec1", "jwk", "openssh"]),
    ] {
        let home = Home::with(BASE, curve);
        let created = home.json(&["show"]);
        for format in formats {
            let passphrase = if *format == "keystore" {
                &under[..]
            } else {
                &[]
            };
            let file = format!("{format}.key");
            let export = ["export", "--format", format, "--output", &file];
            let said = home.run(&[&export[..], passphrase].concat()).ok();
            let address = created["addresses"].as_object().unwrap().values().next();
            let address = address.unwrap_or(&created["verifying_key"]);
            assert!(said.contains(address.as_str().unwrap()), "{said}");
            assert!(said.contains("It was read back"), "{said}");

            let words = format!("{format}.txt");
            let import = ["--home", format, "import", &file, "--recovery-out", &words];
            let with_curve = ["--curve", curve];
            let at = if *format == "xprv" { &tree[..] } else { &[] };
            let imported = home.json(&[&import[..], &with_curve, passphrase, at].concat());
            for name in ["addresses", "verifying_key"] {
                assert_eq!(imported[name], created[name], "{curve} {format}");
            }
            assert_ne!(imported["account"], created["account"]);
            let old_copy = residuals(&imported)[0];
            assert!(old_copy.contains("the key existed before"), "{imported}");
        }
    }
}

#[test]
fn openssl_reads_an_exported_key() {
    if !has("openssl", "version") {
        return;
    }
    for (curve, scheme) in [("secp256k1", "EC"), ("p256", "EC"), ("ed25519", "ED25519")] {
        let home = Home::with(BASE, curve);
        home.json(&["export", "--format", "pkcs8", "--output", "key.pem"]);
        let mut command = std::process::Command::new("openssl");
        command.current_dir(home.path(""));
        command.args(["pkey", "-in", "key.pem", "-pubout", "-outform", "DER"]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{scheme}");
        let key = home.json(&["show"])["verifying_key"]
            .as_str()
            .unwrap()
            .to_owned();
        // The x coordinate, or all of an Ed25519 key.
        let x = &key[key.len() - 64..];
        assert!(hex::encode(output.stdout).contains(x), "{scheme}");
    }
}

#[cfg(unix)]
#[test]
fn an_exported_key_is_for_its_owner_alone_and_never_replaces_a_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::with(BASE, "secp256k1");
    let export = ["export", "--format", "hex", "--output", "key"];
    let text = home.run(&export).ok();
    assert!(text.contains("Whoever has the file has the key"), "{text}");
    let mode = std::fs::metadata(home.path("key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    // The very same again is no loss.
    home.run(&export).ok();
    std::fs::write(home.path("mine"), "mine").unwrap();
    let taken = ["--json", "export", "--format", "hex", "--output", "mine"];
    home.run(&taken).fails(6, "exists");
    assert_eq!(std::fs::read_to_string(home.path("mine")).unwrap(), "mine");
}

#[test]
fn a_key_goes_to_standard_output_only_where_it_is_named() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["--json", "export", "--format", "hex"])
        .fails(2, "usage");
    home.run(&["--json", "export", "--format", "hex", "--output", "-"])
        .fails(2, "usage");
    let out = home.run(&["export", "--format", "hex", "--output", "-"]);
    assert!(out.err.contains("has the key"), "{}", out.err);
    assert_eq!(out.ok().trim_end().len(), 64);
    home.run(&[
        "--json", "export", "--format", "hex", "--output", "key", "--use", "device",
    ])
    .fails(3, "need-more-shares");
    assert!(!home.path("key").exists());
}

#[test]
fn a_key_is_exported_offline_and_from_a_backup() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["backup", "account.tki"]).ok();
    std::fs::remove_file(home.path("home/storage.redb")).unwrap();
    let uses = ["--use", "device", "--use", "words:words.txt"];
    for place in [&["--offline"][..], &["--storage", "bundle:account.tki"]] {
        let export = ["export", "--format", "hex", "--output", "key"];
        home.run(&[place, &export, &uses].concat()).ok();
    }
}

#[test]
fn what_is_no_key_is_refused_and_makes_nothing() {
    let home = Home::new();
    for (content, arguments) in [
        ("", &["--format", "hex"][..]),
        ("zz", &[]),
        (&ONE[1..], &[]),
        (ONE, &["--format", "pkcs8"]),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            &[],
        ),
    ] {
        let import = ["--json", "import", "-", "--recovery-out", "words.txt"];
        let run = home.run_with_input(&[&import[..], arguments].concat(), content.as_bytes());
        run.fails(2, "usage");
        assert!(!home.path("home").exists() && !home.path("words.txt").exists());
    }
}

#[test]
fn an_option_that_does_not_belong_to_the_format_is_refused() {
    let home = Home::with(BASE, "secp256k1");
    let shares = ["--threshold", "2", "--shares", "3"];
    let passphrase = ["--key-passphrase-file", "passphrase"];
    for (format, output, options) in [
        ("hex", "key", &shares[..2]),
        ("wif", "key", &shares[2..]),
        ("hex", "key", &["--testnet"]),
        ("pkcs8", "key", &passphrase),
        ("wif", "key", &["--testnet", "--chain", "bitcoin"]),
        ("wif", "key", &["--testnet", "--chain", "evm"]),
        ("slip39", "-", &shares),
    ] {
        let export = ["--json", "export", "--format", format, "--output", output];
        let run = home.run(&[&export[..], options].concat());
        assert!(!run.err.contains("tki --help"), "{}", run.err);
        run.fails(2, "usage");
        assert!(!home.path("key").exists() && !home.path("-").exists());
    }
    let test = ["--format", "wif", "--testnet", "--chain", "bitcoin-test"];
    let export = ["export", "--output", "test.wif"];
    home.json(&[&export[..], &test].concat());
    // The chain says the network, too: a key of the test network begins with c.
    for (file, chain, first) in [
        ("main.wif", "bitcoin", &["K", "L"][..]),
        ("chain.wif", "bitcoin-test", &["c"]),
    ] {
        let named = ["--format", "wif", "--chain", chain, "--output", file];
        home.json(&[&["export"], &named[..]].concat());
        let key = std::fs::read_to_string(home.path(file)).unwrap();
        assert!(first.contains(&&key[..1]), "{chain}");
    }
    let same = ["test.wif", "chain.wif"].map(|file| std::fs::read(home.path(file)).unwrap());
    assert_eq!(same[0], same[1]);
    let help = home.run(&["export", "--help"]).ok();
    assert!(help.contains("xprv") && !help.contains("bip39"), "{help}");

    let import = ["--json", "--home", "new", "import", "-", "--path", "m/1"];
    let import = [&import[..], &["--recovery-out", "new.txt"]].concat();
    let run = home.run_with_input(&import, ONE.as_bytes());
    assert!(run.fails(2, "usage").contains("no tree"));
    // A passphrase that nothing is under would be passed over.
    std::fs::write(home.path("key.hex"), ONE).unwrap();
    let import = ["--json", "--home", "new", "import", "key.hex"];
    let import = [&import[..], &["--recovery-out", "new.txt"], &passphrase].concat();
    let run = home.run(&import);
    assert!(run.next().contains("--key-passphrase-file"), "{}", run.err);
    assert!(run.fails(2, "usage").contains("no passphrase"));
    assert!(!home.path("new").exists());
}

#[test]
fn a_sheet_of_words_is_imported_by_no_name() {
    let home = Home::with(BASE, "secp256k1");
    home.json(&["factor", "add", "words:page.html"]);
    for sheet in ["words.txt", "page.html"] {
        let import = ["--json", "--home", "new", "import", sheet];
        let at = ["--path", "m/44'/60'/0'/0/0", "--recovery-out", "new.txt"];
        for format in [&[][..], &["--format", "bip39"]] {
            let run = home.run(&[&import[..], &at, format].concat());
            assert!(run.err.contains("tki recover --use words:"), "{}", run.err);
            run.fails(2, "usage");
        }
    }
    assert!(!home.path("new").exists() && !home.path("new.txt").exists());
}

#[test]
fn a_key_that_the_login_already_holds_is_not_another() {
    let home = Home::new();
    let import = ["import", "-", "--recovery-out", "words.txt"];
    home.run_with_input(&import, ONE.as_bytes()).ok();
    let another = ["--json", "--account", "b", "import", "-", "--another"];
    let another = |words, key: &str| {
        let import = [&another[..], &["--recovery-out", words]].concat();
        home.run_with_input(&import, key.as_bytes())
    };
    let run = another("second.txt", ONE);
    assert!(run.err.contains("tki recover"), "{}", run.err);
    assert!(run.fails(6, "exists").contains("very key"));
    assert!(!home.path("second.txt").exists());
    another("second.txt", SEED).json();
}
