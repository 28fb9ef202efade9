//! Combining against the commitment: a right secret, or the names of all wrong shares.
//!
//! s = Σ λ_i·s_i over a quorum is the secret exactly when s·G = Y. When it is not, each share is
//! checked by itself: s_i·G = Σ x_i^k·A_k.
//!
//! | letter | name | |
//! |---|---|---|
//! | s, s_i | `secret`, `Share::value` | secret |
//! | Y = A_0 | `verifying_key` | public |
//!
//! Specification: `docs/spec/sharing.md`, section "Combine".
//!
//! Reference: Shamir 1979; Feldman 1987.
//!
//! Assumption: the commitment is the one that all holders have.

use alloc::vec::Vec;

use crate::{Curve, Error, PolynomialCommitment, SecretScalar, Share, combine};

impl<C: Curve> PolynomialCommitment<C> {
    /// Gives the secret back from a quorum of shares, never a wrong one.
    ///
    /// s = Σ λ_i·s_i, s·G = Y.
    ///
    /// Shares that are not used for the secret are looked at only when it comes out wrong.
    ///
    /// Reference: Shamir 1979; Feldman 1987.
    ///
    /// # Errors
    /// As [`combine`]. [`Error::WrongShares`] when the shares used do not give the secret: it names
    /// every wrong one among all of them. [`Error::IdentifierOutOfRange`] when one is then ≥ q.
    ///
    /// # Security
    /// Constant time in the values, but for whether they are right; variable time in the
    /// identifiers and their number. A wrong secret is wiped.
    ///
    /// # Examples
    /// ```
    /// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
    /// # use curve::Secp256k1;
    /// # use rand_chacha::ChaCha20Rng;
    /// # use rand_core::SeedableRng;
    /// # use subtle::ConstantTimeEq;
    /// # use tki_math::{Identifier, SecretScalar, Share, Threshold, split};
    /// # let mut rng = ChaCha20Rng::seed_from_u64(1);
    /// # let secret = SecretScalar::<Secp256k1>::random(&mut rng);
    /// # let holders = [Identifier::new(1)?, Identifier::new(2)?, Identifier::new(3)?];
    /// let (mut shares, commitment) =
    ///     split(&secret, Threshold::new(2)?, &holders, &mut rng)?.into_parts();
    /// assert!(bool::from(commitment.combine(&shares)?.ct_eq(&secret)));
    ///
    /// shares[1] = Share::new(holders[1], SecretScalar::random(&mut rng));
    /// let error = commitment.combine(&shares).unwrap_err();
    /// assert_eq!(error.culprits(), [holders[1]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn combine(&self, shares: &[Share<C>]) -> Result<SecretScalar<C>, Error> {
        let secret = combine(shares, self.structure())?;
        // Step 3.4: s·G = Y.
        if secret.public_point() == *self.verifying_key().as_point() {
            return Ok(secret);
        }
        // Step 3.5: every share that is not on the committed polynomial.
        let mut identifiers = Vec::new();
        for share in shares {
            match self.verify(share) {
                Ok(()) => {}
                Err(Error::InvalidShare { identifier }) => identifiers.push(identifier),
                Err(other) => return Err(other),
            }
        }
        Err(Error::WrongShares { identifiers })
    }
}
