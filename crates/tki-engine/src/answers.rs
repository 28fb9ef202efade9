//! A factor that consists of answers: how its sheet is made, and how its seed comes back.
//!
//! A sheet lies in the account document, so that whoever opened one mailbox reads it: the questions
//! are asked after another factor has been used, and guesses are made by nobody else. What a guess
//! costs is Argon2id once per combination, and one evaluation where there is a blind evaluator.
//!
//! Specification: `docs/spec/answers.md`, sections 4 and 5.

#![expect(
    clippy::doc_markdown,
    reason = "formulas are plain text that reads in the editor"
)]

use alloc::vec::Vec;

use tki_formats::answers::{Answer, AnswerKind};
use tki_metadata::{AnswerSheet, Holder};
use tki_seal::{
    oprf::OprfError,
    password::{self, Argon2Params, PasswordError},
};
use zeroize::Zeroizing;

mod make;
mod solve;
mod tune;

pub use make::{Answered, NewSheet, Sealing, Strength};
pub use solve::Attempt;
pub use tune::tune;

/// How far making or solving a sheet has come: combinations done, of how many at most.
#[expect(clippy::exhaustive_structs, reason = "there is nothing to add")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// Combinations that are done.
    pub done: usize,
    /// All that there are to do.
    pub of: usize,
}

/// Called after each combination, which takes about as long as Argon2id was tuned to.
pub type OnProgress<'a> = dyn FnMut(Progress) + Send + 'a;

/// Why no sheet was made, or none opened. Says nothing of the answers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswersError {
    /// The answers are too easy to guess.
    #[error("the {needed} weakest answers are worth {} bits, and {} are asked for", .strength.bits, .strength.floor)]
    BelowFloor {
        /// What they are worth, and what is asked for.
        strength: Strength,
        /// How many answers would be enough to open.
        needed: u16,
    },
    /// The evaluator answered with another key than the one it is known by. No sheet was made.
    #[error("the evaluator used another key than its own")]
    DishonestEvaluator,
    /// The evaluator did not do what it was asked.
    #[error("the evaluator did not do what it was asked")]
    Evaluator(#[source] tki_provider::Error),
    /// The sheet needs its evaluator, and none is given.
    #[error("these answers need the evaluator that they were given with")]
    EvaluatorMissing,
    /// The holder has no sheet.
    #[error("this factor has no questions")]
    NoSheet,
    /// No combination of the answers gives the holder's seed. Nothing tells which of them is wrong.
    #[error("the answers do not open this factor; nothing tells which of them is wrong")]
    NotSolved,
    /// The evaluator is another one than that of the sheet.
    #[error("this is another evaluator than the one that the answers were given with")]
    OtherEvaluator,
    /// No input could be blinded.
    #[error("the answers could not be blinded")]
    Oprf(#[source] OprfError),
    /// No key could be derived.
    #[error("could not derive a key from the answers")]
    KeyDerivation(#[source] PasswordError),
    /// The sheet is damaged, of a later version, or breaks a rule of the format.
    #[error("the questions of this factor cannot be used")]
    Sheet(#[source] tki_metadata::Error),
    /// Too few answers are given.
    #[error("{needed} answers are needed, {given} are given")]
    TooFew {
        /// How many are given.
        given: usize,
        /// How many are needed.
        needed: u16,
    },
    /// An answer was read in another way than its question asks for.
    #[error("answer {} is not of the kind that its question asks for", .position.saturating_add(1))]
    WrongKind {
        /// Which, counted from 0.
        position: usize,
    },
}

impl AnswersError {
    /// Whether nothing was found out: the same answers may be tried again.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Evaluator(error) => error.is_unavailable(),
            Self::EvaluatorMissing
            | Self::KeyDerivation(PasswordError::OutOfMemory)
            | Self::TooFew { .. } => true,
            Self::BelowFloor { .. }
            | Self::DishonestEvaluator
            | Self::KeyDerivation(_)
            | Self::NoSheet
            | Self::NotSolved
            | Self::Oprf(_)
            | Self::OtherEvaluator
            | Self::Sheet(_)
            | Self::WrongKind { .. } => false,
        }
    }
}

impl From<tki_metadata::Error> for AnswersError {
    fn from(error: tki_metadata::Error) -> Self {
        Self::Sheet(error)
    }
}

/// The sheet of a holder.
///
/// # Errors
/// [`AnswersError::NoSheet`], [`AnswersError::Sheet`].
pub fn sheet_of(holder: &Holder) -> Result<AnswerSheet, AnswersError> {
    let stored = holder.extensions.get(Holder::ANSWER_SHEET);
    Ok(AnswerSheet::decode(stored.ok_or(AnswersError::NoSheet)?)?)
}

/// x_S of the answers at these positions.
fn input(
    sheet: &AnswerSheet,
    positions: &[usize],
    answers: &[Option<&Answer>],
) -> Result<Zeroizing<Vec<u8>>, AnswersError> {
    let mut chosen = Vec::with_capacity(positions.len());
    for position in positions {
        let answer = answers.get(*position).copied().flatten();
        let question = sheet.questions.get(*position);
        let (Some(answer), Some(question)) = (answer, question) else {
            return Err(AnswersError::TooFew {
                given: chosen.len(),
                needed: sheet.threshold,
            });
        };
        if AnswerKind::from_code(question.kind) != Some(answer.kind()) {
            let position = *position;
            return Err(AnswersError::WrongKind { position });
        }
        chosen.push((*position, answer.expose_secret()));
    }
    Ok(sheet.combination_input(&chosen)?)
}

/// K_S = Argon2id(x_S, salt), or of F(k, x_S).
fn combination_key(
    weak: &[u8],
    salt: &[u8; 32],
    params: Argon2Params,
) -> Result<Zeroizing<[u8; 32]>, AnswersError> {
    password::derive(weak, salt, params).map_err(AnswersError::KeyDerivation)
}
