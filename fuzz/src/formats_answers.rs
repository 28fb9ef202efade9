//! Answers as people type them, and questions of their own.

use tki_formats::answers::{Answer, AnswerError, AnswerKind, MAX_BYTES};
use tki_formats::questions::{Flaw, Language, Question, lint, typical_bits};

use crate::Target;
use crate::memory::bounded;

pub(crate) const ANSWERS: Target = Target {
    name: "formats_answers",
    run: answers,
    seeds,
};

fn answers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for kind in AnswerKind::ALL.iter().copied() {
        assert_eq!(AnswerKind::from_code(kind.code()), Some(kind));
        assert_eq!(AnswerKind::from_name(kind.name()), Some(kind));
        // One character decomposes into at most eighteen.
        match bounded(18 * text.len(), || Answer::read(kind, &text)) {
            Ok(answer) => check(&answer),
            Err(error) => assert_eq!(error == AnswerError::TooLong, text.len() > MAX_BYTES),
        }
    }
    let flaws = lint(&text);
    assert!(flaws.is_sorted_by(|left, right| left < right));
    let worth = typical_bits(AnswerKind::Text, &flaws);
    assert!(worth <= 8 >> flaws.len());
    assert!(flaws != [Flaw::NoQuestion] || !text.contains(|c: char| c.is_ascii_alphanumeric()));

    let question = Question::find(&text).or_else(|| Question::all().first());
    let language = Language::from_code(&text).unwrap_or(Language::En);
    assert!(question.is_some_and(|question| question.text(language).ends_with('?')));
}

/// A form is its own form, and worth what its question allows.
fn check(answer: &Answer) {
    let form = answer.expose_secret();
    assert!(!form.is_empty());
    let again = Answer::read(answer.kind(), form);
    match again {
        Ok(again) => assert_eq!(again.expose_secret(), form),
        // A form may be longer than what was typed.
        Err(error) => assert_eq!(error, AnswerError::TooLong),
    }
    assert!(answer.estimated_bits(9) <= 9);
    match answer.kind() {
        AnswerKind::Date => assert_eq!(form.len(), 10),
        AnswerKind::Digits => assert!(form.bytes().all(|byte| byte.is_ascii_digit())),
        _ => {}
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "  Müllerstraße, Nr. 7 ",
        "7. März 1984",
        "1er août 1984",
        "03/17/1984",
        "1984年3月7日",
        "٠١/٠٢/١٩٨٤",
        "P@ssw0rd1!",
        "+49 (30) 123-45",
        "What is your favourite colour?",
        "first-teacher",
        "de",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}
