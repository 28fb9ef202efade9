//! 24 words for a seed: exact when written, lenient when read, discreet when wrong.

use bip39::{Language, Mnemonic};
use proptest::prelude::*;
use rand_core::Rng;
use tki_formats::words::{self, WordsError};

const SEED: [u8; 32] = [7; 32];

fn typo(text: &str) -> (usize, Vec<&'static str>) {
    match words::decode(text) {
        Err(WordsError::UnknownWord { position, near }) => (position, near),
        other => panic!("{other:?}"),
    }
}

/// The phrase of [`SEED`] with another word at a position from 1.
fn with_word(position: usize, word: &str) -> String {
    let phrase = words::encode(&SEED);
    let words = phrase.split(' ').zip(1..);
    words
        .map(|(own, at)| if at == position { word } else { own })
        .collect::<Vec<_>>()
        .join(" ")
}

proptest! {
    #[test]
    fn a_seed_comes_back_from_its_words(seed: [u8; 32]) {
        let phrase = words::encode(&seed);
        prop_assert_eq!(*words::decode(&phrase).unwrap(), seed);
    }

    #[test]
    fn another_implementation_writes_the_same_words(seed: [u8; 32]) {
        let theirs = Mnemonic::from_entropy(&seed).unwrap();
        prop_assert_eq!(&*words::encode(&seed), &theirs.words().collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn another_implementation_accepts_the_same_words(indices in prop::collection::vec(0_usize..2048, 24)) {
        let list = Language::English.word_list();
        let phrase = indices.iter().map(|index| list[*index]).collect::<Vec<_>>().join(" ");
        let theirs = Mnemonic::parse_in_normalized(Language::English, &phrase);
        match words::decode(&phrase) {
            Ok(seed) => prop_assert_eq!(&theirs.unwrap().to_entropy_array().0[..32], &seed[..]),
            Err(error) => {
                prop_assert_eq!(error, WordsError::Checksum);
                prop_assert!(theirs.is_err());
            }
        }
    }

    #[test]
    fn no_text_is_too_strange(text in any::<String>()) {
        prop_assert!(words::decode(&text).is_err());
    }

    #[test]
    fn no_message_repeats_what_was_typed(position in 1_usize..=24, word in "[a-z]{9,20}") {
        let error = words::decode(&with_word(position, &word)).unwrap_err();
        let said = format!("{error} {error:?}");
        prop_assert!(!said.contains(&word));
    }
}

#[test]
fn words_are_read_as_people_write_them() {
    let phrase = words::encode(&SEED);
    let numbered = |form: &dyn Fn(usize, &str) -> String| {
        phrase
            .split(' ')
            .zip(1..)
            .map(|(word, n)| form(n, word))
            .collect::<String>()
    };
    for text in [
        phrase.to_uppercase(),
        format!("\u{feff}  {}\r\n", phrase.replace(' ', " \t ")),
        phrase.replace(' ', "\n"),
        phrase.replace(' ', ", "),
        numbered(&|n, word| format!("{n}. {word}\n")),
        numbered(&|n, word| format!("{n}.{word}\n")),
        numbered(&|n, word| format!("{n}) {word}  ")),
        numbered(&|n, word| format!("{n:>2} {word}  ")),
        numbered(&|n, word| format!("#{n}: what this is\n  # and this\n{word}\n")),
        format!("# Not a wallet seed.\n\n{}\n# Kept by: ...\n", *phrase),
    ] {
        assert_eq!(*words::decode(&text).expect(&text), SEED);
    }
}

#[test]
fn a_typo_names_its_position_and_what_was_meant() {
    for (position, typed, meant) in [
        (1, "alhpa", "alpha"),
        (2, "deel", "deal"),
        (3, "SRCUB", "scrub"),
        (4, "asthm", "asthma"),
        (5, "ideea", "idea"),
        (6, "l0gic", "logic"),
        (7, "brigth", "bright"),
        (24, "trul", "truly"),
    ] {
        let (found, near) = typo(&with_word(position, typed));
        assert_eq!(found, position, "{typed}");
        assert_eq!(near.first(), Some(&meant), "{typed}");
        assert!(near.len() <= 5, "{typed}");
    }
}

#[test]
fn the_first_typo_is_named_before_the_count() {
    let (position, near) = typo("alpha deel skrub");
    assert_eq!((position, near[0]), (2, "deal"));
}

#[test]
fn what_nobody_could_read_is_a_word_all_the_same() {
    assert_eq!(typo(&with_word(11, "?")), (11, Vec::new()));
    assert_eq!(typo(&with_word(24, "___")), (24, Vec::new()));
}

#[test]
fn nothing_is_near_what_is_far() {
    for typed in [
        "qqqqqq",
        "abandonabandonabandon",
        "größenwahn",
        "x",
        "\u{1f511}",
    ] {
        assert_eq!(typo(&with_word(3, typed)), (3, Vec::new()), "{typed}");
    }
}

#[test]
fn a_word_with_one_letter_missing_is_near_itself() {
    let list = Language::English.word_list();
    for word in list.iter().filter(|word| word.len() >= 4).step_by(16) {
        for missing in 0..word.len() {
            let typed = format!("{}{}", &word[..missing], &word[missing + 1..]);
            if list.contains(&typed.as_str()) {
                continue;
            }
            let (_, near) = typo(&typed);
            assert!(
                near.contains(word) || near.len() == 5,
                "{typed} for {word}: {near:?}"
            );
        }
    }
}

#[test]
fn four_letters_lead_to_their_word() {
    let list = Language::English.word_list();
    for word in list.iter().filter(|word| word.len() > 4).step_by(16) {
        assert_eq!(typo(&word[..4]).1.first(), Some(word));
    }
}

#[test]
fn any_other_number_of_words_is_refused() {
    let phrase = words::encode(&SEED);
    let words: Vec<&str> = phrase.split(' ').collect();
    for found in (0..=48).filter(|found| *found != words::COUNT) {
        let text = words
            .iter()
            .cycle()
            .take(found)
            .copied()
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(words::decode(&text), Err(WordsError::WrongCount { found }));
    }
}

#[test]
fn swapped_words_do_not_fit_together() {
    let mut rng = tki_testkit::rng("swapped words");
    let mut unnoticed = 0;
    for _ in 0..1000 {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let phrase = words::encode(&seed);
        let mut words: Vec<&str> = phrase.split(' ').collect();
        words.swap(3, 20);
        match words::decode(&words.join(" ")) {
            Ok(_) => unnoticed += 1,
            Err(error) => assert_eq!(error, WordsError::Checksum),
        }
    }
    // One in 256 by chance: four of these.
    assert!(unnoticed < 20, "{unnoticed}");
}

#[test]
fn messages_are_short_and_discreet() {
    let near = vec!["deal"];
    let error = WordsError::UnknownWord { position: 2, near };
    assert_eq!(error.to_string(), "word 2 is not in the word list");
    assert_eq!(format!("{error:?}"), "UnknownWord { position: 2, .. }");
    assert_eq!(
        WordsError::WrongCount { found: 23 }.to_string(),
        "found 23 words instead of 24"
    );
}
