//! Making a sheet: the seed, sealed under each combination of answers.

use alloc::{string::String, vec::Vec};

use rand_core::CryptoRng;
use tki_formats::answers::{
    Answer,
    estimate::{FLOOR_WITH_EVALUATOR, floor_without_evaluator, weakest},
};
use tki_metadata::{
    AnswerSheet, Extensions, Holder, HolderKind, OpeningSeed, Seals, SheetQuestion,
};
use tki_provider::BlindEvaluator;
use tki_seal::{
    oprf::{BlindedInput, Element, HonestyCheck},
    password::Argon2Params,
};
use zeroize::Zeroizing;

use super::{AnswersError, OnProgress, Progress, combination_key, input};
use crate::factor::SeedFactor;

/// A sheet to be made.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: what is left out would be decided for the owner"
)]
pub struct NewSheet<'a> {
    /// The questions with their answers, in the order in which they are to be asked.
    pub answered: Vec<Answered>,
    /// How many right answers are to be enough.
    pub threshold: u16,
    /// What one combination is to cost; see [`tune`](super::tune).
    pub params: Argon2Params,
    /// Who evaluates each combination, if anyone does.
    pub evaluator: Option<&'a dyn BlindEvaluator>,
    /// Where the seed comes from.
    pub sealing: Sealing,
    /// The time, in seconds since 1970, if the owner insists although the answers are too easy to
    /// guess.
    pub insist: Option<u64>,
}

/// A question and its answer.
#[expect(clippy::exhaustive_structs, reason = "built by literal")]
#[derive(Debug)]
pub struct Answered {
    /// The question, as the sheet is to hold it.
    pub question: SheetQuestion,
    /// Its answer.
    pub answer: Answer,
    /// What answers to it are typically worth, in bits.
    pub typical_bits: u16,
}

/// Where the seed of a sheet comes from.
#[expect(clippy::exhaustive_enums, reason = "there is no third way")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sealing {
    /// It is random, and sealed under each combination.
    Each,
    /// It follows from all answers, and so does the holder's share.
    Pegged,
}

/// What answers are worth, and what is asked for.
#[expect(clippy::exhaustive_structs, reason = "there is nothing to add")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Strength {
    /// What the weakest combination is worth, in bits; meant to be too low.
    pub bits: u32,
    /// What is asked for.
    pub floor: u32,
}

impl Strength {
    /// What these answers are worth if so many are to be enough, and what is asked for: less where a
    /// blind evaluator counts.
    #[must_use]
    pub fn of(
        answered: &[Answered],
        threshold: u16,
        params: Argon2Params,
        is_evaluated: bool,
    ) -> Self {
        let bits = answered.iter().enumerate().map(|(position, one)| {
            // Step 2.5: an answer that an earlier question has already is worth nothing.
            let mut earlier = answered.iter().take(position);
            if earlier.any(|other| other.answer.is_same(&one.answer)) {
                return 0;
            }
            one.answer.estimated_bits(one.typical_bits)
        });
        Self {
            bits: weakest(bits, threshold.into()),
            floor: if is_evaluated {
                FLOOR_WITH_EVALUATOR
            } else {
                floor_without_evaluator(params.memory_kib(), params.iterations())
            },
        }
    }

    /// Whether the floor is reached.
    #[must_use]
    pub const fn is_enough(self) -> bool {
        self.bits >= self.floor
    }
}

impl NewSheet<'_> {
    /// What the answers are worth, and what is asked for with this evaluator and these parameters.
    #[must_use]
    pub fn strength(&self) -> Strength {
        let is_evaluated = self.evaluator.is_some();
        Strength::of(&self.answered, self.threshold, self.params, is_evaluated)
    }

    /// Makes the sheet and the factor that it opens, with a seed of its own.
    ///
    /// Costs one Argon2id per combination, and with an evaluator one evaluation per combination and
    /// one more, which checks all of them.
    ///
    /// # Errors
    /// [`AnswersError::BelowFloor`] unless the owner insists; [`AnswersError::Sheet`] for questions
    /// and a threshold that no sheet holds; [`AnswersError::WrongKind`];
    /// [`AnswersError::DishonestEvaluator`], [`AnswersError::Evaluator`],
    /// [`AnswersError::KeyDerivation`].
    ///
    /// # Security
    /// The evaluator sees as many blinded elements as there are combinations, and nothing of the
    /// answers.
    pub async fn make(
        &self,
        label: &str,
        on_progress: &mut OnProgress<'_>,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<SeedFactor<'static>, AnswersError> {
        // Step 4.1: the weakest combination reaches the floor, or the owner insists.
        let strength = self.strength();
        if !strength.is_enough() && self.insist.is_none() {
            let needed = self.threshold;
            return Err(AnswersError::BelowFloor { strength, needed });
        }

        let mut sheet = self.empty_sheet(strength, rng).await?;
        let inputs = self.inputs(&sheet)?;
        let weak = match (self.evaluator, &sheet.evaluator) {
            (Some(evaluator), Some(key)) => evaluated(evaluator, key, &inputs, rng).await?,
            (Some(_), None) | (None, _) => inputs,
        };

        let mut keys = Vec::with_capacity(weak.len());
        for input in &weak {
            // Step 4.4: K_S = Argon2id(x_S or F(k, x_S), salt).
            keys.push(combination_key(input, &sheet.salt, sheet.params)?);
            on_progress(Progress {
                done: keys.len(),
                of: weak.len(),
            });
        }
        let seed = match (self.sealing, keys.first()) {
            (Sealing::Pegged, Some(key)) => OpeningSeed::from_bytes(key),
            (Sealing::Each, _) | (Sealing::Pegged, None) => OpeningSeed::random(rng),
        };
        sheet.seals = match self.sealing {
            Sealing::Each => Seals::Each(
                keys.iter()
                    .map(|key| AnswerSheet::seal(&seed, key))
                    .collect(),
            ),
            Sealing::Pegged => Seals::Pegged,
        };

        let factor = SeedFactor::new(HolderKind::Answers, label, seed)
            .with_extension(Holder::ANSWER_SHEET, sheet.encode()?);
        Ok(match self.sealing {
            Sealing::Each => factor,
            Sealing::Pegged => factor.pegged(),
        })
    }

    /// The sheet with nothing sealed, as far as it can be checked before anything is computed.
    async fn empty_sheet(
        &self,
        strength: Strength,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<AnswerSheet, AnswersError> {
        let mut salt = [0; 32];
        rng.fill_bytes(&mut salt);
        let questions = self
            .answered
            .iter()
            .map(|answered| answered.question.clone());
        let mut sheet = AnswerSheet {
            questions: questions.collect(),
            threshold: self.threshold,
            salt,
            params: self.params,
            evaluator: None,
            seals: Seals::Pegged,
            estimated_bits: strength.bits,
            insisted: self.insist.filter(|_| !strength.is_enough()),
            extensions: Extensions::new(),
        };
        if self.sealing == Sealing::Each {
            let count = sheet.questions.len();
            let combinations = AnswerSheet::combinations(count, self.threshold.into());
            sheet.seals = Seals::Each(alloc::vec![[0; 32]; combinations.len()]);
        }
        sheet.encode()?;
        if let Some(evaluator) = self.evaluator {
            let key = evaluator.public_key().await;
            sheet.evaluator = Some(key.map_err(AnswersError::Evaluator)?);
        }
        Ok(sheet)
    }

    /// x_S of every combination.
    fn inputs(&self, sheet: &AnswerSheet) -> Result<Vec<Zeroizing<Vec<u8>>>, AnswersError> {
        let answers: Vec<_> = self.answered.iter().map(|one| Some(&one.answer)).collect();
        let combinations = AnswerSheet::combinations(answers.len(), self.threshold.into());
        let inputs = combinations
            .iter()
            .map(|positions| input(sheet, positions, &answers));
        inputs.collect()
    }
}

impl core::fmt::Debug for NewSheet<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let questions: Vec<&SheetQuestion> = self
            .answered
            .iter()
            .map(|answered| &answered.question)
            .collect();
        let evaluator = if self.evaluator.is_some() {
            "some"
        } else {
            "none"
        };
        f.debug_struct("NewSheet")
            .field("questions", &questions)
            .field("threshold", &self.threshold)
            .field("params", &self.params)
            .field("evaluator", &String::from(evaluator))
            .field("sealing", &self.sealing)
            .finish_non_exhaustive()
    }
}

/// F(k, x_S) of every combination, all of them with the key that the sheet records.
async fn evaluated(
    evaluator: &dyn BlindEvaluator,
    key: &Element,
    inputs: &[Zeroizing<Vec<u8>>],
    rng: &mut (dyn CryptoRng + Send),
) -> Result<Vec<Zeroizing<Vec<u8>>>, AnswersError> {
    let mut outputs = Vec::with_capacity(inputs.len());
    let mut pairs = Vec::with_capacity(inputs.len());
    for input in inputs {
        // Step 4.3: one evaluation per combination.
        let blinded = BlindedInput::new(input, rng).map_err(AnswersError::Oprf)?;
        let answer = evaluator.blind_evaluate(&blinded.element()).await;
        let answer = answer.map_err(AnswersError::Evaluator)?;
        pairs.push((blinded.element(), answer));
        outputs.push(Zeroizing::new(blinded.finalize(&answer).to_vec()));
    }
    // A combination under another key would never open, and nobody would know for years.
    let check = HonestyCheck::new(&pairs, rng);
    let answer = evaluator.blind_evaluate(&check.element()).await;
    if check.holds(key, &answer.map_err(AnswersError::Evaluator)?) {
        Ok(outputs)
    } else {
        Err(AnswersError::DishonestEvaluator)
    }
}
