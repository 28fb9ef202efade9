//! Answers: one form for what people mean to be one answer, and no promise that is too high.

use proptest::prelude::*;
use tki_formats::answers::estimate::{FLOOR_WITH_EVALUATOR, floor_without_evaluator, weakest};
use tki_formats::answers::{Answer, AnswerError, AnswerKind, MAX_BYTES};

/// The page of the specification that holds the vectors.
const SPECIFICATION: &str = include_str!("../../../../docs/spec/answers.md");

/// The cells of the table of vectors: kind, typed, becomes.
fn vectors() -> Vec<[&'static str; 3]> {
    let lines = SPECIFICATION
        .lines()
        .skip_while(|line| *line != "| kind | typed | becomes |");
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [kind, typed, becomes] = cells[..] else {
            panic!("three cells: {row}")
        };
        [kind.trim(), typed, becomes.trim()]
    })
    .collect()
}

/// What a cell quotes, with `\u{…}` read.
fn quoted(cell: &str) -> Option<String> {
    let quoted = cell.trim().strip_prefix('`')?.strip_suffix('`')?;
    let mut parts = quoted.split("\\u{");
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (number, rest) = part.split_once('}')?;
        text.push(char::from_u32(u32::from_str_radix(number, 16).ok()?)?);
        text.push_str(rest);
    }
    Some(text)
}

fn refusal(name: &str) -> AnswerError {
    match name {
        "ambiguous-date" => AnswerError::AmbiguousDate,
        "empty" => AnswerError::Empty,
        "no-such-day" => AnswerError::NoSuchDay,
        "not-a-date" => AnswerError::NotADate,
        "not-digits" => AnswerError::NotDigits,
        "two-digit-year" => AnswerError::TwoDigitYear,
        other => panic!("{other}"),
    }
}

fn read(kind: AnswerKind, typed: &str) -> Result<String, AnswerError> {
    Answer::read(kind, typed).map(|answer| answer.expose_secret().to_owned())
}

#[test]
fn answers_become_what_the_specification_says() {
    let vectors = vectors();
    assert!(vectors.len() > 60, "{}", vectors.len());
    for [kind, typed, becomes] in vectors {
        let kind = AnswerKind::from_name(kind).expect(kind);
        let typed = quoted(typed).expect(typed);
        let expected = match becomes.strip_prefix("refused: ") {
            Some(name) => Err(refusal(name)),
            None => Ok(quoted(becomes).expect(becomes)),
        };
        assert_eq!(read(kind, &typed), expected, "{kind:?} {typed:?}");
    }
}

proptest! {
    #[test]
    fn a_form_is_its_own_form(typed in any::<String>()) {
        for kind in AnswerKind::ALL {
            if let Ok(form) = read(*kind, &typed) {
                prop_assert_eq!(read(*kind, &form), Ok(form));
            }
        }
    }

    #[test]
    fn case_and_spacing_of_a_text_do_not_matter(words in prop::collection::vec("[a-zA-Z0-9äöüéñ]{1,8}", 1..5)) {
        let form = read(AnswerKind::Text, &words.concat());
        let spaced = format!(" {} ", words.join(" - "));
        prop_assert_eq!(read(AnswerKind::Text, &spaced), form.clone());
        prop_assert_eq!(read(AnswerKind::Text, &spaced.to_uppercase()), form.clone());
        prop_assert_eq!(read(AnswerKind::Text, &spaced.to_lowercase()), form);
    }

    #[test]
    fn every_day_is_read_in_every_notation(year in 1000_u32..3000, month in 1_u32..=12, day in 1_u32..=28) {
        let form = format!("{year}-{month:02}-{day:02}");
        let [english, german] = [
            ["Jan", "February", "Mar", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "December"],
            ["Januar", "Feb", "März", "Apr", "Mai", "Juni", "Juli", "August", "Sep", "Okt", "Nov", "Dez"],
        ].map(|names| names[month as usize - 1]);
        for typed in [
            format!("{year}-{month}-{day}"),
            format!("{day}.{month}.{year}"),
            format!("{day:02}. {german} {year}"),
            format!("{english} {day}, {year}"),
            format!("{year} {english} {day:02}"),
        ] {
            prop_assert_eq!(read(AnswerKind::Date, &typed), Ok(form.clone()), "{}", typed);
        }
        for (typed, other_is_a_day) in [
            (format!("{day}/{month}/{year}"), day <= 12),
            (format!("{month}/{day}/{year}"), day <= 12),
        ] {
            let expected = if other_is_a_day && day != month { Err(AnswerError::AmbiguousDate) } else { Ok(form.clone()) };
            prop_assert_eq!(read(AnswerKind::Date, &typed), expected);
        }
    }

    #[test]
    fn a_longer_secret_is_not_worth_less_than_its_beginning(secret in "[a-z0-9]{2,20}") {
        let (beginning, _) = secret.split_at(secret.len() - 1);
        let bits = |text: &str| Answer::read(AnswerKind::Digits, text).map(|answer| answer.estimated_bits(256));
        if let (Ok(less), Ok(more)) = (bits(beginning), bits(&secret)) {
            prop_assert!(less <= more);
        }
    }
}

#[test]
fn what_is_too_long_is_refused_before_it_is_read() {
    for kind in AnswerKind::ALL {
        let long = "1".repeat(MAX_BYTES + 1);
        assert_eq!(read(*kind, &long), Err(AnswerError::TooLong));
    }
    assert!(read(AnswerKind::Text, &"1".repeat(MAX_BYTES)).is_ok());
}

#[test]
fn kinds_have_codes_and_names_of_their_own() {
    for kind in AnswerKind::ALL.iter().copied() {
        assert_eq!(AnswerKind::from_code(kind.code()), Some(kind));
        assert_eq!(AnswerKind::from_name(kind.name()), Some(kind));
    }
    assert_eq!(
        AnswerKind::ALL
            .iter()
            .map(|kind| kind.code())
            .collect::<Vec<_>>(),
        [2, 3, 4, 1]
    );
    assert_eq!(
        (AnswerKind::from_code(0), AnswerKind::from_code(5)),
        (None, None)
    );
}

fn bits(kind: AnswerKind, typed: &str) -> u16 {
    Answer::read(kind, typed).expect(typed).estimated_bits(256)
}

#[test]
fn digits_that_follow_from_others_are_worth_nothing() {
    for (pin, worth) in [
        ("0000", 2),
        ("1234", 2),
        ("9876", 2),
        ("1122", 2),
        ("1379", 10),
        ("8305", 10),
        ("830517", 15),
        ("8", 2),
    ] {
        assert_eq!(bits(AnswerKind::Digits, pin), worth, "{pin}");
        assert_eq!(bits(AnswerKind::Secret, pin), worth, "{pin}");
    }
}

#[test]
fn passwords_that_everybody_has_are_worth_little() {
    let floor = floor_without_evaluator(64 * 1024, 8);
    for (password, most) in [
        ("password", 4),
        ("P@ssw0rd", 6),
        ("Password1!", 9),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 4),
        ("abcdefghijklmnopqrstuvwxyz", 6),
        ("qwertyuiop", 14),
        ("Summer2024!", 15),
        ("iloveyou", 4),
        ("hello world", 16),
    ] {
        let worth = bits(AnswerKind::Secret, password);
        assert!(worth <= most, "{password}: {worth}");
        assert!(u32::from(worth) < floor, "{password}: {worth}");
    }
}

#[test]
fn passwords_that_were_drawn_reach_the_floor() {
    let floor = floor_without_evaluator(64 * 1024, 8);
    for password in [
        "xK9#qLp2vT8!rB4z",
        "zebra oxide lunar pivot mango",
        "gFw7mQe2Zt9pYc4H",
        "zebra-oxide-lunar-pivot-mango",
    ] {
        let worth = bits(AnswerKind::Secret, password);
        assert!(u32::from(worth) >= floor, "{password}: {worth}");
    }
}

#[test]
fn an_answer_is_worth_no_more_than_its_question() {
    let answer = Answer::read(AnswerKind::Text, "Wolfeschlegelsteinhausen").unwrap();
    assert_eq!(answer.estimated_bits(10), 10);
    assert!(answer.estimated_bits(256) > 30);
    assert_eq!(
        Answer::read(AnswerKind::Text, "Li")
            .unwrap()
            .estimated_bits(10),
        6
    );
    assert_eq!(
        Answer::read(AnswerKind::Date, "1984-03-07")
            .unwrap()
            .estimated_bits(256),
        14
    );
}

#[test]
fn a_sheet_is_worth_its_weakest_answers() {
    assert_eq!(weakest([], 3), 0);
    assert_eq!(weakest([9, 14, 8, 11, 10], 1), 8);
    assert_eq!(weakest([9, 14, 8, 11, 10], 5), 52);
    assert_eq!(weakest([9, 14], 3), 23);
}

#[test]
fn a_cheap_derivation_asks_for_more_bits() {
    assert_eq!(floor_without_evaluator(0, 0), 59);
    assert_eq!(floor_without_evaluator(8, 1), 56);
    assert_eq!(floor_without_evaluator(64 * 1024, 8), 40);
    assert_eq!(floor_without_evaluator(64 * 1024, 15), 40);
    assert_eq!(floor_without_evaluator(u32::MAX, u32::MAX), 30);
    assert_eq!(FLOOR_WITH_EVALUATOR, 10);
}
