//! A factor's file opens with its passphrase and with nothing else, and what is no such file is named.

use tki_formats::armour::{self, ArmourError};
use tki_formats::factor_file::{FactorFile, FactorFileError, FactorSeed, KIND};
use tki_formats::slip39;
use tki_formats::words::{self, WordsError};
use tki_seal::password::Argon2Params;
use tki_testkit::rng;

const SEED: [u8; 32] = [7; 32];

fn plain() -> String {
    FactorSeed::new(&SEED, 3).encode().to_string()
}

fn sealed(passphrase: &[u8]) -> String {
    let params = Argon2Params::insecure_for_tests();
    let text = FactorSeed::new(&SEED, 3).encode_sealed(passphrase, params, &mut rng("file"));
    text.unwrap().to_string()
}

fn open(text: &str, passphrase: Option<&[u8]>) -> Result<([u8; 32], u64), FactorFileError> {
    let seed = FactorFile::decode(text)?.open(passphrase)?;
    Ok((*seed.expose_secret(), seed.account_version()))
}

#[test]
fn what_is_written_is_read_with_the_right_passphrase_alone() {
    assert_eq!(open(&plain(), None), Ok((SEED, 3)));
    assert_eq!(open(&plain(), Some(b"not needed")), Ok((SEED, 3)));
    let text = sealed(b"open sesame");
    assert!(FactorFile::decode(&text).unwrap().is_sealed());
    assert_eq!(open(&text, Some(b"open sesame")), Ok((SEED, 3)));
    assert_eq!(
        open(&text, None).err(),
        Some(FactorFileError::MissingPassphrase)
    );
    assert_eq!(
        open(&text, Some(b"open Sesame")).err(),
        Some(FactorFileError::WrongPassphrase)
    );
    let around = format!("Keep this.\n\n> {}\n-- \nme", text.replace('\n', "\n> "));
    assert_eq!(open(&around, Some(b"open sesame")), Ok((SEED, 3)));
}

#[test]
fn the_plain_file_is_version_kind_seed_and_version_of_the_account() {
    let content = [&[1, 0][..], &SEED, &3_u64.to_be_bytes()].concat();
    assert_eq!(plain(), armour::encode(KIND, &content).as_str());
    assert!(plain().starts_with("-----BEGIN TKI FACTOR FILE-----\n"));
}

#[test]
fn nothing_in_a_file_is_the_seed_or_names_an_account() {
    let text = sealed(b"open sesame");
    let armoured = armour::decode(&text).unwrap();
    assert!(
        !armoured
            .content
            .windows(8)
            .any(|window| window == &SEED[..8])
    );
    // Two files of the same seed have nothing in common but their form.
    let params = Argon2Params::insecure_for_tests();
    let other = FactorSeed::new(&SEED, 3).encode_sealed(b"open sesame", params, &mut rng("other"));
    assert_ne!(*other.unwrap(), text);
}

#[test]
fn damage_is_refused_wherever_it_is() {
    for text in [plain(), sealed(b"p")] {
        for (position, _) in text.char_indices() {
            let mut damaged = text.clone();
            damaged.replace_range(position..=position, "#");
            if damaged.len() == text.len() && text.as_bytes()[position] != b'\n' {
                assert!(FactorFile::decode(&damaged).is_err(), "{position}");
            }
        }
        for length in 0..text.trim_end().len() {
            assert!(FactorFile::decode(&text[..length]).is_err(), "{length}");
        }
        // Bits of the content, under a checksum that fits.
        let content = armour::decode(&text).unwrap().content;
        for place in 0..content.len() * 8 {
            let mut flipped = content.clone();
            flipped[place / 8] ^= 1 << (place % 8);
            let opened = open(&armour::encode(KIND, &flipped), Some(b"p"));
            // In the clear a bit of the seed is another seed, and a mailbox that does not open.
            let is_seed = text == plain() && place >= 16;
            assert!(is_seed || opened.is_err(), "{place}: {opened:?}");
        }
    }
}

#[test]
fn every_fault_of_a_file_has_its_name() {
    let armoured = |kind: &str, content: &[u8]| armour::encode(kind, content).to_string();
    let long = [&[1, 0][..], &[7; 41]].concat();
    let share = slip39::split(&SEED, "", 1, 1, &mut rng("share")).unwrap();
    let cases = [
        (
            String::new(),
            FactorFileError::Armour(ArmourError::NoArmour),
        ),
        (
            plain().repeat(2),
            FactorFileError::Armour(ArmourError::Several),
        ),
        (
            " ".repeat(armour::MAX_TEXT + 1),
            FactorFileError::Armour(ArmourError::TooLong),
        ),
        (armoured("INVITE", &[1, 0]), FactorFileError::OtherKind),
        (armoured(KIND, &[]), FactorFileError::Damaged),
        (armoured(KIND, &[1]), FactorFileError::Damaged),
        (armoured(KIND, &[1, 2]), FactorFileError::Damaged),
        (armoured(KIND, &[1, 1, 0]), FactorFileError::Damaged),
        (armoured(KIND, &long), FactorFileError::Damaged),
        (armoured(KIND, &long[..41]), FactorFileError::Damaged),
        (
            armoured(KIND, &[2, 0]),
            FactorFileError::Unsupported { version: 2 },
        ),
        (words::encode(&SEED).to_string(), FactorFileError::Words),
        (share[0].encode().to_string(), FactorFileError::Words),
    ];
    for (text, expected) in cases {
        assert_eq!(
            FactorFile::decode(&text).err(),
            Some(expected),
            "{text:.60}"
        );
    }
    // And the other way round.
    assert_eq!(words::decode(&plain()).err(), Some(WordsError::FactorFile));
}

#[test]
fn debug_shows_no_seed() {
    let file = FactorFile::decode(&plain()).unwrap();
    assert_eq!(format!("{file:?}"), "FactorFile { content: Plain(..) }");
    assert_eq!(
        format!("{:?}", file.open(None).unwrap()),
        "FactorSeed { .. }"
    );
}
