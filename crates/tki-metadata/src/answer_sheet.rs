//! The answer sheet: what the document says of a holder whose seed comes back from answers.
//!
//! ```text
//! x_S      = T(answer combination; salt, |S|, for each i in S: i, question, kind, answer)
//! K_S      = Argon2id(x_S, salt),  or Argon2id(F(k, x_S), salt) with a blind evaluator
//! sealed_S = o ⊕ K_S,  for each of the C(m, t) combinations S of t questions
//! ```
//!
//! Nothing in it checks a guess: whatever is guessed gives some seed, and whether it is the holder's
//! is seen by the holder's box key alone, after the whole of K_S was computed. The formula with
//! shares of o, one masked by each answer, would be shorter and is wrong: shares of more answers
//! than are needed check one another without K_S.
//!
//! Specification: `docs/spec/answers.md`, section 4, and `docs/spec/metadata.md`, section 7.

use alloc::{string::String, vec::Vec};

use tki_seal::{
    oprf::Element,
    password::Argon2Params,
    transcript::{Tag, Transcript},
};
use zeroize::Zeroizing;

use crate::{
    codec,
    error::{Error, Rule},
    extensions::Extensions,
    limits,
    secrets::OpeningSeed,
    wire,
};

/// Which questions a holder answers, and how its opening seed comes back from the answers.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AnswerSheet {
    /// The m questions, in the order in which they are asked: at most [`limits::QUESTIONS`].
    pub questions: Vec<SheetQuestion>,
    /// t: how many right answers are enough. At most [`limits::COMBINATIONS`] combinations.
    pub threshold: u16,
    /// Random, of this sheet alone.
    pub salt: [u8; 32],
    /// What one combination costs.
    pub params: Argon2Params,
    /// K, if a blind evaluator stands between the answers and the seed.
    pub evaluator: Option<Element>,
    /// How a combination leads to the seed.
    pub seals: Seals,
    /// What the t weakest answers were estimated to be worth when they were given, in bits.
    pub estimated_bits: u32,
    /// When the owner insisted on a sheet below the floor, in seconds since 1970 by his clock.
    pub insisted: Option<u64>,
    /// What later versions add.
    pub extensions: Extensions,
}

/// A question of a sheet.
#[expect(clippy::exhaustive_structs, reason = "there is nothing to add")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SheetQuestion {
    /// What is asked.
    pub asked: Asked,
    /// How the answer is read: the code of a `tki_formats::answers::AnswerKind`.
    pub kind: u8,
}

/// What is asked.
#[expect(
    clippy::exhaustive_enums,
    reason = "what asks a question shall not compile until it can ask all"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asked {
    /// The question of the catalogue with this id: at most [`limits::QUESTION_ID_BYTES`] bytes.
    Catalogue(String),
    /// A question of the owner's: at most [`limits::QUESTION_BYTES`] bytes, no control characters.
    Own(String),
}

/// How a combination leads to the seed.
#[expect(
    clippy::exhaustive_enums,
    reason = "what opens a sheet shall not compile until it can open all"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Seals {
    /// The seed, sealed under each combination, in the order of [`AnswerSheet::combinations`].
    Each(Vec<[u8; 32]>),
    /// All answers are needed, and what they give is the seed itself: o = K_S.
    Pegged,
}

impl AnswerSheet {
    /// The stored form: the value of the holder's extension.
    ///
    /// # Errors
    /// The rule that the sheet breaks.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        Ok(codec::encode(&wire::answer_sheet::AnswerSheet::from(self))?.to_vec())
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// `UnsupportedVersion` and `CriticalExtension` for what a newer version wrote, `Malformed` for
    /// what is no encoding, `TooLarge`, `Refused` with the rule that the content breaks.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let sheet = Self::try_from(codec::decode::<wire::answer_sheet::AnswerSheet>(bytes)?)?;
        sheet.check()?;
        Ok(sheet)
    }

    /// The combinations of t of m positions, each ascending, in lexicographic order; none if there
    /// would be more than [`limits::COMBINATIONS`].
    ///
    /// # Examples
    /// ```
    /// use tki_metadata::AnswerSheet;
    ///
    /// assert_eq!(AnswerSheet::combinations(3, 2), [[0, 1], [0, 2], [1, 2]]);
    /// assert_eq!(AnswerSheet::combinations(5, 3).len(), 10);
    /// assert!(AnswerSheet::combinations(2, 3).is_empty());
    /// ```
    #[must_use]
    pub fn combinations(questions: usize, threshold: usize) -> Vec<Vec<usize>> {
        if threshold == 0 || threshold > questions || questions > limits::QUESTIONS {
            return Vec::new();
        }
        let mut combinations = Vec::new();
        let mut next: Option<Vec<usize>> = Some((0..threshold).collect());
        while let Some(combination) = next {
            if combinations.len() == limits::COMBINATIONS {
                return Vec::new();
            }
            next = following(&combination, questions);
            combinations.push(combination);
        }
        combinations
    }

    /// x_S: the answers of a combination, given by position, with what was asked.
    ///
    /// # Errors
    /// [`Rule::AnswerPosition`] unless the positions ascend and are of questions.
    ///
    /// # Security
    /// The result is secret.
    pub fn combination_input(
        &self,
        answers: &[(usize, &str)],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        if !answers.is_sorted_by(|(left, _), (right, _)| left < right) {
            return Err(Rule::AnswerPosition.into());
        }
        // Step 4.2: T(answer combination; salt, |S|, for each i in S: i, question, kind, answer).
        let count = u64::try_from(answers.len()).unwrap_or(u64::MAX);
        let mut transcript = Transcript::new(Tag::AnswerCombination)
            .bytes(&self.salt)
            .u64(count);
        for (position, answer) in answers {
            let question = self.questions.get(*position).ok_or(Rule::AnswerPosition)?;
            let (is_own, asked) = match &question.asked {
                Asked::Catalogue(id) => (false, id),
                Asked::Own(text) => (true, text),
            };
            transcript = transcript
                .u64(u64::try_from(*position).unwrap_or(u64::MAX))
                .flag(is_own)
                .bytes(asked.as_bytes())
                .u64(question.kind.into())
                .bytes(answer.as_bytes());
        }
        Ok(transcript.into_bytes())
    }

    /// The seed that a combination gives: that of the holder, if its answers are the right ones, and
    /// any other if not. `None` if there is no such combination.
    ///
    /// # Security
    /// `key` is K_S. Nothing is checked here.
    #[must_use]
    pub fn unseal(&self, combination: usize, key: &[u8; 32]) -> Option<OpeningSeed> {
        // Step 5.3: o = sealed_S ⊕ K_S, or K_S itself.
        match &self.seals {
            Seals::Each(sealed) => {
                let opened = Zeroizing::new(masked(sealed.get(combination)?, key));
                Some(OpeningSeed::from_bytes(&opened))
            }
            Seals::Pegged => (combination == 0).then(|| OpeningSeed::from_bytes(key)),
        }
    }

    /// The seed, sealed under K_S.
    #[must_use]
    pub fn seal(seed: &OpeningSeed, key: &[u8; 32]) -> [u8; 32] {
        // Step 4.5: sealed_S = o ⊕ K_S.
        masked(seed.expose_secret(), key)
    }

    /// Questions, threshold and seals fit together, and nothing is too long.
    fn check(&self) -> Result<(), Error> {
        if self.questions.is_empty() || self.questions.len() > limits::QUESTIONS {
            return Err(Rule::QuestionCount.into());
        }
        self.questions.iter().try_for_each(SheetQuestion::check)?;
        let combinations = Self::combinations(self.questions.len(), self.threshold.into());
        if combinations.is_empty() {
            return Err(Rule::AnswerThreshold.into());
        }
        let are_all_sealed = match &self.seals {
            Seals::Each(sealed) => sealed.len() == combinations.len(),
            Seals::Pegged => combinations.len() == 1,
        };
        if !are_all_sealed {
            return Err(Rule::CombinationCount.into());
        }
        self.extensions.check()
    }
}

impl SheetQuestion {
    fn check(&self) -> Result<(), Error> {
        let (text, limit) = match &self.asked {
            Asked::Catalogue(id) => (id, limits::QUESTION_ID_BYTES),
            Asked::Own(text) => (text, limits::QUESTION_BYTES),
        };
        if text.is_empty() || text.len() > limit || text.chars().any(char::is_control) {
            return Err(Rule::QuestionText.into());
        }
        Ok(())
    }
}

/// The combination after this one, of positions below `questions`, in lexicographic order.
fn following(combination: &[usize], questions: usize) -> Option<Vec<usize>> {
    // The last position that can still move up, and those behind it right after it.
    let limits = (0..questions).rev();
    let behind = combination.iter().rev().zip(limits);
    let fixed = behind
        .take_while(|(position, limit)| *position == limit)
        .count();
    let moving = combination.len().checked_sub(fixed)?.checked_sub(1)?;
    let first = combination.get(moving)?.checked_add(1)?;
    let kept = combination.iter().copied().take(moving);
    let rest = (first..).take(combination.len().saturating_sub(moving));
    Some(kept.chain(rest).collect())
}

fn masked(bytes: &[u8; 32], key: &[u8; 32]) -> [u8; 32] {
    let mut masked = *bytes;
    for (byte, mask) in masked.iter_mut().zip(key) {
        *byte ^= mask;
    }
    masked
}
