//! Shares of SLIP-0039: what others wrote opens, what is written opens, and what is wrong is named.

use proptest::prelude::*;
use tki_formats::derivation::DerivationPath;
use tki_formats::slip39::{self, Slip39Error, WordShare};
use tki_formats::words::{self, WordsError};
use tki_formats::{KeyFormat, KeyInput, PrivateKey, PrivateKeyError};
use tki_seal::curve::CurveId;
use tki_testkit::rng;

/// The first vector of the standard: one share, passphrase TREZOR.
const SINGLE: &str = "duckling enlarge academic academic agency result length solution fridge kidney \
    coal piece deal husband erode duke ajar critical decision keyboard";
/// The fourth: two of three.
const PAIR: [&str; 2] = [
    "shadow pistol academic always adequate wildlife fancy gross oasis cylinder \
    mustang wrist rescue view short owner flip making coding armed",
    "shadow pistol academic acid actress prayer class unknown daughter sweater \
    depict flip twice unkind craft early superior advocate guest smoking",
];
/// The nineteenth: groups, of which two are whole with one share each.
const GROUPS: [&str; 2] = [
    "eraser senior beard romp adorn nuclear spill corner cradle style ancient family \
    general leader ambition exchange unusual garlic promise voice",
    "eraser senior acrobat romp bishop medical gesture pumps secret alive ultimate \
    quarter priest subject class dictate spew material endless market",
];
/// The forty-third: two of three, extendable.
const EXTENDABLE: [&str; 2] = [
    "enemy favorite academic acid cowboy phrase havoc level response walnut budget \
    painting inside trash adjust froth kitchen learn tidy punish",
    "enemy favorite academic always academic sniff script carpet romp kind promise \
    scatter center unfair training emphasis evening belong fake enforce",
];
const PASSPHRASE: &str = "TREZOR";
const PHRASE: &str = "test test test test test test test test test test test junk";

fn shares(texts: &[&str]) -> Vec<WordShare> {
    texts
        .iter()
        .map(|text| WordShare::decode(text).expect("a share"))
        .collect()
}

fn opened(texts: &[&str]) -> String {
    hex::encode(slip39::open(&shares(texts), PASSPHRASE).expect("they fit"))
}

#[test]
fn the_standards_own_shares_open_and_are_written_the_same() {
    for (texts, secret) in [
        (&[SINGLE][..], "bb54aac4b89dc868ba37d9cc21b2cece"),
        (&PAIR, "b43ceb7e57a0ea8766221624d01b0864"),
        (&GROUPS, "7c3397a292a5941682d7a4ae2d898d11"),
        (&EXTENDABLE, "48b1a4b80b8c209ad42c33672bdaa428"),
    ] {
        assert_eq!(opened(texts), secret);
        for text in texts {
            assert_eq!(*WordShare::decode(text).expect("a share").encode(), *text);
        }
    }
    // The wallet behind the first, as the vector has it.
    let secret = slip39::open(&shares(&[SINGLE]), PASSPHRASE).unwrap();
    let path: DerivationPath = "m".parse().unwrap();
    let key = PrivateKey::from_slip39(CurveId::Secp256k1, &secret, Some(&path)).unwrap();
    let xprv = "xprv9s21ZrQH143K4QViKpwKCpS2zVbz8GrZgpEchMDg6KME9HZtjfL7iThE9w5muQA4YPHKN1u5VM1w8D4pvnjxa2BmpGMfXr7hnRrRHZ93awZ";
    let input = KeyInput::new().path(&path);
    let expected = PrivateKey::read(KeyFormat::Xprv, xprv.as_bytes(), input).unwrap();
    assert_eq!(key.verifying_key(), expected.verifying_key());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn so_many_shares_open_and_fewer_do_not(
        secret in proptest::collection::vec(any::<u8>(), 8..=32),
        threshold in 2_u8..=16,
        more in 0_u8..=14,
        passphrase in "[ -~]{0,12}",
        order in any::<u64>(),
    ) {
        // An even number of bytes.
        let secret = [secret.clone(), secret].concat();
        let count = threshold.saturating_add(more).min(16);
        let made = slip39::split(&secret, &passphrase, threshold, count, &mut rng("slip39")).unwrap();
        let mut texts: Vec<_> = made.iter().map(WordShare::encode).collect();
        let rotation = usize::try_from(order % u64::from(count)).unwrap();
        texts.rotate_left(rotation);
        let read = |text: &zeroize::Zeroizing<String>| WordShare::decode(text).unwrap();
        let mut found: Vec<WordShare> = texts.iter().map(read).collect();
        // All of them; then exactly as many as are needed, one of them twice.
        prop_assert_eq!(&*slip39::open(&found, &passphrase).unwrap(), &secret);
        found.truncate(threshold.into());
        found.push(read(&texts[0]));
        prop_assert_eq!(&*slip39::open(&found, &passphrase).unwrap(), &secret);
        let other = slip39::open(&found, "another").unwrap();
        prop_assert!(passphrase == "another" || *other != secret);
        found.remove(1);
        let (found_count, needed) = (usize::from(threshold) - 1, usize::from(threshold));
        prop_assert_eq!(
            slip39::open(&found, &passphrase).err(),
            Some(Slip39Error::TooFewShares { found: found_count, needed })
        );
    }
}

#[test]
fn a_key_is_split_and_comes_back() {
    for curve in CurveId::ALL.iter().copied() {
        let key = PrivateKey::random(curve, &mut rng("slip39"));
        let secret = key.to_slip39().unwrap();
        let made = slip39::split(secret.as_slice(), "", 2, 3, &mut rng("slip39")).unwrap();
        assert_eq!(
            made.iter().map(WordShare::number).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert!(made.iter().all(|share| share.threshold() == 2));
        let secret = slip39::open(&made[1..], "").unwrap();
        let again = PrivateKey::from_slip39(curve, &secret, None).unwrap();
        assert_eq!(again.verifying_key(), key.verifying_key());
        assert_eq!(again.to_hex(), key.to_hex());
    }
    let hex = format!("scalar:07{}", "00".repeat(31));
    let scalar = PrivateKey::from_hex(CurveId::Ed25519, &hex).unwrap();
    assert_eq!(scalar.to_slip39().err(), Some(PrivateKeyError::NoSeed));
    // A wallet's 16 bytes are no key by themselves, and zero is none.
    let short = PrivateKey::from_slip39(CurveId::Secp256k1, &[7; 16], None);
    assert_eq!(short.err(), Some(PrivateKeyError::Slip39Length));
    let zero = PrivateKey::from_slip39(CurveId::P256, &[0; 32], None);
    assert_eq!(zero.err(), Some(PrivateKeyError::OutOfRange));
}

#[test]
fn the_words_of_one_standard_are_recognised_by_the_other() {
    for share in [SINGLE, PAIR[0], EXTENDABLE[1]] {
        assert_eq!(words::decode(share).err(), Some(WordsError::Slip39));
        let path: DerivationPath = "m".parse().unwrap();
        let input = KeyInput::new().path(&path);
        let read = PrivateKey::read(KeyFormat::Bip39, share.as_bytes(), input);
        assert_eq!(read.err(), Some(PrivateKeyError::PhraseSlip39));
        assert!(slip39::is_like(share));
        // With a word that nobody can read, too.
        let (first, _) = share.split_once(' ').unwrap();
        let torn = share.replacen(first, "?", 1);
        assert_eq!(words::decode(&torn).err(), Some(WordsError::Slip39));
        assert!(matches!(
            WordShare::decode(&torn),
            Err(Slip39Error::UnknownWord { position: 1, .. })
        ));
    }
    for phrase in [PHRASE.to_owned(), words::encode(&[7; 32]).to_string()] {
        assert_eq!(WordShare::decode(&phrase).err(), Some(Slip39Error::Bip39));
        assert!(!slip39::is_like(&phrase));
        let (first, _) = phrase.split_once(' ').unwrap();
        let torn = phrase.replacen(first, "?", 1);
        assert_eq!(WordShare::decode(&torn).err(), Some(Slip39Error::Bip39));
        assert!(!matches!(words::decode(&torn), Err(WordsError::Slip39)));
    }
}

#[test]
fn every_fault_of_a_share_has_its_name() {
    let wrong = [
        ("", Slip39Error::WrongCount { found: 0 }),
        ("academic", Slip39Error::WrongCount { found: 1 }),
    ];
    for (text, expected) in wrong {
        assert_eq!(WordShare::decode(text).err(), Some(expected));
    }
    let cut = SINGLE.rsplit_once(' ').unwrap().0;
    assert_eq!(
        WordShare::decode(cut).err(),
        Some(Slip39Error::WrongCount { found: 19 })
    );
    let long = format!("{SINGLE} academic");
    assert_eq!(
        WordShare::decode(&long).err(),
        Some(Slip39Error::WrongCount { found: 21 })
    );
    let huge = "academic ".repeat(10_000);
    assert_eq!(
        WordShare::decode(&huge).err(),
        Some(Slip39Error::WrongCount { found: 10_000 })
    );
    let last = SINGLE.replace("keyboard", "kidney");
    assert_eq!(WordShare::decode(&last).err(), Some(Slip39Error::Checksum));
    let typed = SINGLE.replace("duckling", "dukling");
    let Err(Slip39Error::UnknownWord { position: 1, near }) = WordShare::decode(&typed) else {
        panic!("not in the list");
    };
    assert_eq!(near.first(), Some(&"duckling"));
    let noted = format!(
        "# one of three\n1. {}",
        SINGLE.to_uppercase().replace(' ', ",\n 2) ")
    );
    assert_eq!(opened(&[&noted]), opened(&[SINGLE]));
}

#[test]
fn shares_that_do_not_belong_together_are_refused() {
    let refused = |texts: &[&str]| slip39::open(&shares(texts), PASSPHRASE).err();
    assert_eq!(
        refused(&[]),
        Some(Slip39Error::TooFewShares {
            found: 0,
            needed: 1
        })
    );
    assert_eq!(
        refused(&[PAIR[0], PAIR[0]]),
        Some(Slip39Error::TooFewShares {
            found: 1,
            needed: 2
        })
    );
    assert_eq!(
        refused(&[PAIR[0], PAIR[1], SINGLE]),
        Some(Slip39Error::OtherSet { position: 3 })
    );
    assert_eq!(
        refused(&GROUPS[..1]),
        Some(Slip39Error::TooFewGroups {
            whole: 1,
            needed: 2
        })
    );
    let found = slip39::open(&shares(&PAIR), "pässword");
    assert_eq!(found.err(), Some(Slip39Error::Passphrase));
}

#[test]
fn what_is_no_sharing_is_not_made() {
    let made = |length: usize, passphrase: &str, threshold, count| {
        slip39::split(
            &vec![7; length],
            passphrase,
            threshold,
            count,
            &mut rng("slip39"),
        )
        .err()
    };
    assert_eq!(made(32, "", 1, 1), None);
    for (threshold, count) in [(0, 0), (0, 3), (1, 2), (3, 2), (2, 17), (17, 17)] {
        assert_eq!(made(32, "", threshold, count), Some(Slip39Error::Sharing));
    }
    for length in [0, 15, 14, 17, 66] {
        assert_eq!(made(length, "", 2, 3), Some(Slip39Error::SecretLength));
    }
    assert_eq!(made(32, "a\nb", 2, 3), Some(Slip39Error::Passphrase));
}

#[test]
fn debug_shows_no_share() {
    let share = WordShare::decode(SINGLE).unwrap();
    assert_eq!(
        format!("{share:?}"),
        "WordShare { number: 1, threshold: 1, .. }"
    );
    let Err(error) = WordShare::decode("academic acid acnee") else {
        panic!("not in the list")
    };
    assert_eq!(format!("{error:?}"), "UnknownWord { position: 3, .. }");
}
