//! Answer sheets: one encoding of each, every rule by name, and every combination.

use std::collections::BTreeSet;

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use tki_metadata::{
    AnswerSheet, Asked, CRITICAL, Error, Extensions, OpeningSeed, Rule, Seals, SheetQuestion,
    limits,
};
use tki_seal::oprf::EvaluationKey;
use tki_seal::password::Argon2Params;
use tki_seal::transcript::{Tag, Transcript};

fn sample() -> AnswerSheet {
    let question = |asked, kind| SheetQuestion { asked, kind };
    AnswerSheet {
        questions: vec![
            question(Asked::Catalogue("first-teacher".to_owned()), 1),
            question(Asked::Own("Wo lag der Schlüssel?".to_owned()), 1),
            question(Asked::Catalogue("own-day".to_owned()), 2),
        ],
        threshold: 2,
        salt: [0x5a; 32],
        params: Argon2Params::new(64 * 1024, 8, 1).unwrap(),
        evaluator: Some(EvaluationKey::derive(&[7; 32], b"").unwrap().public_key()),
        seals: Seals::Each(vec![[1; 32], [2; 32], [3; 32]]),
        estimated_bits: 18,
        insisted: Some(1_790_000_000),
        extensions: Extensions::new(),
    }
}

/// The specification once more, element by element.
fn by_hand(sheet: &AnswerSheet) -> Vec<u8> {
    let string = |bytes: &[u8]| [&(bytes.len() as u64).to_le_bytes(), bytes].concat();
    let mut bytes = vec![1];
    bytes.extend((sheet.questions.len() as u64).to_le_bytes());
    for question in &sheet.questions {
        let (is_own, asked) = match &question.asked {
            Asked::Catalogue(id) => (0, id),
            Asked::Own(text) => (1, text),
        };
        bytes.push(is_own);
        bytes.extend(string(asked.as_bytes()));
        bytes.push(question.kind);
    }
    bytes.extend(sheet.threshold.to_le_bytes());
    bytes.extend(sheet.salt);
    bytes.extend(sheet.params.to_bytes());
    let evaluator = sheet.evaluator.map(|key| key.to_bytes().to_vec());
    bytes.extend(string(&evaluator.unwrap_or_default()));
    let (is_pegged, sealed) = match &sheet.seals {
        Seals::Each(sealed) => (0, sealed.as_slice()),
        Seals::Pegged => (1, [].as_slice()),
    };
    bytes.push(is_pegged);
    bytes.extend((sealed.len() as u64).to_le_bytes());
    bytes.extend(sealed.concat());
    bytes.extend(sheet.estimated_bits.to_le_bytes());
    match sheet.insisted {
        Some(time) => {
            bytes.push(1);
            bytes.extend(time.to_le_bytes());
        }
        None => bytes.push(0),
    }
    bytes.extend(0_u64.to_le_bytes());
    bytes
}

#[test]
fn a_sheet_is_stored_as_the_specification_says() {
    let whole = sample();
    let mut plain = sample();
    plain.questions.truncate(1);
    (plain.threshold, plain.evaluator, plain.insisted) = (1, None, None);
    plain.seals = Seals::Pegged;
    let mut first = plain.clone();
    first.seals = Seals::Each(vec![[9; 32]]);
    for sheet in [whole, plain, first] {
        let bytes = sheet.encode().unwrap();
        assert_eq!(bytes, by_hand(&sheet));
        assert_eq!(AnswerSheet::decode(&bytes), Ok(sheet));
    }
}

type Case = (&'static str, fn(&mut AnswerSheet), Rule);

const CASES: &[Case] = &[
    ("no question", |s| s.questions.clear(), Rule::QuestionCount),
    (
        "17 questions",
        |s| s.questions = vec![s.questions[0].clone(); 17],
        Rule::QuestionCount,
    ),
    (
        "an empty question",
        |s| s.questions[0].asked = Asked::Own(String::new()),
        Rule::QuestionText,
    ),
    (
        "a long question",
        |s| s.questions[0].asked = Asked::Own("ä".repeat(129)),
        Rule::QuestionText,
    ),
    (
        "a long id",
        |s| s.questions[0].asked = Asked::Catalogue("a".repeat(33)),
        Rule::QuestionText,
    ),
    (
        "an escape",
        |s| s.questions[0].asked = Asked::Own("\u{1b}[2J?".to_owned()),
        Rule::QuestionText,
    ),
    ("none needed", |s| s.threshold = 0, Rule::AnswerThreshold),
    ("more than all", |s| s.threshold = 4, Rule::AnswerThreshold),
    (
        "126 combinations",
        |s| {
            s.questions = vec![s.questions[0].clone(); 9];
            s.threshold = 4;
        },
        Rule::AnswerThreshold,
    ),
    (
        "a combination without seal",
        |s| s.seals = Seals::Each(vec![[1; 32]; 2]),
        Rule::CombinationCount,
    ),
    (
        "a seal too many",
        |s| s.seals = Seals::Each(vec![[1; 32]; 4]),
        Rule::CombinationCount,
    ),
    (
        "two of three, pegged",
        |s| s.seals = Seals::Pegged,
        Rule::CombinationCount,
    ),
];

#[test]
fn a_sheet_that_breaks_a_rule_is_neither_written_nor_read() {
    for (name, change, rule) in CASES {
        let mut sheet = sample();
        change(&mut sheet);
        let expected = Error::Refused { rule: *rule };
        assert_eq!(sheet.encode(), Err(expected), "writing: {name}");
        assert_eq!(
            AnswerSheet::decode(&by_hand(&sheet)),
            Err(expected),
            "reading: {name}"
        );
    }
}

#[test]
fn what_no_sheet_holds_is_refused_by_name_when_read() {
    let sheet = sample();
    let bytes = by_hand(&sheet);
    let changed = |from: &[u8], to: &[u8]| {
        let at = bytes
            .windows(from.len())
            .position(|part| part == from)
            .unwrap();
        let mut changed = bytes.clone();
        changed.splice(at..at + from.len(), to.iter().copied());
        AnswerSheet::decode(&changed)
    };
    let refused = |rule| Err(Error::Refused { rule });
    let params = sheet.params.to_bytes();
    assert_eq!(changed(&params, &[0; 12]), refused(Rule::AnswerParameters));
    assert_eq!(
        changed(&params, &[0xff; 12]),
        refused(Rule::AnswerParameters)
    );
    let key = sheet.evaluator.unwrap().to_bytes();
    assert_eq!(changed(&key, &[0; 33]), refused(Rule::EvaluatorKey));
    assert_eq!(changed(&key, &[0xff; 33]), refused(Rule::EvaluatorKey));
    let with_length = [&33_u64.to_le_bytes(), key.as_slice()].concat();
    let short = [&32_u64.to_le_bytes(), &key[..32]].concat();
    assert_eq!(changed(&with_length, &short), refused(Rule::EvaluatorKey));
    let seals = [&[0], 3_u64.to_le_bytes().as_slice()].concat();
    let pegged = [&[1], 3_u64.to_le_bytes().as_slice()].concat();
    assert_eq!(changed(&seals, &pegged), refused(Rule::CombinationCount));
}

#[test]
fn damage_and_later_versions_are_told_apart() {
    let bytes = sample().encode().unwrap();
    for at in 0..bytes.len() {
        assert_eq!(
            AnswerSheet::decode(&bytes[..at]),
            Err(Error::Malformed),
            "{at}"
        );
    }
    assert_eq!(
        AnswerSheet::decode(&[&bytes, [0].as_slice()].concat()),
        Err(Error::Malformed)
    );
    let mut later = bytes.clone();
    later[0] = 2;
    assert_eq!(
        AnswerSheet::decode(&later),
        Err(Error::UnsupportedVersion { version: 2 })
    );
    let long = vec![1; limits::ANSWER_SHEET_BYTES + 1];
    let limit = limits::ANSWER_SHEET_BYTES;
    assert_eq!(AnswerSheet::decode(&long), Err(Error::TooLarge { limit }));
    let mut critical = sample();
    critical.extensions.insert(CRITICAL | 1, vec![]);
    assert_eq!(
        critical.encode(),
        Err(Error::CriticalExtension { tag: CRITICAL | 1 })
    );
}

#[test]
fn the_largest_sheet_fits() {
    let mut sheet = sample();
    sheet.questions = vec![
        SheetQuestion {
            asked: Asked::Own("ä".repeat(128)),
            kind: 1
        };
        8
    ];
    sheet.threshold = 4;
    sheet.seals = Seals::Each(vec![[7; 32]; limits::COMBINATIONS]);
    assert!(sheet.encode().is_ok());
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(bytes in any::<Vec<u8>>()) {
        prop_assert!(AnswerSheet::decode(&bytes).is_err());
    }

    #[test]
    fn combinations_are_all_of_them_in_order(m in 1_usize..=16, t in 1_usize..=16) {
        let all = (0_u32..1 << m).filter(|set| set.count_ones() as usize == t);
        let positions = |set: u32| (0..m).filter(|i| set >> i & 1 == 1).collect::<Vec<_>>();
        let mut expected: Vec<Vec<usize>> = all.map(positions).collect();
        expected.sort();
        if expected.len() > limits::COMBINATIONS {
            expected.clear();
        }
        prop_assert_eq!(AnswerSheet::combinations(m, t), expected);
    }

    #[test]
    fn what_is_sealed_comes_back_under_its_key_alone(seed: [u8; 32], key: [u8; 32], other: [u8; 32]) {
        let seed = OpeningSeed::from_bytes(&seed);
        let mut sheet = sample();
        sheet.seals = Seals::Each(vec![[0; 32], AnswerSheet::seal(&seed, &key), [0; 32]]);
        let opens = |place, key: &[u8; 32]| sheet.unseal(place, key).is_some_and(|o| o.ct_eq(&seed));
        prop_assert!(opens(1, &key));
        prop_assert_eq!(opens(1, &other), key == other);
        prop_assert!(sheet.unseal(3, &key).is_none());
    }
}

#[test]
fn a_pegged_sheet_gives_what_the_answers_give() {
    let mut sheet = sample();
    (sheet.threshold, sheet.seals) = (3, Seals::Pegged);
    assert_eq!(sheet.unseal(0, &[9; 32]).unwrap().expose_secret(), &[9; 32]);
    assert!(sheet.unseal(1, &[9; 32]).is_none());
}

#[test]
fn an_input_is_the_transcript_of_the_specification() {
    let sheet = sample();
    let expected = Transcript::new(Tag::AnswerCombination)
        .bytes(&[0x5a; 32])
        .u64(2)
        .u64(0)
        .flag(false)
        .bytes(b"first-teacher")
        .u64(1)
        .bytes(b"muller")
        .u64(1)
        .flag(true)
        .bytes("Wo lag der Schlüssel?".as_bytes())
        .u64(1)
        .bytes(b"ofen");
    let input = sheet
        .combination_input(&[(0, "muller"), (1, "ofen")])
        .unwrap();
    assert_eq!(*input, *expected.into_bytes());
    for answers in [
        [(1, "ofen"), (0, "muller")],
        [(0, "a"), (0, "a")],
        [(0, "a"), (3, "b")],
    ] {
        let refused = Error::Refused {
            rule: Rule::AnswerPosition,
        };
        assert_eq!(sheet.combination_input(&answers).err(), Some(refused));
    }
}

/// Answers, positions, questions and salts that differ anywhere give another input.
#[test]
fn no_two_inputs_are_one() {
    let sheet = sample();
    let mut inputs = BTreeSet::new();
    let mut count = 0;
    let mut insert = |sheet: &AnswerSheet, answers: &[(usize, &str)]| {
        inputs.insert(sheet.combination_input(answers).unwrap().to_vec());
        count += 1;
    };
    for answers in [
        [(0, "ab"), (1, "c")],
        [(0, "a"), (1, "bc")],
        [(0, ""), (1, "abc")],
        [(0, "c"), (1, "ab")],
        [(0, "ab"), (2, "c")],
        [(1, "ab"), (2, "c")],
    ] {
        insert(&sheet, &answers);
    }
    insert(&sheet, &[(0, "abc")]);
    insert(&sheet, &[]);
    let answers = [(0, "ab"), (1, "c")];
    let changes: [fn(&mut AnswerSheet); 4] = [
        |s| s.salt[0] ^= 1,
        |s| s.questions[0].kind = 4,
        |s| s.questions[0].asked = Asked::Own("first-teacher".to_owned()),
        |s| s.questions.swap(0, 1),
    ];
    for change in changes {
        let mut other = sheet.clone();
        change(&mut other);
        insert(&other, &answers);
    }
    assert_eq!(inputs.len(), count);
}
