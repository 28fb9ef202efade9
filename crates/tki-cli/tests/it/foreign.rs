//! Signatures as programs of others see them.

use std::path::Path;
use std::process::Command;

use crate::support::{Home, has};

/// `SubjectPublicKeyInfo` of a compressed secp256k1 point, up to the point.
const SPKI_SECP256K1: &str = "3036301006072a8648ce3d020106052b8104000a032200";
/// `SubjectPublicKeyInfo` of a compressed P-256 point, up to the point.
const SPKI_P256: &str = "3039301306072a8648ce3d020106082a8648ce3d030107032200";
/// `SubjectPublicKeyInfo` of an Ed25519 key, up to the key.
const SPKI_ED25519: &str = "302a300506032b6570032100";

/// A signature over a message, and the key: both hexadecimal.
fn sign(home: &Home, scheme: &str, message: &[u8]) -> (String, String, u64) {
    let arguments = ["--json", "sign", "message", "-", "--scheme", scheme];
    let signed = home.run_with_input(&arguments, message).json();
    let text = |name: &str| signed[name].as_str().unwrap().to_owned();
    (
        text("verifying_key"),
        text("signature"),
        signed["recovery_id"].as_u64().unwrap_or(0),
    )
}

fn openssl(home: &Home, spki: &str, signature: &[u8], message: &[u8], options: &[&str]) -> bool {
    std::fs::write(home.path("key.der"), hex::decode(spki).unwrap()).unwrap();
    std::fs::write(home.path("signature"), signature).unwrap();
    std::fs::write(home.path("message"), message).unwrap();
    let mut command = Command::new("openssl");
    command
        .current_dir(home.path(""))
        .args(["pkeyutl", "-verify", "-pubin", "-keyform", "DER"]);
    command.args([
        "-inkey",
        "key.der",
        "-sigfile",
        "signature",
        "-in",
        "message",
        "-rawin",
    ]);
    command.args(options).output().unwrap().status.success()
}

/// r ‖ s as the DER sequence that X.509 uses.
fn der(signature: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for half in signature.chunks(32) {
        let zeros = half.iter().take_while(|byte| **byte == 0).count();
        let mut integer = half[zeros..].to_vec();
        if integer[0] & 0x80 != 0 {
            integer.insert(0, 0);
        }
        body.extend([2, u8::try_from(integer.len()).unwrap()]);
        body.extend(integer);
    }
    let mut sequence = vec![0x30, u8::try_from(body.len()).unwrap()];
    sequence.extend(body);
    sequence
}

#[test]
fn openssl_verifies_ecdsa_over_sha256() {
    if !has("openssl", "version") {
        return;
    }
    for (curve, scheme, header) in [
        ("secp256k1", "ecdsa-sha256", SPKI_SECP256K1),
        ("p256", "ecdsa-p256-sha256", SPKI_P256),
    ] {
        let home = Home::with(&["device", "provider", "words"], curve);
        for message in [&b""[..], b"hello", &[0xff; 1000]] {
            let (key, signature, _) = sign(&home, scheme, message);
            let spki = format!("{header}{key}");
            let signature = der(&hex::decode(signature).unwrap());
            let digest = ["-digest", "sha256"];
            assert!(openssl(&home, &spki, &signature, message, &digest));
            assert!(!openssl(&home, &spki, &signature, b"another", &digest));
        }
    }
}

#[test]
fn openssl_verifies_ed25519() {
    if !has("openssl", "version") {
        return;
    }
    let home = Home::with(&["device", "provider", "words"], "ed25519");
    for message in [&b"x"[..], b"hello", &[0xff; 1000]] {
        let (key, signature, _) = sign(&home, "ed25519", message);
        let spki = format!("{SPKI_ED25519}{key}");
        let signature = hex::decode(signature).unwrap();
        assert!(openssl(&home, &spki, &signature, message, &[]));
        assert!(!openssl(&home, &spki, &signature, b"another", &[]));
    }
}

#[test]
fn an_independent_script_verifies_bip340_and_ecdsa_over_keccak() {
    if !has("python3", "--version") {
        return;
    }
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/verify.py");
    for scheme in ["bip340", "ecdsa-keccak256"] {
        for message in [&b""[..], b"hello", &[7; 300]] {
            let (key, signature, id) = sign(&home, scheme, message);
            let verify = |message: &[u8]| {
                let mut command = Command::new("python3");
                command
                    .arg(&script)
                    .args([scheme, &key, &signature, &hex::encode(message)]);
                command
                    .arg(id.to_string())
                    .output()
                    .unwrap()
                    .status
                    .success()
            };
            assert!(verify(message), "{scheme}");
            assert!(!verify(b"another"), "{scheme}");
        }
    }
}
