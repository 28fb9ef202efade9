//! Private keys from other programs, honest and hostile.

use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use tki_formats::{PrivateKey, PrivateKeyError};
use tki_math::SecretScalar;
use tki_seal::curve::{CurveId, Ed25519, Secp256k1};

/// RFC 8410, section 10.3: version 1.
const RFC_8410: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

/// RFC 8410, section 10.3: the same key in version 2, with an attribute and the public key.
const RFC_8410_WITH_PUBLIC_KEY: &str = "-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
";

const RFC_8410_SEED: &str = "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";
const RFC_8410_PUBLIC: &str = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

/// By `openssl ecparam -name secp256k1 -genkey | openssl pkcs8 -topk8 -nocrypt`.
const OPENSSL_SECP256K1: &str = "-----BEGIN PRIVATE KEY-----
MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgAAAAAAAAAAAAAAAAAAAA
AAAAAAAAAAAAAAAAAAAAAAGhRANCAAR5vmZ++dy7rFWgYpXOhwsHApv82y3OKNlZ
8oFbFvgXmEg62ncmo8RlXaT7/A4RCKj9F7RIpoVUGZxH0I/7ENS4
-----END PRIVATE KEY-----
";

/// By `openssl ecparam -name prime256v1 -genkey | openssl pkcs8 -topk8 -nocrypt`, with 1 for the key.
const OPENSSL_P256: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAGhRANCAARrF9Hy4SxCR/i85uVjpEDydwN9gS3r
M6D0oTlF2JjClk/jQuL+Gn+bjufrSnwPnhYrzjNXazFezsu2QGg3v1H1
-----END PRIVATE KEY-----
";

const ONE: &str = "0000000000000000000000000000000000000000000000000000000000000001";

/// The order of secp256k1, and one less.
const SECP256K1_ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
const SECP256K1_LAST: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140";

/// The order of P-256, and one less.
const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P256_LAST: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550";

/// ℓ, little-endian, and one less.
const ED25519_ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
const ED25519_LAST: &str = "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

fn hex_key(curve: CurveId, text: &str) -> Result<PrivateKey, PrivateKeyError> {
    PrivateKey::from_hex(curve, text)
}

fn error(read: Result<PrivateKey, PrivateKeyError>) -> PrivateKeyError {
    read.map(|key| key.verifying_key()).unwrap_err()
}

fn der(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    unbase64(&lines.collect::<String>())
}

fn unbase64(text: &str) -> Vec<u8> {
    let mut bits: u32 = 0;
    let mut count = 0;
    let mut bytes = Vec::new();
    for character in text.bytes().filter(|c| *c != b'=') {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let value = alphabet.iter().position(|a| *a == character).unwrap();
        bits = (bits << 6) | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    bytes
}

#[test]
fn the_keys_of_rfc_8410_are_read_and_written() {
    for file in [RFC_8410, RFC_8410_WITH_PUBLIC_KEY] {
        for bytes in [file.as_bytes().to_vec(), der(file)] {
            let key = PrivateKey::from_pkcs8(&bytes).unwrap();
            assert_eq!(key.curve(), CurveId::Ed25519);
            assert_eq!(*key.to_hex(), RFC_8410_SEED);
            assert_eq!(hex::encode(key.verifying_key()), RFC_8410_PUBLIC);
            assert_eq!(*key.to_pkcs8().unwrap(), RFC_8410);
            assert!(!key.is_scalar_only());
        }
    }
}

#[test]
fn ec_keys_of_openssl_are_read_and_written() {
    for (curve, file) in [
        (CurveId::P256, OPENSSL_P256),
        (CurveId::Secp256k1, OPENSSL_SECP256K1),
    ] {
        for bytes in [file.as_bytes().to_vec(), der(file)] {
            let key = PrivateKey::from_pkcs8(&bytes).unwrap();
            assert_eq!(key.curve(), curve);
            assert_eq!(*key.to_hex(), ONE);
            assert_eq!(*key.to_pkcs8().unwrap(), file);
        }
    }
}

#[test]
fn hexadecimal_digits_are_read_as_people_have_them() {
    let Ok(key) = hex_key(CurveId::Secp256k1, &format!("  0x{}\n", ONE.to_uppercase())) else {
        panic!("blanks, 0x and capitals do not matter");
    };
    assert_eq!(*key.to_hex(), ONE);
    let pair = format!("{RFC_8410_SEED}{RFC_8410_PUBLIC}");
    let key = hex_key(CurveId::Ed25519, &pair).unwrap();
    assert_eq!(*key.to_hex(), RFC_8410_SEED);
}

#[test]
fn a_key_and_a_public_key_that_do_not_fit_are_refused() {
    let pair = format!("{RFC_8410_SEED}{RFC_8410_SEED}");
    assert_eq!(
        error(hex_key(CurveId::Ed25519, &pair)),
        PrivateKeyError::PublicKeyMismatch
    );
    // The last byte of each of these is the last of a public key.
    for file in [OPENSSL_P256, OPENSSL_SECP256K1, RFC_8410_WITH_PUBLIC_KEY] {
        let mut bytes = der(file);
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(
            error(PrivateKey::from_pkcs8(&bytes)),
            PrivateKeyError::PublicKeyMismatch
        );
    }
}

#[test]
fn numbers_that_are_no_scalars_are_refused() {
    let zero = "0".repeat(64);
    let most = "f".repeat(64);
    for (curve, order) in [
        (CurveId::P256, P256_ORDER),
        (CurveId::Secp256k1, SECP256K1_ORDER),
    ] {
        for text in [&zero, order, &most] {
            assert_eq!(error(hex_key(curve, text)), PrivateKeyError::OutOfRange);
        }
    }
    for text in [&zero, ED25519_ORDER, &most] {
        assert_eq!(
            error(hex_key(CurveId::Ed25519, &format!("scalar:{text}"))),
            PrivateKeyError::OutOfRange
        );
    }
    for (curve, text) in [
        (CurveId::P256, P256_LAST.to_owned()),
        (CurveId::Secp256k1, SECP256K1_LAST.to_owned()),
        (CurveId::Ed25519, format!("scalar:{ED25519_LAST}")),
        // As seeds all 32 bytes are keys.
        (CurveId::Ed25519, zero.clone()),
        (CurveId::Ed25519, most),
    ] {
        assert_eq!(*hex_key(curve, &text).unwrap().to_hex(), text);
    }
    let zero_scalar = SecretScalar::<Secp256k1>::from_canonical_bytes(&[0; 32]).unwrap();
    assert_eq!(
        error(PrivateKey::from_scalar(&zero_scalar)),
        PrivateKeyError::OutOfRange
    );
}

#[test]
fn numbers_in_files_that_are_no_scalars_are_refused() {
    for (file, order, last) in [
        (OPENSSL_P256, P256_ORDER, P256_LAST),
        (OPENSSL_SECP256K1, SECP256K1_ORDER, SECP256K1_LAST),
    ] {
        let mut file = der(file);
        let place = file
            .windows(32)
            .position(|w| w[31] == 1 && w[..31] == [0; 31]);
        for (text, refused) in [
            ("0".repeat(64).as_str(), PrivateKeyError::OutOfRange),
            (order, PrivateKeyError::OutOfRange),
            (last, PrivateKeyError::PublicKeyMismatch),
        ] {
            hex::decode_to_slice(text, &mut file[place.unwrap()..][..32]).unwrap();
            assert_eq!(error(PrivateKey::from_pkcs8(&file)), refused);
        }
    }
}

/// The same digits are a key on either curve, so that a file that names both is refused.
#[test]
fn a_file_that_names_two_curves_is_refused() {
    let inner = |name: &[u8]| {
        let scalar = hex::decode(ONE).unwrap();
        let name = [&[6, u8::try_from(name.len()).unwrap()], name].concat();
        let parameters = [&[0xa0, u8::try_from(name.len()).unwrap()], &name[..]].concat();
        let key = [&[2, 1, 1, 4, 32], &scalar[..], &parameters].concat();
        [&[0x30, u8::try_from(key.len()).unwrap()], &key[..]].concat()
    };
    let outer = |name: &[u8], inner: &[u8]| {
        let ec = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
        let name = [&[6, u8::try_from(name.len()).unwrap()], name].concat();
        let algorithm = [&ec[..], &name].concat();
        let algorithm = [
            &[0x30, u8::try_from(algorithm.len()).unwrap()],
            &algorithm[..],
        ]
        .concat();
        let octets = [&[4, u8::try_from(inner.len()).unwrap()], inner].concat();
        let key = [&[2, 1, 0], &algorithm[..], &octets].concat();
        [&[0x30, u8::try_from(key.len()).unwrap()], &key[..]].concat()
    };
    let p256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let secp256k1: &[u8] = &[0x2b, 0x81, 4, 0, 10];
    for (outside, inside, curve) in [
        (p256, p256, Some(CurveId::P256)),
        (secp256k1, secp256k1, Some(CurveId::Secp256k1)),
        (p256, secp256k1, None),
        (secp256k1, p256, None),
    ] {
        let read = PrivateKey::from_pkcs8(&outer(outside, &inner(inside)));
        match curve {
            Some(curve) => assert_eq!(read.unwrap().curve(), curve),
            None => assert_eq!(error(read), PrivateKeyError::OtherAlgorithm),
        }
    }
}

#[test]
fn new_keys_are_read_again_and_differ() {
    let mut rng = tki_testkit::rng("new keys");
    for curve in CurveId::ALL {
        let [one, other] = [(), ()].map(|()| PrivateKey::random(*curve, &mut rng));
        assert_eq!(one.curve(), *curve);
        assert!(!one.is_scalar_only());
        assert_ne!(one.verifying_key(), other.verifying_key());
        let again = PrivateKey::from_pkcs8(one.to_pkcs8().unwrap().as_bytes()).unwrap();
        assert_eq!(again.verifying_key(), one.verifying_key());
    }
}

#[test]
fn other_digits_are_refused() {
    let wrong = [
        String::new(),
        "0x".into(),
        ONE[1..].into(),
        format!("{ONE}0"),
        ONE.replace('1', "g"),
        ONE.replace("00", "é"),
        format!("0x0x{}", &ONE[2..]),
        format!("{ONE}{ONE}{ONE}"),
        format!("scalar:{ONE}{ONE}"),
        format!("scalar:scalar:{ONE}"),
        ONE.replace("00", "0\n"),
    ];
    for curve in CurveId::ALL {
        for text in &wrong {
            assert_eq!(error(hex_key(*curve, text)), PrivateKeyError::Hex, "{text}");
        }
    }
    for text in [format!("scalar:{ONE}"), format!("{ONE}{ONE}")] {
        for curve in [CurveId::P256, CurveId::Secp256k1] {
            assert_eq!(error(hex_key(curve, &text)), PrivateKeyError::Hex);
        }
    }
}

#[test]
fn a_scalar_without_its_seed_leaves_as_marked_digits_alone() {
    let seeded = hex_key(CurveId::Ed25519, RFC_8410_SEED).unwrap();
    let exposed = seeded.expose_secret();
    assert_eq!(hex::encode(exposed.seed.unwrap()), RFC_8410_SEED);
    let scalar = SecretScalar::<Ed25519>::from_canonical_bytes(exposed.scalar).unwrap();
    let bare = PrivateKey::from_scalar(&scalar).unwrap();
    assert!(bare.is_scalar_only());
    assert_eq!(bare.verifying_key(), seeded.verifying_key());
    assert_eq!(bare.to_pkcs8().unwrap_err(), PrivateKeyError::NoSeed);
    let text = bare.to_hex();
    assert!(text.starts_with("scalar:"));
    let again = hex_key(CurveId::Ed25519, &text).unwrap();
    assert!(again.is_scalar_only());
    assert_eq!(again.verifying_key(), seeded.verifying_key());
    // Without the mark it would be another key.
    let other = hex_key(CurveId::Ed25519, &text["scalar:".len()..]).unwrap();
    assert_ne!(other.verifying_key(), seeded.verifying_key());
}

#[test]
fn what_is_no_pkcs8_key_of_ours_is_named() {
    let body = RFC_8410.lines().nth(1).unwrap();
    let pem = |label: &str| {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").into_bytes()
    };
    let mut other_curve = der(OPENSSL_SECP256K1);
    // The last byte of the OID: 1.3.132.0.35 is P-521.
    let at = other_curve
        .windows(5)
        .position(|w| w == [0x2b, 0x81, 4, 0, 10]);
    other_curve[at.unwrap() + 4] = 35;
    let mut other_algorithm = der(RFC_8410);
    // id-X25519.
    let at = other_algorithm
        .windows(3)
        .position(|w| w == [0x2b, 0x65, 0x70]);
    other_algorithm[at.unwrap() + 2] = 0x6e;
    for (file, expected) in [
        (pem("ENCRYPTED PRIVATE KEY"), PrivateKeyError::Encrypted),
        (pem("EC PRIVATE KEY"), PrivateKeyError::OtherPem),
        (pem("PUBLIC KEY"), PrivateKeyError::OtherPem),
        (other_curve, PrivateKeyError::OtherAlgorithm),
        (other_algorithm, PrivateKeyError::OtherAlgorithm),
        (Vec::new(), PrivateKeyError::Pkcs8),
        (
            b"-----BEGIN PRIVATE KEY-----".to_vec(),
            PrivateKeyError::Pkcs8,
        ),
        (vec![b' '; 16 * 1024 + 1], PrivateKeyError::TooLarge),
        (vec![0x30; 16 * 1024 + 1], PrivateKeyError::TooLarge),
    ] {
        assert_eq!(error(PrivateKey::from_pkcs8(&file)), expected);
    }
}

/// Each bit of a byte, and all of them.
const FLIPS: [u8; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 255];

/// Where the octets of the key itself are, in DER.
fn secret_at(der: &[u8], secret: &[u8]) -> core::ops::Range<usize> {
    let start = der.windows(32).position(|window| window == secret).unwrap();
    start..start + 32
}

#[test]
fn every_cut_and_every_changed_byte_of_der_is_refused_or_means_itself() {
    for pem in [
        RFC_8410,
        RFC_8410_WITH_PUBLIC_KEY,
        OPENSSL_P256,
        OPENSSL_SECP256K1,
    ] {
        let whole = der(pem);
        let key = PrivateKey::from_pkcs8(&whole).unwrap();
        let range = secret_at(&whole, &hex::decode(key.to_hex().as_str()).unwrap());
        for length in 0..whole.len() {
            assert_eq!(
                error(PrivateKey::from_pkcs8(&whole[..length])),
                PrivateKeyError::Pkcs8
            );
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert_eq!(
            error(PrivateKey::from_pkcs8(&longer)),
            PrivateKeyError::Pkcs8
        );
        for place in 0..whole.len() {
            for flip in FLIPS {
                let mut changed = whole.clone();
                changed[place] ^= flip;
                let Ok(read) = PrivateKey::from_pkcs8(&changed) else {
                    continue;
                };
                let expected = hex::encode(&changed[range.clone()]);
                assert_eq!(*read.to_hex(), expected, "byte {place} by {flip}");
            }
        }
    }
}

#[test]
fn every_cut_and_every_changed_byte_of_pem_is_refused_or_means_itself() {
    for pem in [
        RFC_8410,
        RFC_8410_WITH_PUBLIC_KEY,
        OPENSSL_P256,
        OPENSSL_SECP256K1,
    ] {
        let key = PrivateKey::from_pkcs8(pem.as_bytes()).unwrap().to_hex();
        // The line break at the end is not needed.
        for length in 0..pem.len() - 1 {
            assert!(PrivateKey::from_pkcs8(&pem.as_bytes()[..length]).is_err());
        }
        for place in 0..pem.len() {
            for flip in FLIPS {
                let mut changed = pem.as_bytes().to_vec();
                changed[place] ^= flip;
                let Ok(read) = PrivateKey::from_pkcs8(&changed) else {
                    continue;
                };
                // It is what its base64 says, or what was changed is white space.
                let text = String::from_utf8(changed).unwrap();
                let expected = if text.split_whitespace().eq(pem.split_whitespace()) {
                    key.to_string()
                } else {
                    let again = PrivateKey::from_pkcs8(&der(&text)).unwrap();
                    again.to_hex().to_string()
                };
                assert_eq!(*read.to_hex(), expected, "byte {place} by {flip}");
            }
        }
    }
}

proptest! {
    #[test]
    fn written_keys_are_read_again(
        secret in any::<[u8; 32]>(),
        curve in proptest::sample::select(CurveId::ALL),
    ) {
        if let Ok(key) = PrivateKey::from_hex(curve, &hex::encode(secret)) {
            let from_hex = PrivateKey::from_hex(curve, &key.to_hex()).unwrap();
            let from_file = PrivateKey::from_pkcs8(key.to_pkcs8().unwrap().as_bytes()).unwrap();
            for read in [from_hex, from_file] {
                prop_assert_eq!(read.to_hex().to_string(), hex::encode(secret));
                prop_assert_eq!(read.verifying_key(), key.verifying_key());
            }
        }
    }

    #[test]
    fn nothing_panics(file in any::<Vec<u8>>(), text in any::<String>()) {
        prop_assert!(PrivateKey::from_pkcs8(&file).is_err());
        let pem = format!("-----BEGIN PRIVATE KEY-----{text}");
        prop_assert!(PrivateKey::from_pkcs8(pem.as_bytes()).is_err());
        for curve in CurveId::ALL {
            prop_assert!(PrivateKey::from_hex(*curve, &text).is_err());
        }
    }
}

#[expect(clippy::print_stdout, reason = "says what did not run")]
fn has_openssl() -> bool {
    let found = Command::new("openssl")
        .arg("version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        println!("skipped, because openssl is missing");
    }
    found
}

fn openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let run = Command::new("openssl")
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    assert!(run.status.success(), "openssl {arguments:?}");
    run.stdout
}

fn generate(curve: &str) -> [&str; 7] {
    [
        "ecparam", "-name", curve, "-genkey", "-noout", "-out", "key.pem",
    ]
}

#[test]
fn openssl_reads_what_is_written_and_writes_what_is_read() {
    if !has_openssl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for curve in CurveId::ALL {
        let made: &[&str] = match curve {
            CurveId::Ed25519 => &["genpkey", "-algorithm", "ed25519", "-out", "key.pem"],
            CurveId::P256 => &generate("prime256v1"),
            CurveId::Secp256k1 => &generate("secp256k1"),
        };
        openssl(folder, made);
        let topk8 = ["pkcs8", "-topk8", "-nocrypt", "-in", "key.pem"];
        let pem = openssl(folder, &topk8);
        let der = openssl(folder, &[&topk8[..], &["-outform", "DER"]].concat());
        let key = PrivateKey::from_pkcs8(&pem).unwrap();
        assert_eq!(key.curve(), *curve);
        assert_eq!(PrivateKey::from_pkcs8(&der).unwrap().to_hex(), key.to_hex());
        // Byte by byte what OpenSSL wrote.
        let written = key.to_pkcs8().unwrap();
        assert_eq!(written.as_bytes(), pem);
        // And its public key is ours.
        std::fs::write(folder.join("ours.pem"), written.as_bytes()).unwrap();
        let compressed = ["-conv_form", "compressed"];
        let public = ["pkey", "-in", "ours.pem", "-pubout", "-outform", "DER"];
        let public = match curve {
            CurveId::Ed25519 => openssl(folder, &public),
            CurveId::P256 | CurveId::Secp256k1 => openssl(
                folder,
                &[
                    &["ec", "-in", "ours.pem", "-pubout", "-outform", "DER"][..],
                    &compressed,
                ]
                .concat(),
            ),
        };
        assert!(public.ends_with(&key.verifying_key()));
        // Under a passphrase it is refused by name.
        let sealed = ["pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:x"];
        assert_eq!(
            error(PrivateKey::from_pkcs8(&openssl(folder, &sealed))),
            PrivateKeyError::Encrypted
        );
    }
}
