//! Secret polynomials: f(x) = Σ a_k·x^k over the scalars, with a_0 the secret.
//!
//! | letter | name | |
//! |---|---|---|
//! | t | `threshold` | public |
//! | a_k, k = 0 … t − 1 | `coefficients` | secret |
//! | s = a_0 = f(0) | `secret` | secret |
//! | x_i | `identifier` | public |
//! | s_i = f(x_i) | `Share::value` | secret |
//! | A_k = a_k·G | `PolynomialCommitment` | public |
//!
//! In a structure of several gates there is such a polynomial for each gate, and the coefficients
//! of all of them are one list; see `access/term.rs`.
//!
//! Reference: Shamir, "How to share a secret", CACM 22 (11), 1979. There a_{t−1} is uniform like
//! the rest; versions that exclude zero from it are not perfectly hiding.

use alloc::vec::Vec;
use core::fmt;

use ff::Field;
use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    AccessStructure, Curve, Error, Identifier, PolynomialCommitment, SecretScalar, Share,
    access::term::{Term, scalar_of},
};

/// A polynomial f of exactly t coefficients whose constant term is a secret s ≠ 0; for a structure
/// of several gates, a polynomial for each of them.
///
/// f(x) = a_0 + a_1·x + … + a_{t−1}·x^{t−1}, a_0 = s, all other coefficients uniform.
///
/// Reference: Shamir 1979.
///
/// # Security
/// All coefficients are secret and wiped on drop. A polynomial is for one dealing: it is neither
/// cloned nor stored.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use tki_math::{Identifier, SecretPolynomial, SecretScalar, Threshold};
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// let secret = SecretScalar::<Secp256k1>::random(&mut rng);
/// let polynomial = SecretPolynomial::random(&secret, Threshold::new(2)?, &mut rng)?;
/// let share = polynomial.evaluate(Identifier::FIRST)?;
/// polynomial.commit().verify(&share)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SecretPolynomial<C: Curve> {
    /// Invariant: the constant term is not zero.
    coefficients: Coefficients<C>,
}

impl<C: Curve> SecretPolynomial<C> {
    /// Draws a polynomial with f(0) = s.
    ///
    /// # Errors
    /// [`Error::ZeroSecret`] when s is zero.
    ///
    /// # Security
    /// Constant time in s, but for whether it is zero. `rng` is trusted: who predicts it knows f.
    pub fn random(
        secret: &SecretScalar<C>,
        structure: impl Into<AccessStructure>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, Error> {
        // Step 1.2, first half: s ≠ 0.
        if bool::from(secret.is_zero()) {
            return Err(Error::ZeroSecret);
        }
        Ok(Self {
            coefficients: Coefficients::random(secret.expose_secret(), structure.into(), rng),
        })
    }

    /// The polynomial of these coefficients.
    ///
    /// # Errors
    /// [`Error::ZeroSecret`] when the constant term is zero.
    pub(crate) fn from_coefficients(coefficients: Coefficients<C>) -> Result<Self, Error> {
        // Constant time: only whether a_0 is zero comes out.
        let a_0 = coefficients.values.first();
        if a_0.is_none_or(|a_0| bool::from(a_0.is_zero())) {
            return Err(Error::ZeroSecret);
        }
        Ok(Self { coefficients })
    }

    /// Who can use the secret.
    #[must_use]
    pub const fn structure(&self) -> &AccessStructure {
        &self.coefficients.structure
    }

    /// The share (x_i, f(x_i)), by Horner's rule.
    ///
    /// # Errors
    /// [`Error::IdentifierOutOfRange`] when x_i ≥ q, [`Error::UnknownHolder`] when the structure
    /// names holders and x_i is none.
    ///
    /// # Security
    /// Constant time in the coefficients; variable time in x_i and the structure, which are public.
    pub fn evaluate(&self, identifier: Identifier) -> Result<Share<C>, Error> {
        Ok(Share::new(
            identifier,
            self.coefficients.evaluate(identifier)?,
        ))
    }

    /// The Feldman commitment (A_0, …, A_{t−1}) with A_k = a_k·G.
    ///
    /// Reference: Feldman 1987, see [`PolynomialCommitment`].
    ///
    /// # Security
    /// Constant time in the coefficients. It hides them only as well as discrete logarithms do:
    /// commit to uniform secrets, never to something that can be guessed.
    #[must_use]
    pub fn commit(&self) -> PolynomialCommitment<C> {
        // Correctness: a_0 ≠ 0 by the invariant, and G has prime order, so A_0 is not the identity.
        PolynomialCommitment::from_points_unchecked(
            self.coefficients.commit(),
            self.coefficients.structure.clone(),
        )
    }
}

impl<C: Curve> ZeroizeOnDrop for SecretPolynomial<C> {}

impl<C: Curve> fmt::Debug for SecretPolynomial<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretPolynomial")
            .field("structure", self.structure())
            .finish_non_exhaustive()
    }
}

/// The coefficients a_0 … a_{d−1}, of a secret polynomial or of a refresh.
pub(crate) struct Coefficients<C: Curve> {
    /// Invariants: 1. exactly as many as the structure says, zeros never trimmed, so that no length
    /// depends on a secret; 2. allocated once at full size; 3. wiped on drop.
    values: Zeroizing<Vec<C::Scalar>>,
    pub(crate) structure: AccessStructure,
}

impl<C: Curve> Coefficients<C> {
    /// The caller has allocated exactly as many as the structure says, once.
    pub(crate) const fn from_values(
        values: Zeroizing<Vec<C::Scalar>>,
        structure: AccessStructure,
    ) -> Self {
        Self { values, structure }
    }

    /// The constant term as given, all others uniform over the field, zero included.
    pub(crate) fn random(
        constant: &C::Scalar,
        structure: AccessStructure,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        // Step 1.2, second half, and step 5.1: the constant term as given, the others uniform.
        let count = structure.coefficient_count();
        let mut values = Zeroizing::new(Vec::with_capacity(count));
        values.push(*constant);
        values.extend((1..count).map(|_| C::Scalar::random(rng)));
        Self { values, structure }
    }

    /// f(x_i), which in a gate is the sum of a few values and derivatives.
    pub(crate) fn evaluate(&self, identifier: Identifier) -> Result<SecretScalar<C>, Error> {
        if let AccessStructure::Threshold(_) = self.structure {
            return C::evaluate(&self.values, identifier)
                .map(SecretScalar::new)
                .ok_or(Error::IdentifierOutOfRange { identifier });
        }
        let mut sum = Zeroizing::new(C::Scalar::ZERO);
        for term in self.structure.terms(identifier)? {
            let value = Zeroizing::new(self.term(&term)?);
            *sum += &*value;
        }
        Ok(SecretScalar::new(*sum))
    }

    /// One term of a share.
    fn term(&self, term: &Term) -> Result<C::Scalar, Error> {
        // Correctness: a structure's terms lie within as many coefficients as it has.
        let coefficients = self.values.get(term.range.clone()).unwrap_or_default();
        if term.order > 0 {
            let row = term.row::<C>()?;
            return Ok(row.iter().zip(coefficients).map(|(m, a_k)| *m * a_k).sum());
        }
        let value = C::evaluate(coefficients, term.x)
            .ok_or(Error::IdentifierOutOfRange { identifier: term.x })?;
        match term.first_power {
            0 => Ok(value),
            _ => Ok(value * scalar_of::<C>(term.x)?),
        }
    }

    /// A_k = a_k·G for each k.
    pub(crate) fn commit(&self) -> Vec<C::Point> {
        self.values.iter().map(C::mul_by_generator).collect()
    }
}
