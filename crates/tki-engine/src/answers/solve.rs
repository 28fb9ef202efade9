//! Solving a sheet: combinations of the given answers, until one gives the holder's seed.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use tki_formats::answers::Answer;
use tki_metadata::{AnswerSheet, Holder, HolderKind, OpeningSeed};
use tki_provider::BlindEvaluator;
use tki_seal::oprf::BlindedInput;

use super::{AnswersError, OnProgress, Progress, combination_key, input, sheet_of};
use crate::factor::SeedFactor;

/// Answers, given to the questions of a holder.
#[expect(clippy::exhaustive_structs, reason = "built by literal")]
pub struct Attempt<'a> {
    /// The holder, in a document that another factor opened.
    pub holder: &'a Holder,
    /// An answer or none to each question, in their order.
    pub given: Vec<Option<Answer>>,
    /// The evaluator of the sheet, if it has one.
    pub evaluator: Option<&'a dyn BlindEvaluator>,
}

impl Attempt<'_> {
    /// The factor, if enough of the answers are right.
    ///
    /// Tries the combinations of the given answers in their order: with g given and t needed at most
    /// C(g, t), each for one Argon2id and, where there is an evaluator, one evaluation.
    ///
    /// # Errors
    /// - [`AnswersError::NotSolved`] if no combination gives the holder's seed.
    /// - [`AnswersError::TooFew`], [`AnswersError::WrongKind`], [`AnswersError::NoSheet`],
    ///   [`AnswersError::Sheet`], before anything is computed.
    /// - [`AnswersError::EvaluatorMissing`], [`AnswersError::OtherEvaluator`],
    ///   [`AnswersError::Evaluator`], [`AnswersError::KeyDerivation`].
    ///
    /// # Security
    /// A guess is held against the box key in the document, and against nothing else: no address
    /// that follows from a guess is fetched. How long it takes, and how often the evaluator is
    /// asked, tells whoever watches which combination was the first that opens, and when none does,
    /// nothing.
    pub async fn solve(
        &self,
        on_progress: &mut OnProgress<'_>,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<SeedFactor<'static>, AnswersError> {
        let sheet = sheet_of(self.holder)?;
        let evaluator = self.evaluator_of(&sheet).await?;
        let tries = self.tries(&sheet)?;
        let mut progress = Progress {
            done: 0,
            of: tries.len(),
        };
        for (place, positions) in tries {
            // Step 5.2: K_S as when the sheet was made.
            let answers: Vec<_> = self.given.iter().map(Option::as_ref).collect();
            let weak = input(&sheet, &positions, &answers)?;
            let key = match evaluator {
                Some(evaluator) => {
                    let blinded = BlindedInput::new(&weak, rng).map_err(AnswersError::Oprf)?;
                    let answer = evaluator.blind_evaluate(&blinded.element()).await;
                    let answer = answer.map_err(AnswersError::Evaluator)?;
                    let output = blinded.finalize(&answer);
                    combination_key(output.as_slice(), &sheet.salt, sheet.params)?
                }
                None => combination_key(&weak, &sheet.salt, sheet.params)?,
            };
            progress.done = progress.done.saturating_add(1);
            on_progress(progress);
            let seed = sheet.unseal(place, &key);
            if let Some(seed) = seed.filter(|seed| self.is_of_holder(seed)) {
                return self.factor(seed, &sheet);
            }
        }
        Err(AnswersError::NotSolved)
    }

    /// The combinations to try, with their places among all of the sheet.
    fn tries(&self, sheet: &AnswerSheet) -> Result<Vec<(usize, Vec<usize>)>, AnswersError> {
        let answers: Vec<_> = self.given.iter().map(Option::as_ref).collect();
        let given: Vec<usize> = (0..sheet.questions.len())
            .filter(|position| answers.get(*position).copied().flatten().is_some())
            .collect();
        // Before anything is computed: every answer is of its question's kind.
        input(sheet, &given, &answers)?;
        if given.len() < usize::from(sheet.threshold) {
            return Err(AnswersError::TooFew {
                given: given.len(),
                needed: sheet.threshold,
            });
        }
        // Step 5.1: the combinations of which every answer is given, in the order of the sheet.
        let count = sheet.questions.len();
        let all = AnswerSheet::combinations(count, sheet.threshold.into());
        let tries = all.into_iter().enumerate();
        let tries = tries.filter(|(_, positions)| positions.iter().all(|one| given.contains(one)));
        Ok(tries.collect())
    }

    /// The evaluator, if the sheet has one; it is the same.
    async fn evaluator_of(
        &self,
        sheet: &AnswerSheet,
    ) -> Result<Option<&dyn BlindEvaluator>, AnswersError> {
        let Some(key) = sheet.evaluator else {
            return Ok(None);
        };
        let evaluator = self.evaluator.ok_or(AnswersError::EvaluatorMissing)?;
        let found = evaluator.public_key().await;
        if found.map_err(AnswersError::Evaluator)? == key {
            Ok(Some(evaluator))
        } else {
            Err(AnswersError::OtherEvaluator)
        }
    }

    /// Step 5.4: the seed is the holder's if its box key is the one that the document lists.
    fn is_of_holder(&self, seed: &OpeningSeed) -> bool {
        seed.box_key().public_key() == self.holder.box_key
    }

    fn factor(
        &self,
        seed: OpeningSeed,
        sheet: &AnswerSheet,
    ) -> Result<SeedFactor<'static>, AnswersError> {
        let factor = SeedFactor::new(HolderKind::Answers, &self.holder.label, seed)
            .with_extension(Holder::ANSWER_SHEET, sheet.encode()?);
        Ok(if self.holder.is_pegged() {
            factor.pegged()
        } else {
            factor
        })
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("holder", &self.holder)
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}
