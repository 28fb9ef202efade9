//! The catalogue of questions, and what it says about itself.

use std::collections::BTreeSet;

use tki_formats::answers::AnswerKind;
use tki_formats::questions::{Flaw, Language, Question, lint, typical_bits};

#[test]
fn every_question_is_asked_in_every_language() {
    let mut texts = BTreeSet::new();
    for question in Question::all() {
        for language in Language::ALL {
            let text = question.text(*language);
            assert!(text.ends_with('?') && text.len() <= 200, "{text}");
            assert!(texts.insert(text), "asked twice: {text}");
            assert_eq!(Language::from_code(language.code()), Some(*language));
        }
    }
    assert_eq!(Language::from_code("xx"), None);
}

/// Ids as stored: one that is renamed or removed no longer finds its question.
#[test]
fn ids_are_what_they_were() {
    let ids: Vec<&str> = Question::all().iter().map(|question| question.id).collect();
    assert_eq!(
        ids,
        [
            "first-seat-neighbour",
            "first-teacher",
            "first-school-street",
            "childhood-phone",
            "childhood-neighbours",
            "childhood-doctor",
            "first-journey-alone",
            "first-work-street",
            "first-concert",
            "own-day",
            "password",
            "pin",
            "mother-maiden-name",
            "birth-date",
            "first-pet",
            "favourite-colour",
            "best-friend",
        ]
    );
    for id in ids {
        assert_eq!(Question::find(id).unwrap().id, id);
        assert!(id.len() <= 32 && id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
    }
    assert!(Question::find("no-such-question").is_none());
}

/// In each language the lint finds what the catalogue says of a question, and nothing else.
#[test]
fn the_lint_knows_the_bad_questions_of_the_catalogue_and_lets_the_good_ones_pass() {
    for question in Question::all() {
        for language in Language::ALL {
            let text = question.text(*language);
            assert_eq!(lint(text), question.flaws, "{text}");
        }
        assert_eq!(
            question.typical_bits < 8,
            !question.flaws.is_empty(),
            "{}",
            question.id
        );
        assert!(!question.why.is_empty() && !question.why.ends_with('.'));
    }
}

#[test]
fn questions_of_ones_own_are_judged_by_their_words() {
    for (question, flaws) in [
        (
            "What is your favourite colour?",
            [Flaw::Favourite, Flaw::FewValues].as_slice(),
        ),
        ("WAS IST IHR LIEBLINGSFILM?", &[Flaw::Favourite]),
        ("¿Cuál es tu película preferida?", &[Flaw::Favourite]),
        ("Quel est ton film préféré ?", &[Flaw::Favourite]),
        ("Where were you born?", &[Flaw::Findable]),
        ("Wann hat Ihre Mutter Geburtstag?", &[Flaw::Findable]),
        ("What is your current address?", &[Flaw::Changes]),
        (
            "How many children do you have now?",
            &[Flaw::Changes, Flaw::FewValues],
        ),
        ("What is your star sign?", &[Flaw::FewValues]),
        ("What did the postcard from Elba say?", &[]),
        ("", &[Flaw::NoQuestion]),
        (" ?! ", &[Flaw::NoQuestion]),
    ] {
        assert_eq!(lint(question), flaws, "{question}");
    }
}

#[test]
fn each_flaw_halves_what_an_answer_is_worth_and_says_why() {
    for (kind, worth) in [
        (AnswerKind::Text, [8, 4, 2]),
        (AnswerKind::Date, [11, 5, 2]),
        (AnswerKind::Digits, [12, 6, 3]),
        (AnswerKind::Secret, [256, 128, 64]),
    ] {
        let flaws = [Flaw::Favourite, Flaw::FewValues];
        let found = [0, 1, 2].map(|count| typical_bits(kind, &flaws[..count]));
        assert_eq!(found, worth);
    }
    let flaws = [
        Flaw::Changes,
        Flaw::Favourite,
        Flaw::FewValues,
        Flaw::Findable,
        Flaw::NoQuestion,
    ];
    let said: BTreeSet<String> = flaws.iter().map(Flaw::to_string).collect();
    assert_eq!(said.len(), flaws.len());
}
