//! A blind evaluator in memory, which counts and does what it is told.

use alloc::boxed::Box;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tki_seal::oprf::{Element, EvaluationKey};

use crate::blind_evaluator::BlindEvaluator;
use crate::error::Error;

/// A blind evaluator in memory, all of it from a seed.
pub struct FakeBlindEvaluator {
    key: EvaluationKey,
    /// What it really evaluates with, from the call of this number on.
    other: Option<(usize, EvaluationKey)>,
    budget: usize,
    count: AtomicUsize,
}

impl FakeBlindEvaluator {
    /// The evaluator of this seed, with as many evaluations as anyone asks for.
    ///
    /// # Panics
    /// Never: every seed gives a key.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            key: key(&seed),
            other: None,
            budget: usize::MAX,
            count: AtomicUsize::new(0),
        }
    }

    /// The same with this many evaluations.
    #[must_use]
    pub fn with_budget(mut self, budget: usize) -> Self {
        self.budget = budget;
        self
    }

    /// The same, which from the call of this number on (counted from 0) answers with another key
    /// than it says.
    #[must_use]
    pub fn lying_from(mut self, call: usize) -> Self {
        self.other = Some((call, key(b"the key of one who does not say.")));
        self
    }

    /// How many evaluations there were, answered or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl BlindEvaluator for FakeBlindEvaluator {
    async fn public_key(&self) -> Result<Element, Error> {
        Ok(self.key.public_key())
    }

    async fn blind_evaluate(&self, blinded: &Element) -> Result<Element, Error> {
        let call = self.count.fetch_add(1, Ordering::SeqCst);
        if call >= self.budget {
            return Err(Error::BudgetSpent);
        }
        let other = self.other.as_ref().filter(|(from, _)| call >= *from);
        let key = other.map_or(&self.key, |(_, other)| other);
        Ok(key.evaluate(blinded))
    }
}

impl fmt::Debug for FakeBlindEvaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeBlindEvaluator")
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

#[expect(
    clippy::expect_used,
    reason = "every seed gives a key; and this is for tests"
)]
fn key(seed: &[u8; 32]) -> EvaluationKey {
    EvaluationKey::derive(seed, b"fake").expect("a key")
}
