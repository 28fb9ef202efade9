//! Private keys in every format: those that other programs wrote, our own, and hostile ones.

use tki_formats::derivation::DerivationPath;
use tki_formats::{KeyFormat, KeyInput, KeyOutput, Network, PrivateKey, PrivateKeyError};
use tki_seal::curve::CurveId;

/// A file that another program wrote, and the key in it.
struct Golden {
    format: KeyFormat,
    curve: CurveId,
    digits: &'static str,
    file: &'static str,
    passphrase: Option<&'static str>,
    path: Option<&'static str>,
}

const fn golden(
    format: KeyFormat,
    curve: CurveId,
    digits: &'static str,
    file: &'static str,
) -> Golden {
    Golden {
        format,
        curve,
        digits,
        file,
        passphrase: None,
        path: None,
    }
}

const ONE: &str = "0000000000000000000000000000000000000000000000000000000000000001";
/// RFC 8032, section 7.1, test 1, and RFC 8037, appendix A.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const KEYSTORE: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const WIF_OF_ONE: &str = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
const WIF_OF_ONE_TEST: &str = "cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA";
const WIF_OF_ONE_LONG: &str = "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf";
/// The key of RFC 8032 as `solders` writes it.
const KEYPAIR: &str = "[157,97,177,157,239,253,90,96,186,132,74,244,146,236,44,196,68,73,197,105,\
    123,50,105,25,112,59,172,3,28,174,127,96,215,90,152,1,130,177,10,183,213,75,254,211,201,100,7,\
    58,14,225,114,243,218,166,35,37,175,2,26,104,247,7,81,26]";
const KEYPAIR_BASE58: &str =
    "49W385L4rePHy6PAaQUovbD2aacgN4HsKXSMeUzRg4fmwXszN91JuMFrQRj3vMDpZuRF3ZknQBuRBoWQJEfXstMw";
/// RFC 7517, appendix A.2, the elliptic curve key.
const RFC_7517: &str = r#"{"kty":"EC", "crv":"P-256",
 "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
 "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
 "d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE", "use":"enc", "kid":"1"}"#;
/// RFC 8037, appendix A.1.
const RFC_8037: &str = r#"{"kty":"OKP","crv":"Ed25519",
 "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
 "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const ABANDON: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
    abandon abandon about";
/// BIP-32, test vector 1.
const XPRV: &str = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6\
    LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";

#[rustfmt::skip]
const GOLDEN: &[Golden] = &[
    golden(KeyFormat::Base58, CurveId::Ed25519, SEED, KEYPAIR_BASE58),
    Golden {
        path: Some("m/44'/60'/0'/0/0"),
        ..golden(KeyFormat::Bip39, CurveId::Secp256k1,
            "1ab42cc412b618bdea3a599e3c9bae199ebf030895b039e9db1e30dafb12b727", ABANDON)
    },
    Golden {
        path: Some("m/44'/501'/1'/0'"),
        ..golden(KeyFormat::Bip39, CurveId::Ed25519,
            "ba5e7b6e3680b4eb81db8e54c8e466b2e9a899355888403355d858ab985d2fc4", ABANDON)
    },
    Golden {
        path: Some("m/44'/60'/0'/0/7"),
        ..golden(KeyFormat::Bip39, CurveId::P256,
            "068d9c303a9b042fc3306ee9fc98ee99c3cef5e0cbc677d999d1ac1dcdd8369f", ABANDON)
    },
    golden(KeyFormat::Jwk, CurveId::P256,
        "f3bd0c07a81fb932781ed52752f60cc89a6be5e51934fe01938ddb55d8f77801", RFC_7517),
    golden(KeyFormat::Jwk, CurveId::Ed25519, SEED, RFC_8037),
    Golden {
        passphrase: Some("testpassword"),
        ..golden(KeyFormat::Keystore, CurveId::Secp256k1, KEYSTORE,
            include_str!("golden/keystore-pbkdf2.json"))
    },
    Golden {
        passphrase: Some("testpassword"),
        ..golden(KeyFormat::Keystore, CurveId::Secp256k1, KEYSTORE,
            include_str!("golden/keystore-scrypt.json"))
    },
    golden(KeyFormat::OpenSsh, CurveId::Ed25519,
        "62e44f73c6d6637e4530c0cc5bc190d0917e4f432caeb82bc2d9e203a787baa6",
        include_str!("golden/openssh-ed25519")),
    golden(KeyFormat::OpenSsh, CurveId::P256,
        "d07a609896db3605dc4d2d822e0a12d2835a6c46148ba15f5d97ef785ab61922",
        include_str!("golden/openssh-p256")),
    golden(KeyFormat::Sec1, CurveId::P256,
        "7f1f7589948e02c356970f6845ccd3cc9ac2fa40b242a8a5c0484e34fc390cf8",
        include_str!("golden/sec1-p256.pem")),
    golden(KeyFormat::Sec1, CurveId::Secp256k1,
        "875939f12d481cb7291aed494889cfd1e0f6c13807b737983fe70a781a6ce34a",
        include_str!("golden/sec1-secp256k1.pem")),
    golden(KeyFormat::Solana, CurveId::Ed25519, SEED, KEYPAIR),
    golden(KeyFormat::Wif, CurveId::Secp256k1, ONE, WIF_OF_ONE),
    golden(KeyFormat::Wif, CurveId::Secp256k1, ONE, WIF_OF_ONE_TEST),
    Golden {
        path: Some("m/0'/1"),
        ..golden(KeyFormat::Xprv, CurveId::Secp256k1,
            "3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368", XPRV)
    },
];

impl Golden {
    fn read(&self, file: &[u8]) -> Result<PrivateKey, PrivateKeyError> {
        let path = self
            .path
            .map(|path| path.parse::<DerivationPath>().unwrap());
        let mut input = KeyInput::new().curve(self.curve);
        if let Some(path) = &path {
            input = input.path(path);
        }
        if let Some(passphrase) = self.passphrase {
            input = input.passphrase(passphrase);
        }
        PrivateKey::read(self.format, file, input)
    }
}

fn error(format: KeyFormat, file: &str) -> PrivateKeyError {
    let read = PrivateKey::read(format, file.as_bytes(), KeyInput::new());
    read.map(|key| key.verifying_key()).unwrap_err()
}

fn key(curve: CurveId, digits: &str) -> PrivateKey {
    PrivateKey::from_hex(curve, digits).unwrap()
}

fn written(key: &PrivateKey, format: KeyFormat) -> Result<String, PrivateKeyError> {
    let mut rng = tki_testkit::rng("key formats");
    let output = KeyOutput::new().passphrase("testpassword");
    let file = key.write(format, output, &mut rng)?;
    Ok(file.to_string())
}

#[test]
fn files_of_other_programs_are_read() {
    for golden in GOLDEN {
        let name = golden.format.name();
        let read = golden.read(golden.file.as_bytes());
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(*read.to_hex(), golden.digits, "{name}");
        assert_eq!(read.curve(), golden.curve);
    }
}

#[test]
fn the_keystores_of_the_definition_are_read() {
    for file in [
        include_str!("golden/keystore-definition-pbkdf2.json"),
        include_str!("golden/keystore-definition-scrypt.json"),
    ] {
        let input = KeyInput::new().passphrase("testpassword");
        let read = PrivateKey::read(KeyFormat::Keystore, file.as_bytes(), input).unwrap();
        assert_eq!(*read.to_hex(), KEYSTORE);
    }
}

#[test]
fn a_file_shows_its_format() {
    for golden in GOLDEN {
        let padded = format!("\n {}\n", golden.file);
        for file in [golden.file, &padded] {
            let found = KeyFormat::detect(file.as_bytes());
            assert_eq!(found, Some(golden.format), "{}", golden.format.name());
        }
    }
    let scalar = format!("scalar:{ONE}");
    for digits in [ONE, &format!("0x{ONE}"), &scalar, &ONE.repeat(2)] {
        assert_eq!(KeyFormat::detect(digits.as_bytes()), Some(KeyFormat::Hex));
    }
    for curve in CurveId::ALL {
        let file = key(*curve, ONE).to_pkcs8().unwrap();
        assert_eq!(KeyFormat::detect(file.as_bytes()), Some(KeyFormat::Pkcs8));
    }
    assert_eq!(
        KeyFormat::detect(&[0x30, 0x80, 0xff]),
        Some(KeyFormat::Pkcs8)
    );
    for nothing in [&b""[..], b"hello", b"\xff", &ONE.as_bytes()[1..]] {
        assert_eq!(KeyFormat::detect(nothing), None);
    }
}

#[test]
fn what_is_written_is_read_and_is_shown_as_its_format() {
    for curve in CurveId::ALL {
        let key = key(*curve, SEED);
        for format in KeyFormat::ALL {
            // A keystore takes a second: a test of its own.
            if *format == KeyFormat::Keystore {
                continue;
            }
            let Ok(file) = written(&key, *format) else {
                continue;
            };
            assert!(file.ends_with('\n'));
            assert_eq!(KeyFormat::detect(file.as_bytes()), Some(*format));
            let input = KeyInput::new().curve(*curve);
            let read = PrivateKey::read(*format, file.as_bytes(), input).unwrap();
            assert_eq!(*read.to_hex(), SEED, "{curve} {}", format.name());
        }
    }
}

#[test]
fn a_keystore_is_written_under_its_passphrase() {
    let key = key(CurveId::Secp256k1, KEYSTORE);
    let file = written(&key, KeyFormat::Keystore).unwrap();
    let read = |input: KeyInput<'_>| {
        let read = PrivateKey::read(KeyFormat::Keystore, file.as_bytes(), input);
        read.map(|key| key.to_hex().to_string())
    };
    assert!(file.contains("\"address\":\"008aeeda4d805471df9b2a5b0f38a0c3bcba786b\""));
    let right = KeyInput::new().passphrase("testpassword");
    assert_eq!(read(right), Ok(KEYSTORE.into()));
    let wrong = KeyInput::new().passphrase("testpasswore");
    assert_eq!(read(wrong), Err(PrivateKeyError::KeystorePassphrase));
    assert_eq!(
        read(KeyInput::new()),
        Err(PrivateKeyError::MissingPassphrase)
    );
    let mut rng = tki_testkit::rng("no passphrase");
    assert_eq!(
        key.write(KeyFormat::Keystore, KeyOutput::new(), &mut rng)
            .err(),
        Some(PrivateKeyError::MissingPassphrase)
    );
}

#[test]
fn each_curve_has_the_formats_that_it_has() {
    use KeyFormat::{Base58, Bip39, Hex, Jwk, OpenSsh, Pkcs8, Sec1, Solana, Wif, Xprv};

    for (curve, has) in [
        (
            CurveId::Ed25519,
            &[Base58, Hex, Jwk, OpenSsh, Pkcs8, Solana][..],
        ),
        (CurveId::P256, &[Hex, Jwk, OpenSsh, Pkcs8, Sec1]),
        (CurveId::Secp256k1, &[Hex, Jwk, Pkcs8, Sec1, Wif]),
    ] {
        let key = key(curve, SEED);
        for format in [
            Base58, Bip39, Hex, Jwk, OpenSsh, Pkcs8, Sec1, Solana, Wif, Xprv,
        ] {
            let written = written(&key, format);
            if has.contains(&format) {
                assert!(written.is_ok(), "{curve} {}", format.name());
            } else {
                assert_eq!(
                    written,
                    Err(PrivateKeyError::NoForm),
                    "{curve} {}",
                    format.name()
                );
            }
        }
    }
}

#[test]
fn a_scalar_without_its_seed_leaves_as_digits_alone() {
    let key = key(
        CurveId::Ed25519,
        &format!("scalar:{}", "07".repeat(32)).replace("0707070707", "0707070700"),
    );
    assert!(key.is_scalar_only());
    for format in KeyFormat::ALL {
        let written = written(&key, *format);
        if *format == KeyFormat::Hex {
            assert!(written.unwrap().starts_with("scalar:"));
            continue;
        }
        let holds_a_seed = matches!(
            format,
            KeyFormat::Base58
                | KeyFormat::Jwk
                | KeyFormat::OpenSsh
                | KeyFormat::Pkcs8
                | KeyFormat::Solana
        );
        let expected = if holds_a_seed {
            PrivateKeyError::NoSeed
        } else {
            PrivateKeyError::NoForm
        };
        assert_eq!(written, Err(expected), "{}", format.name());
    }
}

#[test]
fn wif_is_written_for_either_network() {
    let key = key(CurveId::Secp256k1, ONE);
    let mut rng = tki_testkit::rng("wif");
    for (network, wif) in [
        (Network::Main, WIF_OF_ONE),
        (Network::Test, WIF_OF_ONE_TEST),
    ] {
        let output = KeyOutput::new().network(network);
        let written = key.write(KeyFormat::Wif, output, &mut rng).unwrap();
        assert_eq!(*written, format!("{wif}\n"));
    }
}

#[test]
fn files_are_written_as_other_programs_write_them() {
    for golden in GOLDEN {
        let key = key(golden.curve, golden.digits);
        let expected = if matches!(golden.format, KeyFormat::Base58 | KeyFormat::Solana) {
            format!("{}\n", golden.file)
        } else if golden.format == KeyFormat::Sec1 {
            // OpenSSL writes the parameters in front or not.
            let at = golden.file.find("-----BEGIN EC PRIVATE").unwrap();
            golden.file[at..].to_owned()
        } else {
            continue;
        };
        assert_eq!(written(&key, golden.format).unwrap(), expected);
    }
}

/// Reads each and holds the error against the expected one.
fn refused(files: impl IntoIterator<Item = (KeyFormat, String, PrivateKeyError)>) {
    for (format, file, expected) in files {
        assert_eq!(error(format, &file), expected, "{} {file}", format.name());
    }
}

#[test]
fn what_is_wrong_with_base58_and_lists_is_said() {
    refused([
        (
            KeyFormat::Base58,
            KEYPAIR_BASE58[..80].to_owned(),
            PrivateKeyError::Base58,
        ),
        (
            KeyFormat::Base58,
            KEYPAIR_BASE58.replace('4', "0"),
            PrivateKeyError::Base58,
        ),
        (KeyFormat::Base58, "1".repeat(500), PrivateKeyError::Base58),
        (
            KeyFormat::Solana,
            KEYPAIR.replace("157", "256"),
            PrivateKeyError::SolanaKeypair,
        ),
        (
            KeyFormat::Solana,
            KEYPAIR.replace("157", "+57"),
            PrivateKeyError::SolanaKeypair,
        ),
        (
            KeyFormat::Solana,
            KEYPAIR.replace(",26]", "]"),
            PrivateKeyError::SolanaKeypair,
        ),
        (
            KeyFormat::Solana,
            KEYPAIR.replace(",26]", ",26,1]"),
            PrivateKeyError::SolanaKeypair,
        ),
        (
            KeyFormat::Solana,
            KEYPAIR.replace(",26]", ",27]"),
            PrivateKeyError::PublicKeyMismatch,
        ),
    ]);
}

#[test]
fn what_is_wrong_with_wif_and_what_is_missing_is_said() {
    refused([
        (
            KeyFormat::Wif,
            WIF_OF_ONE_LONG.to_owned(),
            PrivateKeyError::Uncompressed,
        ),
        (
            KeyFormat::Wif,
            WIF_OF_ONE.replace("oWn", "oWm"),
            PrivateKeyError::Checksum,
        ),
        (
            KeyFormat::Wif,
            WIF_OF_ONE[..40].to_owned(),
            PrivateKeyError::Base58,
        ),
        (
            KeyFormat::Bip39,
            ABANDON.to_owned(),
            PrivateKeyError::MissingPath,
        ),
        (
            KeyFormat::Xprv,
            XPRV.to_owned(),
            PrivateKeyError::MissingPath,
        ),
        (
            KeyFormat::Hex,
            " ".repeat(20_000),
            PrivateKeyError::TooLarge,
        ),
    ]);
}

#[test]
fn what_is_wrong_with_a_json_web_key_is_said() {
    let jwk = |from: &str, to: &str| RFC_7517.replace(from, to);
    refused([
        (
            KeyFormat::Jwk,
            jwk("\"d\":", "\"e\":"),
            PrivateKeyError::PublicKey,
        ),
        (
            KeyFormat::Jwk,
            jwk("EC", "RSA"),
            PrivateKeyError::OtherAlgorithm,
        ),
        (
            KeyFormat::Jwk,
            jwk("P-256", "P-384"),
            PrivateKeyError::OtherAlgorithm,
        ),
        (
            KeyFormat::Jwk,
            jwk("P-256", "secp256k1"),
            PrivateKeyError::PublicKeyMismatch,
        ),
        (
            KeyFormat::Jwk,
            jwk("MKBC", "MKBD"),
            PrivateKeyError::PublicKeyMismatch,
        ),
        (KeyFormat::Jwk, jwk("870M", "80M"), PrivateKeyError::Jwk),
        (KeyFormat::Jwk, jwk("}", ""), PrivateKeyError::Jwk),
        (
            KeyFormat::Jwk,
            jwk("}", ", \"kty\":\"EC\"}"),
            PrivateKeyError::Jwk,
        ),
    ]);
}

#[test]
fn what_is_wrong_with_a_keystore_is_said() {
    let store = include_str!("golden/keystore-scrypt.json");
    refused([
        (
            KeyFormat::Keystore,
            store.replace("\"version\": 3", "\"version\": 4"),
            PrivateKeyError::Keystore,
        ),
        (
            KeyFormat::Keystore,
            store.replace("1024", "1023"),
            PrivateKeyError::Keystore,
        ),
        (
            KeyFormat::Keystore,
            store.replace("1024", "1099511627776"),
            PrivateKeyError::KeystoreCost,
        ),
        (
            KeyFormat::Keystore,
            store.replace("\"p\": 1", "\"p\": 4294967295"),
            PrivateKeyError::KeystoreCost,
        ),
        (
            KeyFormat::Keystore,
            store.replace("\"r\": 8", "\"r\": 4294967295"),
            PrivateKeyError::KeystoreCost,
        ),
        (
            // Few blocks of n, but large ones, and p of them besides.
            KeyFormat::Keystore,
            store
                .replace("1024", "2")
                .replace("\"r\": 8", "\"r\": 4194304")
                .replace("\"p\": 1", "\"p\": 8"),
            PrivateKeyError::KeystoreCost,
        ),
        (
            KeyFormat::Keystore,
            store.replace("aes-128-ctr", "aes-128-cbc"),
            PrivateKeyError::Keystore,
        ),
        (
            KeyFormat::Keystore,
            store.replace("\"scrypt\"", "\"argon2\""),
            PrivateKeyError::Keystore,
        ),
        (
            KeyFormat::Keystore,
            store.to_owned(),
            PrivateKeyError::MissingPassphrase,
        ),
    ]);
}

#[test]
fn what_is_wrong_with_pem_is_said() {
    let ed = include_str!("golden/openssh-ed25519");
    let ssh_encrypted = include_str!("golden/openssh-encrypted");
    let sec1_encrypted = include_str!("golden/sec1-encrypted.pem");
    refused([
        (
            KeyFormat::OpenSsh,
            ssh_encrypted.to_owned(),
            PrivateKeyError::Encrypted,
        ),
        (
            KeyFormat::OpenSsh,
            ed.replace("OPENSSH", "EC"),
            PrivateKeyError::OtherPem,
        ),
        (
            KeyFormat::OpenSsh,
            ed.replace("b3Blb", "b3Blc"),
            PrivateKeyError::OpenSsh,
        ),
        (
            KeyFormat::Sec1,
            sec1_encrypted.to_owned(),
            PrivateKeyError::Encrypted,
        ),
        (KeyFormat::Sec1, ed.to_owned(), PrivateKeyError::Sec1),
    ]);
}

#[test]
fn another_curve_than_the_one_asked_for_is_refused() {
    let input = KeyInput::new().curve(CurveId::Ed25519);
    let read = PrivateKey::read(KeyFormat::Wif, WIF_OF_ONE.as_bytes(), input);
    assert_eq!(read.err(), Some(PrivateKeyError::OtherCurve));
}

#[test]
fn every_cut_is_refused() {
    for golden in GOLDEN {
        let file = golden.file.trim_end();
        let step = if golden.passphrase.is_some() { 23 } else { 1 };
        for length in (0..file.len()).step_by(step) {
            let cut = &file.as_bytes()[..length];
            let read = golden.read(cut);
            // The first letters of a word of the list are another word at times, never with the
            // right checksum.
            assert!(read.is_err(), "{} cut at {length}", golden.format.name());
        }
    }
}

#[test]
fn every_changed_byte_is_refused_or_is_another_key_of_its_own_check() {
    for golden in GOLDEN {
        let right = golden.read(golden.file.as_bytes()).unwrap();
        let step = if golden.passphrase.is_some() { 31 } else { 1 };
        for place in (0..golden.file.len()).step_by(step) {
            let mut changed = golden.file.as_bytes().to_vec();
            changed[place] ^= 1;
            let Ok(read) = golden.read(&changed) else {
                continue;
            };
            // White space, a member or a comment that does not matter, capitals: the same key. Only
            // a phrase has so short a checksum that one change in sixteen is not noticed.
            if golden.format != KeyFormat::Bip39 {
                assert_eq!(
                    read.to_hex(),
                    right.to_hex(),
                    "{} {place}",
                    golden.format.name()
                );
            }
        }
    }
}

#[test]
fn nothing_of_input_and_output_is_shown() {
    let input = KeyInput::new().passphrase("secret");
    let output = KeyOutput::new().passphrase("secret");
    assert!(!format!("{input:?} {output:?}").contains("secret"));
}

#[test]
fn names_are_names_of_one_format() {
    for format in KeyFormat::ALL {
        assert_eq!(KeyFormat::from_name(format.name()), Some(*format));
    }
    assert_eq!(KeyFormat::from_name("pem"), None);
}
