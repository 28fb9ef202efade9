//! A file of answers: each line a question and what is answered to it.
//!
//! ```text
//! # What stands in front of = is a question of `tki questions`, or one's own in quotation marks.
//! first-teacher = Miller
//! "What stood on the gate?" = a blue heron
//! "On which day did we leave?" (date) = 7 March 1984
//! ```
//!
//! Specification: `docs/spec/answers.md`, section 6.

use std::path::Path;

use tki::engine::answers::Answered;
use tki::formats::answers::{Answer, AnswerError, AnswerKind};
use tki::formats::questions::{self, Question};
use tki::metadata::{AnswerSheet, Asked, SheetQuestion};
use zeroize::Zeroizing;

use crate::error::{Failure, Kind};
use crate::session::Session;

/// What a file of answers says.
pub(crate) struct AnswerFile {
    lines: Vec<Line>,
}

/// A question and what is answered to it.
struct Line {
    number: usize,
    asked: Asked,
    /// How an answer to a question of one's own is read.
    kind: Option<AnswerKind>,
    typed: Zeroizing<String>,
}

impl AnswerFile {
    /// Reads a file, or standard input for `-`.
    pub(crate) fn read(session: &Session, path: &Path) -> Result<Self, Failure> {
        let text = session.input.text(path, "answers").map_err(|failure| {
            if failure.kind == Kind::WrongWords {
                return Failure::usage(failure.message).next("save the answers as UTF-8 text");
            }
            failure
        })?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let mut lines: Vec<Line> = Vec::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in (1..).zip(text.lines()) {
            // Step 6.1: what is empty, or begins with #, says nothing.
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line = Line::parse(number, line).map_err(|error| error.failure(number))?;
            if lines.iter().any(|earlier| earlier.asked == line.asked) {
                return Err(LineError::Twice.failure(number));
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Err(Failure::usage("there is no answer in the file").next(SYNTAX));
        }
        Ok(Self { lines })
    }

    /// The questions with their answers, in the order of the file, for a new sheet.
    pub(crate) fn answered(&self) -> Result<Vec<Answered>, Failure> {
        let answered = self.lines.iter().map(|line| {
            let (kind, typical_bits) = line.kind_and_bits()?;
            let answer = line.answer(kind)?;
            let question = SheetQuestion {
                asked: line.asked.clone(),
                kind: kind.code(),
            };
            Ok(Answered {
                question,
                answer,
                typical_bits,
            })
        });
        answered.collect()
    }

    /// What makes the questions bad ones, each in a sentence.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for line in &self.lines {
            for flaw in flaws(&line.asked) {
                let number = line.number;
                warnings.push(format!("line {number}, not a good question: {flaw}"));
            }
        }
        warnings
    }

    /// The line of the first question that this sheet does not ask.
    pub(crate) fn stranger(&self, sheet: &AnswerSheet) -> Option<usize> {
        let asks = |line: &&Line| sheet.questions.iter().all(|one| one.asked != line.asked);
        self.lines.iter().find(asks).map(|line| line.number)
    }

    /// An answer or none to each question of this sheet.
    pub(crate) fn given(&self, sheet: &AnswerSheet) -> Result<Vec<Option<Answer>>, Failure> {
        let given = sheet.questions.iter().map(|question| {
            let mut lines = self.lines.iter();
            let line = lines.find(|line| line.asked == question.asked);
            line.map(|line| line.answer(kind_of(question)?)).transpose()
        });
        given.collect()
    }
}

/// How the answer to a question of a sheet is read.
pub(crate) fn kind_of(question: &SheetQuestion) -> Result<AnswerKind, Failure> {
    AnswerKind::from_code(question.kind).ok_or_else(|| {
        let message = "the account asks for an answer of a kind that this tki does not know";
        Failure::new(Kind::Unsupported, message)
    })
}

/// What is bad about a question, as far as can be seen.
pub(crate) fn flaws(asked: &Asked) -> Vec<questions::Flaw> {
    match asked {
        Asked::Catalogue(id) => {
            Question::find(id).map_or_else(Vec::new, |known| known.flaws.to_vec())
        }
        Asked::Own(text) => questions::lint(text),
    }
}

impl Line {
    /// A line that is not empty and no comment.
    fn parse(number: usize, line: &str) -> Result<Self, LineError> {
        // Step 6.2: an own question in quotation marks, else an id.
        let (asked, kind, rest) = match line.strip_prefix('"') {
            Some(own) => {
                let (text, rest) = own.split_once('"').ok_or(LineError::NoEnd)?;
                let (kind, rest) = own_kind(rest.trim_start())?;
                (Asked::Own(text.trim().to_owned()), Some(kind), rest)
            }
            None => {
                let end = line.find(['=', ' ', '\t']).unwrap_or(line.len());
                let (id, rest) = line.split_at_checked(end).unwrap_or((line, ""));
                (Asked::Catalogue(id.to_owned()), None, rest)
            }
        };
        // Step 6.3: after = and at most one blank, everything is the answer.
        let typed = rest.trim_start().strip_prefix('=');
        let typed = typed.ok_or(LineError::NoAnswer)?;
        let typed = typed.strip_prefix([' ', '\t']).unwrap_or(typed);
        Ok(Self {
            number,
            asked,
            kind,
            typed: Zeroizing::new(typed.to_owned()),
        })
    }

    /// How the answer is read when it is given for the first time, and what it is typically worth.
    fn kind_and_bits(&self) -> Result<(AnswerKind, u16), Failure> {
        match &self.asked {
            Asked::Catalogue(id) => {
                let question = Question::find(id);
                let question = question.ok_or_else(|| LineError::Unknown.failure(self.number))?;
                Ok((question.kind, question.typical_bits))
            }
            Asked::Own(text) => {
                let kind = self.kind.unwrap_or(AnswerKind::Text);
                let flaws = questions::lint(text);
                Ok((kind, questions::typical_bits(kind, &flaws)))
            }
        }
    }

    fn answer(&self, kind: AnswerKind) -> Result<Answer, Failure> {
        Answer::read(kind, &self.typed)
            .map_err(|error| LineError::Answer(error).failure(self.number))
    }
}

/// `(kind)`, if it stands there.
fn own_kind(rest: &str) -> Result<(AnswerKind, &str), LineError> {
    let Some(inside) = rest.strip_prefix('(') else {
        return Ok((AnswerKind::Text, rest));
    };
    let (name, rest) = inside.split_once(')').ok_or(LineError::NoKind)?;
    let kind = AnswerKind::from_name(name.trim()).ok_or(LineError::NoKind)?;
    Ok((kind, rest))
}

/// What is wrong with a line. Says nothing of what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineError {
    Answer(AnswerError),
    NoAnswer,
    NoEnd,
    NoKind,
    Twice,
    Unknown,
}

impl LineError {
    fn failure(self, number: usize) -> Failure {
        let (what, next) = match self {
            Self::Answer(error) => {
                let failure = Failure::usage(format!("line {number} of the answers: {error}"));
                return failure.next("correct the line and run the same command again");
            }
            Self::NoAnswer => ("there is no = with an answer", SYNTAX),
            Self::NoEnd => ("the question has no second quotation mark", SYNTAX),
            Self::NoKind => (
                "a kind is (text), (date), (digits) or (secret)",
                "put the kind behind the question, or leave it out for a text",
            ),
            Self::Twice => (
                "the question was answered above",
                "leave one of the lines out",
            ),
            Self::Unknown => (
                "no question is called so",
                "tki questions lists them; a question of your own stands in quotation marks",
            ),
        };
        Failure::usage(format!("line {number} of the answers: {what}")).next(next)
    }
}

const SYNTAX: &str = "write a line for each: ID = ANSWER, or \"OWN QUESTION?\" = ANSWER; \
                      tki questions lists the ids";

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        let file = AnswerFile::parse(text);
        let answered = file.and_then(|file| file.answered().map(drop));
        answered.expect_err("it is refused").message
    }

    #[test]
    fn a_file_is_read_in_its_order() {
        let text = "\u{feff}# of mine\n\n  first-teacher=Miller\r\n\
                    \"What stood on the gate?\" = a = \"heron\"\n\
                    \"The day?\" ( date )=7 March 1984\npassword =  two blanks \n";
        let answered = AnswerFile::parse(text).and_then(|file| file.answered());
        let answered = answered.expect("it is a file of answers");
        let read: Vec<_> = answered
            .iter()
            .map(|one| (one.answer.kind().name(), one.answer.expose_secret()))
            .collect();
        let expected = [
            ("text", "miller"),
            ("text", "aheron"),
            ("date", "1984-03-07"),
            ("secret", " two blanks "),
        ];
        assert_eq!(read, expected);
        assert_eq!(
            answered[1].question.asked,
            Asked::Own("What stood on the gate?".into())
        );
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line_and_not_repeated() {
        for (text, expected) in [
            ("", "there is no answer in the file"),
            ("# only this", "there is no answer in the file"),
            (
                "first-teacher Miller",
                "line 1 of the answers: there is no =",
            ),
            ("\nsecret", "line 2 of the answers: there is no ="),
            (
                "\"Who? = Miller",
                "line 1 of the answers: the question has no second",
            ),
            (
                "\"Who?\" (name) = Miller",
                "line 1 of the answers: a kind is",
            ),
            (
                "\"Who?\" (text = Miller",
                "line 1 of the answers: a kind is",
            ),
            (
                "Miller = x",
                "line 1 of the answers: no question is called so",
            ),
            (
                "pin = 1\npin = 2",
                "line 2 of the answers: the question was answered above",
            ),
            (
                "first-teacher = ?!",
                "line 1 of the answers: the answer is empty",
            ),
            (
                "pin = Miller",
                "line 1 of the answers: the answer is to be digits",
            ),
        ] {
            let message = message(text);
            assert!(message.starts_with(expected), "{text}: {message}");
            assert!(!message.contains("Miller"), "{message}");
        }
    }

    #[test]
    fn bad_questions_are_named() {
        let text = "favourite-colour = blue\n\"What is your favourite film?\" = x\npin = 12";
        let file = AnswerFile::parse(text).expect("it is a file of answers");
        let warnings = file.warnings().join("\n");
        assert!(warnings.contains("line 1, ") && warnings.contains("line 2, "));
        assert!(!warnings.contains("line 3, "));
    }
}
