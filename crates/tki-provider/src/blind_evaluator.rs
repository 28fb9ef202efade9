//! Who stands between a weak input and what it opens.

use alloc::boxed::Box;

use async_trait::async_trait;
use tki_seal::oprf::Element;

use crate::error::Error;

/// Evaluates blinded inputs with a key of its own, and counts.
///
/// The function is that of [`tki_seal::oprf`]: the evaluator learns nothing of the input, and the
/// other side nothing of the key. What a weak input is worth behind it is decided by how many
/// evaluations it grants: each guess at a combination of answers costs one. The key is for this
/// purpose alone, and no other key of a login.
#[async_trait]
pub trait BlindEvaluator: Send + Sync {
    /// K = k·G, by which the evaluator is known. Always the same; costs no evaluation.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::RateLimited`], [`Error::Unavailable`] or [`Error::Backend`].
    async fn public_key(&self) -> Result<Element, Error>;

    /// E = k·B. The same for the same B. Each call may cost one evaluation, a repeated one too, and
    /// has cost it when the answer leaves.
    ///
    /// # Errors
    /// [`Error::BudgetSpent`] if no evaluation is left; those of
    /// [`public_key`](Self::public_key).
    async fn blind_evaluate(&self, blinded: &Element) -> Result<Element, Error>;
}
