//! Whether an evaluator used the key it is known by: asked by a sum, for one evaluation more.
//!
//! ```text
//! D = r₀·G + r₁·B₁ + … + r_n·B_n,    fresh uniform r₀ … r_n, after E₁ … E_n have come
//! holds if and only if  W = r₀·K + r₁·E₁ + … + r_n·E_n  for the answer W to D
//! ```
//!
//! Let E_i = k·B_i + X_i. r₀ is in nothing but D, so D is uniform and says nothing of r₁ … r_n. The
//! check holds only if W − k·D = r₁·X₁ + … + r_n·X_n, and if some X_i is not the identity, the right
//! side is uniform given all that the evaluator has seen: whatever W is, it holds with probability
//! 1/(q − 1) at most. It asks nothing of the evaluator but what it does anyway, and costs one evaluation however
//! many there are to check.
//!
//! Specification: `docs/spec/oprf.md`, section 2.

#![expect(
    clippy::doc_markdown,
    reason = "formulas are plain text that reads in the editor"
)]

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use tki_math::SecretScalar;

use super::{Element, Point};
use crate::curve::{P256, random_nonzero_scalar};

/// A question to an evaluator whose answer shows whether its earlier answers were right.
pub struct HonestyCheck {
    /// r₀, and r_i with E_i.
    own_weight: SecretScalar<P256>,
    weighted: Vec<(SecretScalar<P256>, Element)>,
    element: Element,
}

impl HonestyCheck {
    /// Sums what was asked and what was answered, pair by pair (B_i, E_i).
    ///
    /// # Security
    /// Meaningful only if the answers are all there before this is called.
    ///
    /// # Examples
    /// ```
    /// use tki_seal::oprf::{BlindedInput, EvaluationKey, HonestyCheck};
    /// # use rand_core::SeedableRng as _;
    /// # let mut rng = rand_chacha::ChaCha20Rng::from_seed([7; 32]);
    ///
    /// let key = EvaluationKey::derive(&[7; 32], b"")?;
    /// let other = EvaluationKey::derive(&[8; 32], b"")?;
    /// let asked = BlindedInput::new(b"1234", &mut rng)?.element();
    ///
    /// let check = HonestyCheck::new(&[(asked, key.evaluate(&asked))], &mut rng);
    /// assert!(check.holds(&key.public_key(), &key.evaluate(&check.element())));
    ///
    /// let check = HonestyCheck::new(&[(asked, other.evaluate(&asked))], &mut rng);
    /// assert!(!check.holds(&key.public_key(), &key.evaluate(&check.element())));
    /// # Ok::<(), tki_seal::oprf::OprfError>(())
    /// ```
    #[must_use]
    pub fn new(pairs: &[(Element, Element)], rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        loop {
            // Step 2.1: fresh weights, D = r₀·G + Σ r_i·B_i.
            let own_weight = random_nonzero_scalar::<P256>(rng);
            let mut sum = own_weight.public_point();
            let mut weighted = Vec::with_capacity(pairs.len());
            for (blinded, evaluated) in pairs {
                let weight = random_nonzero_scalar::<P256>(rng);
                sum += blinded.to_point() * weight.expose_secret();
                weighted.push((weight, *evaluated));
            }
            // D is the identity with probability 1/q; other weights, then.
            if let Some(element) = Element::of_point(&sum) {
                return Self {
                    own_weight,
                    weighted,
                    element,
                };
            }
        }
    }

    /// D, for the evaluator.
    #[must_use]
    pub const fn element(&self) -> Element {
        self.element
    }

    /// Whether the evaluator's answer to D shows that the earlier ones were made with the key K.
    #[must_use]
    pub fn holds(&self, public_key: &Element, evaluated: &Element) -> bool {
        // Step 2.2: W = r₀·K + Σ r_i·E_i.
        let own: Point = public_key.to_point() * self.own_weight.expose_secret();
        let sum = self.weighted.iter().fold(own, |sum, (weight, element)| {
            sum + element.to_point() * weight.expose_secret()
        });
        evaluated.to_point() == sum
    }
}

impl fmt::Debug for HonestyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HonestyCheck")
            .field("element", &self.element)
            .finish_non_exhaustive()
    }
}
