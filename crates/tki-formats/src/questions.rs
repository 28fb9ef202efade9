//! Questions that an account can be opened by answering, and what makes a question a bad one.
//!
//! A good question has one answer, which stays the same for life, which its owner knows without
//! looking it up and spells in one way, and which neither friends nor the network know. Few have
//! all of that: what is typically known of the answers is written beside each question, in bits.
//!
//! References: Schechter, Brush, Egelman 2009 ("It's no secret"); Bonneau, Just, Matthews 2010
//! ("What's in a name?"); Bonneau, Bursztein, Caron, Jackson, Williamson 2015 ("Secrets, lies, and
//! account recovery"). Specification: `docs/spec/answers.md`, section 3.

use core::fmt;

use crate::answers::AnswerKind;

mod catalogue;
mod lint;

pub use lint::lint;

/// A question of the catalogue.
#[derive(Debug)]
#[non_exhaustive]
pub struct Question {
    /// What stored formats call it: never reused, and its meaning never changed.
    pub id: &'static str,
    /// How its answer is read.
    pub kind: AnswerKind,
    /// Bits that an answer is typically worth to somebody who knows the question and the country.
    pub typical_bits: u16,
    /// What is bad about it; nothing for a good one.
    pub flaws: &'static [Flaw],
    /// Why it is good or bad, in one English sentence.
    pub why: &'static str,
    texts: [&'static str; Language::ALL.len()],
}

impl Question {
    /// The whole catalogue, good questions first.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        catalogue::QUESTIONS
    }

    /// The question of this id.
    ///
    /// # Examples
    /// ```
    /// use tki_formats::questions::{Language, Question};
    ///
    /// let question = Question::find("first-teacher").expect("it is in the catalogue");
    /// assert!(question.text(Language::De).ends_with('?') && question.flaws.is_empty());
    /// ```
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::all().iter().find(|question| question.id == id)
    }

    /// The question as it is asked.
    #[must_use]
    pub const fn text(&self, language: Language) -> &'static str {
        let [de, en, es, fr] = self.texts;
        match language {
            Language::De => de,
            Language::En => en,
            Language::Es => es,
            Language::Fr => fr,
        }
    }
}

/// A language that every question of the catalogue is written in.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Language {
    /// German.
    De,
    /// English.
    En,
    /// Spanish.
    Es,
    /// French.
    Fr,
}

impl Language {
    /// Every language, in the order in which questions are written.
    pub const ALL: &'static [Self] = &[Self::De, Self::En, Self::Es, Self::Fr];

    /// Its code: `de`, `en`, `es` or `fr` (ISO 639-1).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
            Self::Es => "es",
            Self::Fr => "fr",
        }
    }

    /// The language of this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|language| language.code() == code)
    }
}

/// What makes a question a bad one.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Flaw {
    /// Its answer changes in the course of a life.
    Changes,
    /// It asks for a favourite: few answers are common, and they change.
    Favourite,
    /// It has few answers.
    FewValues,
    /// Its answer stands in registers and networks, or friends know it.
    Findable,
    /// It asks nothing.
    NoQuestion,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Changes => "the answer changes in the course of a life",
            Self::Favourite => "favourites change, and a few of them are everybody's",
            Self::FewValues => "there are few answers to try",
            Self::Findable => "the answer stands in registers and networks, or friends know it",
            Self::NoQuestion => "there is no question",
        })
    }
}

/// What the answer to a question of one's own is typically worth, in bits, by its kind and by what
/// is bad about it: half for each flaw.
///
/// # Examples
/// ```
/// use tki_formats::answers::AnswerKind;
/// use tki_formats::questions::{lint, typical_bits};
///
/// let flaws = lint("What is your favourite colour?");
/// assert_eq!(typical_bits(AnswerKind::Text, &flaws), 2);
/// assert_eq!(typical_bits(AnswerKind::Text, &[]), 8);
/// ```
#[must_use]
pub fn typical_bits(kind: AnswerKind, flaws: &[Flaw]) -> u16 {
    // Step 3.2: by the kind, halved for each flaw.
    let bits: u16 = match kind {
        AnswerKind::Date => 11,
        AnswerKind::Digits => 12,
        AnswerKind::Secret => 256,
        AnswerKind::Text => 8,
    };
    flaws.iter().fold(bits, |bits, _| bits / 2)
}
