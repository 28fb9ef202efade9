//! Hostile bytes in every kind of file with a private key that the real binary imports: flipped, cut
//! off, blown up, in the format of another, under another passphrase.
//!
//! Every refusal is one that `docs/cli.md` knows, says what to do, and makes nothing on the disk.

use serde_json::Value;

use crate::hostile_bytes::{Answer, USAGE, assert_unchanged, judge, tree};
use crate::support::Home;

const REFUSED: Outcome = Outcome::Refused(USAGE);
const WRONG_PASSPHRASE: Answer = (4, "wrong-passphrase");

/// A phrase of many wallets' tests.
const PHRASE: &str = "test test test test test test test test test test test junk";

/// Options of a file that is more than a key.
const AT: &[&str] = &["--path", "m/44'/60'/0'/0/0"];
const UNDER: &[&str] = &["--key-passphrase-file", "passphrase"];
const ED25519: &[&str] = &["--curve", "ed25519"];

/// A file as it is imported.
struct KeyFile {
    format: &'static str,
    curve: &'static str,
    options: &'static [&'static str],
    content: Vec<u8>,
}

/// What stands in a format without a checksum or a public key: any change of it is another key.
fn has_no_check(file: &KeyFile) -> bool {
    file.format == "hex" || (file.format, file.curve) == ("pkcs8", "ed25519")
}

const FORMATS: &[(&str, &str, &[&str])] = &[
    ("hex", "secp256k1", &[]),
    ("jwk", "secp256k1", &[]),
    ("keystore", "secp256k1", UNDER),
    ("pkcs8", "secp256k1", &[]),
    ("sec1", "secp256k1", &[]),
    ("wif", "secp256k1", &[]),
    ("xprv", "secp256k1", AT),
    ("base58", "ed25519", &[]),
    ("hex", "ed25519", ED25519),
    ("jwk", "ed25519", &[]),
    ("openssh", "ed25519", &[]),
    ("pkcs8", "ed25519", &[]),
    ("solana", "ed25519", &[]),
    ("openssh", "p256", &[]),
    ("sec1", "p256", &[]),
];

/// A file in every format, each of them exported by the binary itself but the phrase.
fn files() -> Vec<KeyFile> {
    let mut files = vec![KeyFile {
        format: "bip39",
        curve: "secp256k1",
        options: AT,
        content: PHRASE.into(),
    }];
    for curve in ["secp256k1", "ed25519", "p256"] {
        let home = Home::with(&["device", "provider"], curve);
        for (format, _, options) in FORMATS.iter().filter(|(_, of, _)| *of == curve) {
            let export = ["export", "--format", format, "--output", format];
            let passphrase = if *format == "keystore" { UNDER } else { &[] };
            home.json(&[&export[..], passphrase].concat());
            files.push(KeyFile {
                format,
                curve,
                options,
                content: std::fs::read(home.path(format)).unwrap(),
            });
        }
    }
    files
}

/// What came of importing.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// An account with this verifying key.
    Key(Value),
    /// A refusal, which made nothing.
    Refused(Answer),
}

fn import(content: &[u8], options: &[&str], what: &str) -> Outcome {
    let home = Home::new();
    std::fs::write(home.path("key"), content).unwrap();
    let before = tree(&home.path(""));
    let import = ["--json", "import", "key", "--recovery-out", "words.txt"];
    let factors = ["--factor", "device", "--factor", "words"];
    let run = home.run(&[&import[..], &factors, options].concat());
    if run.status.success() {
        return Outcome::Key(run.json()["verifying_key"].clone());
    }
    assert!(!run.err.contains("junk"), "{what}: {}", run.err);
    let answer = judge(what, run, &[USAGE, WRONG_PASSPHRASE]);
    assert_unchanged(&before, &tree(&home.path("")), what);
    Outcome::Refused(answer)
}

#[test]
#[expect(clippy::print_stdout, reason = "what came of it, for the record")]
fn a_damaged_key_is_refused_or_one_that_nothing_could_tell_apart() {
    for file in files() {
        let what = format!("{} of {}", file.format, file.curve);
        let options = [&["--format", file.format][..], file.options].concat();
        let key = import(&file.content, &options, &what);
        assert!(matches!(key, Outcome::Key(_)), "{what}");
        // A keystore costs a second, whatever is in it.
        let stride = if file.format == "keystore" { 43 } else { 5 };
        let text = file.content.trim_ascii_end().len();
        let flipped = (0..text).step_by(stride).map(|at| {
            let mut damaged = file.content.clone();
            damaged[at] ^= 1 << (at % 7);
            damaged
        });
        let cut = (0..text)
            .step_by(stride + 2)
            .map(|length| file.content[..length].to_vec());
        let mut counts = [0; 3];
        for damaged in flipped.chain(cut) {
            match import(&damaged, &options, &what) {
                Outcome::Refused(_) => counts[0] += 1,
                // White space, a capital letter, a name that nothing reads.
                same if same == key => counts[1] += 1,
                Outcome::Key(_) => counts[2] += 1,
            }
        }
        let [refused, same, other] = counts;
        println!("{what}: {refused} refused, {same} the same, {other} another key");
        assert!(refused > 5, "{what}");
        // A phrase has four bits of a checksum; every other format has more, or none at all.
        let may_differ = has_no_check(&file) || file.format == "bip39";
        assert!(other == 0 || may_differ, "{what}: {other} other keys");
    }
}

#[test]
fn a_key_of_another_format_is_refused_and_each_is_known_when_none_is_named() {
    let files = files();
    for file in &files {
        let what = format!("{} of {}", file.format, file.curve);
        let key = import(&file.content, file.options, &what);
        assert!(matches!(key, Outcome::Key(_)), "{what}");
        for (format, _, options) in FORMATS.iter().chain(&[("bip39", "", AT)]) {
            if *format == file.format {
                continue;
            }
            let what = format!("{what} as {format}");
            let options = [&["--format", format][..], options].concat();
            assert_eq!(import(&file.content, &options, &what), REFUSED, "{what}");
        }
    }
}

#[test]
fn a_key_that_is_far_too_large_is_not_taken_in() {
    for file in files() {
        let what = format!("{} of {}", file.format, file.curve);
        let named = [&["--format", file.format][..], file.options].concat();
        for size in [20_000, 64 << 20] {
            for filling in [b' ', b'1', b'A', 0] {
                let mut large = file.content.clone();
                large.resize(size, filling);
                assert_eq!(import(&large, &named, &what), REFUSED, "{what}");
                if size > 20_000 {
                    break;
                }
            }
        }
    }
    // Without a format to be held against.
    for filling in [b' ', b'[', b'{', b'0', b'a', 0x30, 0xff] {
        for size in [16_385, 65_536, 65_537] {
            assert_eq!(import(&vec![filling; size], AT, "large"), REFUSED);
        }
    }
}

/// The key of a keystore's own definition, under `testpassword`.
const KEYSTORE: &str = r#"{
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf": "pbkdf2",
        "kdfparams": {
            "c": 262144,
            "dklen": 32,
            "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3
}"#;

#[test]
fn a_keystore_opens_with_its_passphrase_alone() {
    let home = Home::new();
    std::fs::write(home.path("key"), KEYSTORE).unwrap();
    std::fs::write(home.path("right"), "testpassword\n").unwrap();
    std::fs::write(home.path("binary"), b"\xff\xfe\n").unwrap();
    std::fs::write(home.path("empty"), "").unwrap();
    let run = |passphrase: &[&str]| {
        let import = ["--json", "import", "key", "--recovery-out", "words.txt"];
        let factors = ["--factor", "device", "--factor", "words"];
        home.run(&[&import[..], &factors, passphrase].concat())
    };
    let before = tree(&home.path(""));
    let wrong = run(UNDER).fails(4, "wrong-passphrase");
    assert!(!wrong.contains("horse"), "{wrong}");
    run(&[]).fails(2, "usage");
    for file in ["binary", "empty", "absent"] {
        run(&["--key-passphrase-file", file]).fails(2, "usage");
    }
    assert_unchanged(&before, &tree(&home.path("")), "passphrases");
    let imported = run(&["--key-passphrase-file", "right"]).json();
    let address = imported["addresses"]["evm"].as_str().unwrap();
    assert_eq!(
        address.to_lowercase(),
        "0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b"
    );
}

#[test]
fn a_keystore_that_asks_for_too_much_work_is_refused_before_any() {
    for (from, to) in [
        ("262144", "4294967295"),
        ("262144", "18446744073709551615"),
        ("262144", "0"),
        ("\"dklen\": 32", "\"dklen\": 4294967295"),
        ("\"version\": 3", "\"version\": 4"),
        ("hmac-sha256", "hmac-sha1"),
    ] {
        let content = KEYSTORE.replace(from, to);
        assert_ne!(content, KEYSTORE);
        let answer = import(content.as_bytes(), UNDER, to);
        assert_eq!(answer, REFUSED, "{to}");
    }
}
