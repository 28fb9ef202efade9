//! Keys as other programs have them, both ways and through the real binary: wallet libraries from
//! `PyPI`, OpenSSL and OpenSSH.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Home, has};

const BASE: &[&str] = &["device", "provider", "words"];

/// Any secret of secp256k1, and any seed.
const KEY: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

/// The Python that has the libraries, where `xtask/setup/wallets.sh` put it; says so if it is not.
#[expect(
    clippy::disallowed_methods,
    reason = "where caches are is said by the environment"
)]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn python() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let folder = cache.or(home)?.join("tki/wallets");
    // The list is written when all of them are there.
    if !folder.join("packages").exists() {
        println!("skipped, because there are no wallet libraries: bash xtask/setup/wallets.sh");
        return None;
    }
    Some(folder.join("bin/python"))
}

/// What the script says, for these arguments.
fn wallets(python: &Path, home: &Home, arguments: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/wallets.py");
    let mut command = Command::new(python);
    command
        .current_dir(home.path(""))
        .arg(script)
        .args(arguments);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn program(home: &Home, name: &str, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(name);
    command.current_dir(home.path("")).args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{name} {arguments:?}");
    output.stdout
}

fn export(home: &Home, format: &str) -> String {
    let output = format!("{format}.key");
    let mut arguments = vec!["export", "--format", format, "--output", &output];
    if format == "keystore" {
        arguments.extend(["--key-passphrase-file", "passphrase"]);
    }
    home.json(&arguments);
    output
}

/// The account that is made around the key in the file.
fn import(home: &Home, number: usize, file: &str, more: &[&str]) -> Value {
    let (name, words) = (format!("import{number}"), format!("import{number}.txt"));
    let import = ["--account", &name, "import", file, "--recovery-out", &words];
    let over = ["--factor", "device", "--factor", "words"];
    home.json(&[&import[..], &over, more].concat())
}

/// The address of this key by the libraries, held against the one that the binary shows.
fn check_address(python: &Path, home: &Home, curve: &str, key: &str, shown: &Value) {
    let address = wallets(python, home, &["address", curve, key]);
    let name = if curve == "ed25519" { "solana" } else { "evm" };
    assert_eq!(shown["addresses"][name], address, "{shown}");
}

#[test]
fn wallet_libraries_read_what_is_exported() {
    let Some(python) = python() else { return };
    for (curve, formats) in [
        ("secp256k1", &["jwk", "keystore", "wif"][..]),
        ("ed25519", &["base58", "jwk", "solana"]),
    ] {
        let home = Home::with(BASE, curve);
        let hex = std::fs::read_to_string(home.path(&export(&home, "hex"))).unwrap();
        let passphrase = std::fs::read_to_string(home.path("passphrase")).unwrap();
        let passphrase = passphrase.lines().next().unwrap();
        check_address(&python, &home, curve, hex.trim(), &home.json(&["show"]));
        for format in formats {
            let file = export(&home, format);
            let read = wallets(&python, &home, &["read", format, &file, passphrase]);
            assert_eq!(read, hex.trim(), "{format}");
        }
    }
}

#[test]
fn what_wallet_libraries_write_is_imported() {
    let Some(python) = python() else { return };
    let home = Home::new();
    let passphrase = std::fs::read_to_string(home.path("passphrase")).unwrap();
    let passphrase = passphrase.lines().next().unwrap();
    for (number, (format, curve)) in (0..).zip([
        ("wif", "secp256k1"),
        ("jwk", "secp256k1"),
        ("keystore", "secp256k1"),
        ("solana", "ed25519"),
        ("base58", "ed25519"),
    ]) {
        let written = wallets(&python, &home, &["write", format, KEY, passphrase]);
        std::fs::write(home.path(format), written).unwrap();
        let more: &[&str] = if format == "keystore" {
            &["--key-passphrase-file", "passphrase"]
        } else {
            &[]
        };
        let imported = import(&home, number, format, more);
        check_address(&python, &home, curve, KEY, &imported);
    }
}

#[test]
fn wallets_find_the_addresses_of_an_exported_tree() {
    let Some(python) = python() else { return };
    let home = Home::with(BASE, "secp256k1");
    let file = export(&home, "xprv");
    let found = wallets(&python, &home, &["tree", &file]);
    let chains = ["bitcoin", "bitcoin-taproot", "evm"];
    for (chain, expected) in chains.iter().zip(found.lines()) {
        let shown = home.json(&["address", "--chain", chain, "--index", "1"]);
        assert_eq!(shown["addresses"][chain], expected);
    }
    // A signature by the key at that path is one of that address.
    let digest = "5a".repeat(32);
    std::fs::write(home.path("digest"), &digest).unwrap();
    let sign = ["sign", "digest", "digest", "--scheme", "ecdsa-keccak256"];
    let at = ["--path", "m/44'/60'/0'/0/1"];
    let signed = home.json(&[&sign[..], &at].concat());
    let signature = signed["signature"].as_str().unwrap();
    let id = signed["recovery_id"].to_string();
    let signer = wallets(&python, &home, &["recover", &digest, signature, &id]);
    assert_eq!(Some(signer.as_str()), found.lines().nth(2));
}

#[test]
fn wallets_show_the_address_of_a_key_that_is_exported_for_a_chain() {
    let Some(python) = python() else { return };
    let home = Home::with(BASE, "secp256k1");
    for chain in ["bitcoin", "bitcoin-test", "bitcoin-taproot", "evm"] {
        let at = ["--chain", chain, "--index", "2"];
        let export = ["export", "--format", "wif", "--output", chain];
        let network: &[&str] = if chain.ends_with("test") {
            &["--testnet"]
        } else {
            &[]
        };
        let exported = home.json(&[&export[..], &at, network].concat());
        let shown = home.json(&[&["address"][..], &at].concat());
        assert_eq!(exported["addresses"], shown["addresses"]);
        let found = wallets(&python, &home, &["chain", chain, chain]);
        assert_eq!(exported["addresses"][chain], found);
    }
}

#[test]
fn a_phrase_gives_the_key_that_wallets_find() {
    let Some(python) = python() else { return };
    let home = Home::new();
    let phrase = "test test test test test test test test test test test junk";
    let path = "m/44'/60'/0'/0/3";
    std::fs::write(home.path("phrase"), phrase).unwrap();
    let at = ["--path", path];
    for (number, passphrase) in [(0, ""), (1, "correct horse")] {
        let key = wallets(&python, &home, &["phrase", phrase, passphrase, path]);
        let under: &[&str] = &["--key-passphrase-file", "passphrase"];
        let under = if passphrase.is_empty() { &[] } else { under };
        let imported = import(&home, number, "phrase", &[&at, under].concat());
        check_address(&python, &home, "secp256k1", &key, &imported);
    }
    // An extended key of theirs, at the rest of the path.
    let extended = wallets(&python, &home, &["extended", phrase, "m/44'/60'/0'"]);
    std::fs::write(home.path("extended"), extended).unwrap();
    let imported = import(&home, 2, "extended", &["--path", "m/0/3"]);
    let key = wallets(&python, &home, &["phrase", phrase, "", path]);
    check_address(&python, &home, "secp256k1", &key, &imported);
}

#[test]
fn openssh_reads_what_is_exported_and_writes_what_is_imported() {
    // It knows no option that only prints.
    if !has("ssh", "-V") {
        return;
    }
    for (curve, kind, header) in [
        ("ed25519", "ed25519", "ssh-ed25519"),
        ("p256", "ecdsa", "ecdsa-sha2-nistp256"),
    ] {
        let home = Home::with(BASE, curve);
        let file = export(&home, "openssh");
        let public = program(&home, "ssh-keygen", &["-y", "-f", &file]);
        assert!(public.starts_with(header.as_bytes()));
        program(
            &home,
            "ssh-keygen",
            &["-q", "-t", kind, "-N", "", "-C", "somebody", "-f", "made"],
        );
        // What it made is exported as it was: the public half is its own again.
        let imported = import(&home, 0, "made", &[]);
        let key = imported["verifying_key"].as_str().unwrap();
        let account = ["--account", "import0"];
        let again = ["export", "--format", "openssh", "--output", "again"];
        let uses = ["--use", "device", "--use", "words:import0.txt"];
        home.json(&[&account[..], &again, &uses].concat());
        let half = |file: &str| {
            let public = program(&home, "ssh-keygen", &["-y", "-f", file]);
            let text = String::from_utf8(public).unwrap();
            text.split(' ').nth(1).unwrap().trim().to_owned()
        };
        assert_eq!(half("again"), half("made"));
        std::fs::write(home.path("half"), half("made")).unwrap();
        let blob = hex::encode(program(&home, "base64", &["-d", "half"]));
        // The x coordinate, or all of an Ed25519 key.
        assert!(blob.contains(&key[key.len() - 64..]), "{kind}");
    }
}

#[test]
fn openssl_reads_sec1_and_writes_what_is_imported() {
    if !has("openssl", "version") {
        return;
    }
    for (curve, name) in [("secp256k1", "secp256k1"), ("p256", "prime256v1")] {
        let home = Home::with(BASE, curve);
        let file = export(&home, "sec1");
        let point = |file: &str| {
            let compressed = ["-pubout", "-outform", "DER", "-conv_form", "compressed"];
            let der = program(
                &home,
                "openssl",
                &[&["ec", "-in", file][..], &compressed].concat(),
            );
            hex::encode(&der[der.len() - 33..])
        };
        assert_eq!(home.json(&["show"])["verifying_key"], point(&file));
        let made = ["ecparam", "-name", name, "-genkey", "-out", "made.pem"];
        program(&home, "openssl", &made);
        let imported = import(&home, 0, "made.pem", &[]);
        assert_eq!(imported["verifying_key"], point("made.pem"));
    }
}
