//! Vectors of others, read from the folder that `TKI_VECTORS` names.

use std::fs;
use std::path::PathBuf;

use hkdf::SimpleHkdf;
use sha2::Sha256;
use tki_math::SecretScalar;
use tki_seal::bip340::{PublicKey, Signature, SigningKey};
use tki_seal::oprf::EvaluationKey;
use tki_seal::signature::{Input, Scheme, verify};

use crate::golden::CHECKS;
use crate::oprf::Case;
use crate::support::{array, bytes, scalar};
use crate::written::files;

/// The text of a file of the folder, if there is a folder.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment names the folder"
)]
#[expect(clippy::print_stdout, reason = "what did not run is said")]
fn read(path: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("TKI_VECTORS") else {
        println!("skipped, because TKI_VECTORS is not set");
        return None;
    };
    let path = PathBuf::from(folder).join(path);
    let text = fs::read_to_string(&path);
    Some(text.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The cases of RFC 9497 with P256-SHA256 in mode OPRF, as its authors publish them.
#[test]
fn oprf_vectors() {
    let Some(text) = read("voprf-rfc9497/poc/vectors/allVectors.json") else {
        return;
    };
    let suites: serde_json::Value = serde_json::from_str(&text).unwrap();
    let suites = suites.as_array().unwrap().iter();
    let mut checked = 0;
    for suite in suites.filter(|suite| suite["identifier"] == "P256-SHA256" && suite["mode"] == 0) {
        let field = |name: &str| suite[name].as_str().unwrap();
        let key = EvaluationKey::derive(&array(field("seed")), &bytes(field("keyInfo"))).unwrap();
        for case in suite["vectors"].as_array().unwrap() {
            let field = |name: &str| case[name].as_str().unwrap();
            let case = Case {
                input: field("Input"),
                blind: field("Blind"),
                blinded: field("BlindedElement"),
                evaluated: field("EvaluationElement"),
                output: field("Output"),
            };
            crate::oprf::check(&key, &case);
            checked += 1;
        }
    }
    assert_eq!(checked, 2, "other vectors than known");
}

/// `test-vectors.csv` of BIP-340. Verification is checked for every line; signing for those whose
/// auxiliary randomness is zero, which is all that we sign with.
#[test]
fn bip340_vectors() {
    let Some(text) = read("bip340/test-vectors.csv") else {
        return;
    };
    let mut signed = 0;
    let mut verified = 0;
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [
            index,
            secret_key,
            public_key,
            aux_rand,
            message,
            signature,
            result,
        ] = fields[..7]
        else {
            panic!("seven fields and a comment")
        };
        let public_key: [u8; 32] = array(public_key);
        let message = bytes(message);
        let signature: [u8; 64] = array(signature);
        let expected = result == "TRUE";

        let key = PublicKey::from_bytes(public_key);
        let found = key.verify_message(&message, &Signature::from_bytes(signature));
        assert_eq!(found.is_ok(), expected, "vector {index}");
        let found = verify(
            Scheme::Bip340,
            &public_key,
            Input::Message(&message),
            &signature,
        );
        assert_eq!(found.is_ok(), expected, "vector {index}");
        verified += 1;

        if !secret_key.is_empty() {
            let secret: SecretScalar<_> = scalar(secret_key);
            let key = SigningKey::from_scalar(secret).unwrap();
            assert_eq!(key.public_key().to_bytes(), public_key, "vector {index}");
            if aux_rand.bytes().all(|digit| digit == b'0') {
                assert_eq!(
                    key.sign_message(&message).to_bytes(),
                    signature,
                    "vector {index}"
                );
                signed += 1;
            }
        }
    }
    assert!(verified >= 19, "only {verified} vectors");
    assert!(signed >= 1, "no vector without auxiliary randomness");
}

/// RFC 5869 has no vectors for SHA3-256: these show that the crate that we use is HKDF.
#[test]
fn hkdf_vectors() {
    let Some(text) = read("hkdf-rfc5869/rfc-5869-HKDF-SHA256.txt") else {
        return;
    };
    let mut checked = 0;
    for block in text.split("COUNT").skip(1) {
        let field = |name: &str| {
            let lines = block.lines().filter_map(|line| line.split_once('='));
            let mut values = lines.filter(|(found, _)| found.trim() == name);
            values
                .next()
                .map_or("", |(_, value)| value.trim())
                .to_owned()
        };
        let hkdf = SimpleHkdf::<Sha256>::new(Some(&bytes(&field("salt"))), &bytes(&field("IKM")));
        let expected = bytes(&field("OKM"));
        assert!(!expected.is_empty());
        let mut okm = vec![0; expected.len()];
        hkdf.expand(&bytes(&field("info")), &mut okm).unwrap();
        assert_eq!(okm, expected);
        checked += 1;
    }
    assert!(checked >= 3, "only {checked} vectors");
}

/// What the independent reference wrote: `xtask/vectors`.
#[test]
fn what_the_reference_wrote_agrees() {
    for (name, check) in CHECKS {
        if let Some(file) = read(&format!("python/tki-seal/{name}.json")) {
            check(&file);
        }
    }
}

/// Writes random cases for the reference, and checks them as if they were its own.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the environment names the folder"
)]
#[expect(clippy::print_stdout, reason = "what did not run is said")]
fn cases_for_the_reference_are_written() {
    let Some(folder) = std::env::var_os("TKI_VECTORS_WRITE") else {
        println!("skipped, because TKI_VECTORS_WRITE is not set");
        return;
    };
    let folder = PathBuf::from(folder).join("tki-seal");
    fs::create_dir_all(&folder).unwrap();
    for (name, file) in files(&mut tki_testkit::rng("cases for the reference")) {
        let text = serde_json::to_string_pretty(&file).unwrap();
        let (_, check) = CHECKS.iter().find(|(found, _)| *found == name).unwrap();
        check(&text);
        fs::write(folder.join(format!("{name}.json")), text).unwrap();
    }
}
