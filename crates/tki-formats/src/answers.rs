//! Answers to questions, brought into one form, and how hard they are to guess.
//!
//! Years lie between the two times that somebody gives an answer. What differs between them without
//! being another answer is taken away: capital letters, accents, punctuation and spaces of a text,
//! the notation of a date, the script of digits. A password or a PIN is taken as it is.
//!
//! Reference: Unicode Standard Annex #15 (NFC, NFKD). Specification: `docs/spec/answers.md`,
//! sections 1 and 2.

use alloc::string::String;
use core::fmt;

use subtle::ConstantTimeEq as _;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

mod date;
mod digits;
pub mod estimate;
mod text;

pub(crate) use text::characters;

/// Most bytes of an answer as it is typed.
pub const MAX_BYTES: usize = 1024;

/// How an answer is read.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum AnswerKind {
    /// A day of the calendar, which becomes `YYYY-MM-DD`.
    Date,
    /// Digits; what people write between them does not count.
    Digits,
    /// A password or a PIN: every character counts.
    Secret,
    /// Names and words: letters and digits count.
    Text,
}

impl AnswerKind {
    /// Every kind, in alphabetical order.
    pub const ALL: &'static [Self] = &[Self::Date, Self::Digits, Self::Secret, Self::Text];

    /// The number that stored formats use: never reused, never renumbered.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::Date => 2,
            Self::Digits => 3,
            Self::Secret => 4,
        }
    }

    /// The kind of this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// The name: `text`, `date`, `digits` or `secret`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Digits => "digits",
            Self::Secret => "secret",
            Self::Text => "text",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// An answer in its one form.
#[derive(ZeroizeOnDrop)]
pub struct Answer {
    #[zeroize(skip)]
    kind: AnswerKind,
    /// Not empty.
    form: Zeroizing<String>,
}

impl Answer {
    /// Brings what was typed into its one form.
    ///
    /// # Errors
    /// - [`AnswerError::TooLong`] beyond [`MAX_BYTES`] bytes.
    /// - [`AnswerError::Empty`] if nothing is left that counts.
    /// - [`AnswerError::NotDigits`] for a letter where digits are asked for.
    /// - [`AnswerError::AmbiguousDate`], [`AnswerError::NoSuchDay`], [`AnswerError::NotADate`],
    ///   [`AnswerError::TwoDigitYear`] for a date.
    ///
    /// # Security
    /// The answer is secret; what was typed is the caller's to wipe. Not constant time: meant for
    /// the machine at which it is typed. The decomposition of a letter with several accents passes
    /// through a buffer that is not wiped. Errors say nothing of what was typed but their kind.
    ///
    /// # Examples
    /// ```
    /// use tki_formats::answers::{Answer, AnswerError, AnswerKind};
    ///
    /// let spoken = Answer::read(AnswerKind::Text, "  Müllerstraße, Nr. 7 ")?;
    /// assert_eq!(spoken.expose_secret(), "mullerstrassenr7");
    ///
    /// let day = Answer::read(AnswerKind::Date, "7. März 1984")?;
    /// assert_eq!(day.expose_secret(), "1984-03-07");
    /// let refused = Answer::read(AnswerKind::Date, "07/03/1984");
    /// assert_eq!(refused.err(), Some(AnswerError::AmbiguousDate));
    /// # Ok::<(), AnswerError>(())
    /// ```
    pub fn read(kind: AnswerKind, typed: &str) -> Result<Self, AnswerError> {
        if typed.len() > MAX_BYTES {
            return Err(AnswerError::TooLong);
        }
        let form = match kind {
            AnswerKind::Date => date::read(typed)?,
            AnswerKind::Digits => digits::read(typed)?,
            // Step 1.1: a password or a PIN in NFC, and otherwise as it is.
            AnswerKind::Secret => collect(|| typed.nfc()),
            AnswerKind::Text => text::read(typed),
        };
        if form.is_empty() {
            return Err(AnswerError::Empty);
        }
        Ok(Self { kind, form })
    }

    /// How it was read.
    #[must_use]
    pub const fn kind(&self) -> AnswerKind {
        self.kind
    }

    /// Whether the other is the same answer. In time that shows the lengths alone.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.form.as_bytes().ct_eq(other.form.as_bytes()).into()
    }

    /// The answer in its one form.
    ///
    /// # Security
    /// Gives out the secret.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.form
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Why an answer is not understood. Says nothing of what was typed.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum AnswerError {
    /// Day and month could be the other way round.
    #[error(
        "day and month could be the other way round: write year-month-day, or the month's name"
    )]
    AmbiguousDate,
    /// Nothing is left that counts.
    #[error("the answer is empty")]
    Empty,
    /// The calendar has no such day.
    #[error("the calendar has no such day")]
    NoSuchDay,
    /// No day, month and year are found.
    #[error("no date is found: write year-month-day")]
    NotADate,
    /// There are letters where digits are asked for.
    #[error("the answer is to be digits")]
    NotDigits,
    /// Longer than [`MAX_BYTES`].
    #[error("the answer is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// The year has two digits, or none has four.
    #[error("write the year with four digits")]
    TwoDigitYear,
}

/// The characters as a text that was sized before it was filled, so that growing leaves no copies.
fn collect<I: Iterator<Item = char>>(characters: impl Fn() -> I) -> Zeroizing<String> {
    let bytes = characters().map(char::len_utf8).sum();
    let mut text = Zeroizing::new(String::with_capacity(bytes));
    for mut character in characters() {
        text.push(character);
        character.zeroize();
    }
    text
}
