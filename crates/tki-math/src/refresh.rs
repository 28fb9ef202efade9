//! Refresh: new shares of the same secret, so that old and new ones do not combine.
//!
//! Draw g of degree below t with g(0) = 0. Holder i adds: s_i' = s_i + g(x_i). Then the shares lie
//! on f' = f + g, f'(0) = f(0) = s, and **A**' = **A** + **B** with B_k = b_k·G, B_0 = O.
//!
//! | letter | name | |
//! |---|---|---|
//! | g, b_k | `RefreshPolynomial` | secret |
//! | g(x_i) | `RefreshShare` | secret |
//! | **B** = (B_k) | `RefreshCommitment` | public |
//! | O | the identity | public |
//! | τ | `Epoch`, one more after the refresh | public |
//!
//! Specification: `docs/spec/sharing.md`, section "Refresh".
//!
//! Reference: Herzberg, Jarecki, Krawczyk, Yung, "Proactive secret sharing, or: how to cope with
//! perpetual leakage", CRYPTO 1995, §3.3. Deviation: one dealer, so that no update shares of several
//! are added up; with several, add their refreshes one after another.
//!
//! Assumptions: all holders refresh or none does, which storage sees to by committing all at once;
//! the old shares are erased.

use alloc::vec::Vec;
use core::fmt;

use ff::Field;
use group::Group;
use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    AccessStructure, Curve, Error, Identifier, PolynomialCommitment, SecretScalar, Share,
    commitment::{check_length, debug_points, decode_points, encode_points, verify_value},
    polynomial::Coefficients,
};

/// A polynomial g of exactly t coefficients, the first zero and the others uniform.
///
/// g(x) = b_1·x + … + b_{t−1}·x^{t−1}.
///
/// Reference: Herzberg et al. 1995.
///
/// # Security
/// All coefficients are secret and wiped on drop. Who knows g can turn old shares into new ones.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use subtle::ConstantTimeEq;
/// # use tki_math::{Identifier, RefreshPolynomial, SecretScalar, Threshold, combine, split};
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// # let secret = SecretScalar::<Secp256k1>::random(&mut rng);
/// # let threshold = Threshold::new(2)?;
/// # let holders = [Identifier::new(1)?, Identifier::new(2)?, Identifier::new(3)?];
/// let (shares, commitment) = split(&secret, threshold, &holders, &mut rng)?.into_parts();
///
/// let refresh = RefreshPolynomial::random(threshold, &mut rng)?;
/// let commitment = commitment.refresh(&refresh.commit())?;
/// let mut refreshed = Vec::new();
/// for share in shares {
///     let delta = refresh.evaluate(share.identifier())?;
///     refresh.commit().verify(&delta)?;
///     let share = share.refresh(&delta)?;
///     commitment.verify(&share)?;
///     refreshed.push(share);
/// }
/// assert!(bool::from(combine(&refreshed, threshold)?.ct_eq(&secret)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RefreshPolynomial<C: Curve> {
    /// Invariant: the constant term is zero.
    coefficients: Coefficients<C>,
}

impl<C: Curve> RefreshPolynomial<C> {
    /// Draws a polynomial with g(0) = 0.
    ///
    /// # Errors
    /// [`Error::NothingToRefresh`] when there is one coefficient: g would be zero.
    ///
    /// # Security
    /// `rng` is trusted: who predicts it undoes the refresh.
    pub fn random(
        structure: impl Into<AccessStructure>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, Error> {
        // Step 5.1: t > 1; b_0 = 0 and the others uniform.
        let structure = structure.into();
        if structure.coefficient_count() == 1 {
            return Err(Error::NothingToRefresh);
        }
        Ok(Self {
            coefficients: Coefficients::random(&C::Scalar::ZERO, structure, rng),
        })
    }

    /// The caller has shown that the constant term is zero.
    pub(crate) const fn from_coefficients_unchecked(coefficients: Coefficients<C>) -> Self {
        Self { coefficients }
    }

    /// The structure of the sharing that it renews.
    #[must_use]
    pub const fn structure(&self) -> &AccessStructure {
        &self.coefficients.structure
    }

    /// What holder x_i adds: g(x_i).
    ///
    /// # Errors
    /// [`Error::IdentifierOutOfRange`] when x_i ≥ q.
    ///
    /// # Security
    /// Constant time in the coefficients; variable time in x_i and t.
    pub fn evaluate(&self, identifier: Identifier) -> Result<RefreshShare<C>, Error> {
        // Step 5.2: g(x_i).
        Ok(RefreshShare {
            identifier,
            value: self.coefficients.evaluate(identifier)?,
        })
    }

    /// The commitment **B**, with B_k = b_k·G and B_0 = O.
    ///
    /// # Security
    /// Constant time in the coefficients.
    #[must_use]
    pub fn commit(&self) -> RefreshCommitment<C> {
        RefreshCommitment {
            points: self.coefficients.commit(),
            structure: self.structure().clone(),
        }
    }
}

impl<C: Curve> ZeroizeOnDrop for RefreshPolynomial<C> {}

impl<C: Curve> fmt::Debug for RefreshPolynomial<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshPolynomial")
            .field("structure", self.structure())
            .finish_non_exhaustive()
    }
}

/// What a holder adds to its share: (x_i, g(x_i)). Secret like the share.
#[derive(ZeroizeOnDrop)]
pub struct RefreshShare<C: Curve> {
    #[zeroize(skip)]
    identifier: Identifier,
    value: SecretScalar<C>,
}

impl<C: Curve> RefreshShare<C> {
    /// The refresh share of these parts.
    #[must_use]
    pub const fn new(identifier: Identifier, value: SecretScalar<C>) -> Self {
        Self { identifier, value }
    }

    /// The holder's x_i, public.
    #[must_use]
    pub const fn identifier(&self) -> Identifier {
        self.identifier
    }

    /// The value g(x_i), secret.
    #[must_use]
    pub const fn value(&self) -> &SecretScalar<C> {
        &self.value
    }
}

impl<C: Curve> fmt::Debug for RefreshShare<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshShare")
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}

/// The commitment **B** to a refresh: one point per coefficient, the first the identity.
///
/// B_k = b_k·G, B_0 = O.
///
/// Reference: Herzberg et al. 1995.
#[derive(Clone, Eq, PartialEq)]
pub struct RefreshCommitment<C: Curve> {
    /// Invariants: 1. exactly as many points as the structure has coefficients; 2. the first is the identity, so that the key stays.
    points: Vec<C::Point>,
    structure: AccessStructure,
}

impl<C: Curve> RefreshCommitment<C> {
    /// The refresh commitment of these points.
    ///
    /// # Errors
    /// [`Error::WrongCommitmentLength`] unless there are exactly as many as coefficients,
    /// [`Error::NothingToRefresh`] when that is 1, and [`Error::RefreshChangesKey`] unless the first is the identity.
    pub fn from_points(
        points: Vec<C::Point>,
        structure: impl Into<AccessStructure>,
    ) -> Result<Self, Error> {
        // Step 5.3: exactly t > 1 points, the first the identity.
        let structure = structure.into();
        check_length(points.len(), structure.coefficient_count())?;
        if points.len() == 1 {
            return Err(Error::NothingToRefresh);
        }
        if !points
            .first()
            .is_some_and(|B_0| bool::from(B_0.is_identity()))
        {
            return Err(Error::RefreshChangesKey);
        }
        Ok(Self { points, structure })
    }

    /// Reads the canonical encodings of B_0 … B_{t−1}.
    ///
    /// # Errors
    /// As [`from_points`](Self::from_points), and [`Error::InvalidCoefficientCommitment`] for bytes
    /// that [`Curve::decode_point`] refuses.
    pub fn from_bytes(
        encoded: &[impl AsRef<[u8]>],
        structure: impl Into<AccessStructure>,
    ) -> Result<Self, Error> {
        let structure = structure.into();
        Self::from_points(
            decode_points::<C>(encoded, structure.coefficient_count())?,
            structure,
        )
    }

    /// The canonical encodings of B_0 … B_{t−1}.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<Vec<u8>> {
        encode_points::<C>(&self.points)
    }

    /// The points B_0 … B_{t−1}.
    #[must_use]
    pub fn as_points(&self) -> &[C::Point] {
        &self.points
    }

    /// The structure of the sharing that it renews.
    #[must_use]
    pub const fn structure(&self) -> &AccessStructure {
        &self.structure
    }

    /// Checks that a refresh share lies on the committed polynomial.
    ///
    /// g(x_i)·G = Σ x_i^k·B_k.
    ///
    /// Reference: Herzberg et al. 1995, with Feldman 1987.
    ///
    /// # Errors
    /// [`Error::InvalidShare`] when it does not, [`Error::IdentifierOutOfRange`] when x_i ≥ q.
    ///
    /// # Security
    /// Constant time in the value; variable time in x_i and t.
    pub fn verify(&self, share: &RefreshShare<C>) -> Result<(), Error> {
        // Step 5.4, first half: g(x_i)·G = Σ x_i^k·B_k.
        verify_value(
            &self.points,
            &self.structure,
            share.identifier,
            &share.value,
        )
    }
}

/// The curve and the points' encodings in hexadecimal.
impl<C: Curve> fmt::Debug for RefreshCommitment<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshCommitment<{}>", C::NAME)?;
        debug_points::<C>(&self.points, f)
    }
}

impl<C: Curve> Share<C> {
    /// The holder's share after the refresh.
    ///
    /// s_i' = s_i + g(x_i).
    ///
    /// Reference: Herzberg et al. 1995.
    ///
    /// # Errors
    /// [`Error::IdentifierMismatch`] when the refresh share is another holder's.
    ///
    /// # Security
    /// Constant time in both values. Consumes and wipes the old share; copies of it stay dangerous
    /// together with t − 1 others of its epoch.
    pub fn refresh(self, refresh: &RefreshShare<C>) -> Result<Self, Error> {
        if self.identifier() != refresh.identifier {
            return Err(Error::IdentifierMismatch {
                expected: self.identifier(),
                found: refresh.identifier,
            });
        }
        // Step 5.4, second half: s_i' = s_i + g(x_i).
        let sum = Zeroizing::new(*self.value().expose_secret() + refresh.value.expose_secret());
        Ok(Self::new(self.identifier(), SecretScalar::new(*sum)))
    }
}

impl<C: Curve> PolynomialCommitment<C> {
    /// The commitment after the refresh; the verifying key stays.
    ///
    /// A_k' = A_k + B_k.
    ///
    /// Reference: Herzberg et al. 1995.
    ///
    /// # Errors
    /// [`Error::StructureMismatch`] when the refresh is for another structure.
    ///
    /// # Security
    /// No secret input.
    pub fn refresh(&self, refresh: &RefreshCommitment<C>) -> Result<Self, Error> {
        if *self.structure() != refresh.structure {
            return Err(Error::StructureMismatch);
        }
        // Step 5.5: A_k' = A_k + B_k.
        let sums = self
            .as_points()
            .iter()
            .zip(&refresh.points)
            .map(|(A_k, B_k)| *A_k + B_k);
        // Correctness: both have as many points, and A_0 + O = A_0 is not the identity.
        let points = sums.collect();
        Ok(Self::from_points_unchecked(
            points,
            self.structure().clone(),
        ))
    }
}
