//! Feldman commitments: what makes a share checkable by its holder.
//!
//! A dealer publishes **A** = (A_0, …, A_{t−1}) with A_k = a_k·G. A holder of (x_i, s_i) checks
//!
//! s_i·G = Σ x_i^k·A_k,
//!
//! which holds exactly when s_i = f(x_i). A_0 = s·G is the verifying key.
//!
//! | letter | name | |
//! |---|---|---|
//! | **A** = (A_k) | `PolynomialCommitment` | public |
//! | Y = A_0 | `verifying_key` | public |
//! | Y_i = Σ x_i^k·A_k | `verifying_share` | public |
//! | s_i | `Share::value` | secret |
//!
//! Specification: `docs/spec/sharing.md`, section "Verify".
//!
//! Reference: Feldman, "A practical scheme for non-interactive verifiable secret sharing", FOCS
//! 1987; written there multiplicatively, A_k = g^{a_k}.
//!
//! Assumption: all holders see the same **A**. Who relays it sees to that.

use alloc::vec::Vec;
use core::fmt;

use group::GroupEncoding;

use crate::{
    AccessStructure, Curve, Error, Identifier, SecretScalar, Share, VerifyingKey, VerifyingShare,
    encoding::Hex, vartime::share_in_group_vartime,
};

/// The commitment **A** to a sharing: one point per coefficient, the first not the identity.
///
/// A_k = a_k·G, k = 0 … t − 1.
///
/// Reference: Feldman 1987.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use tki_math::{Error, Identifier, PolynomialCommitment, SecretScalar, Share, Threshold};
/// # use tki_math::{VerifyingKey, split};
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// # let secret = SecretScalar::<Secp256k1>::random(&mut rng);
/// # let threshold = Threshold::new(2)?;
/// # let holders = [Identifier::new(1)?, Identifier::new(2)?, Identifier::new(3)?];
/// # let (shares, dealt) = split(&secret, threshold, &holders, &mut rng)?.into_parts();
/// # let published = dealt.to_bytes();
/// let commitment = PolynomialCommitment::<Secp256k1>::from_bytes(&published, threshold)?;
/// assert_eq!(*commitment.verifying_key(), VerifyingKey::from_secret(&secret)?);
/// for share in &shares {
///     commitment.verify(share)?;
///     assert_eq!(commitment.verifying_share(share.identifier())?, share.verifying_share()?);
/// }
///
/// // The value of one holder under the name of another: the error names the holder.
/// let wrong = Share::new(holders[0], shares[1].value().clone());
/// let error = commitment.verify(&wrong).unwrap_err();
/// assert_eq!(error, Error::InvalidShare { identifier: holders[0] });
/// assert_eq!(error.culprits(), [holders[0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct PolynomialCommitment<C: Curve> {
    /// Invariants: 1. exactly as many points as the structure has coefficients; 2. the first is not the identity. Others may be: zero is a
    /// coefficient like any other.
    points: Vec<C::Point>,
    /// Invariant: the first of the points.
    verifying_key: VerifyingKey<C>,
    structure: AccessStructure,
}

impl<C: Curve> PolynomialCommitment<C> {
    /// The commitment of these points.
    ///
    /// # Errors
    /// [`Error::WrongCommitmentLength`] unless there are exactly as many as the structure has
    /// coefficients, and [`Error::IdentityVerifyingKey`] when the first is the identity.
    pub fn from_points(
        points: Vec<C::Point>,
        structure: impl Into<AccessStructure>,
    ) -> Result<Self, Error> {
        // Step 2.1: exactly t points, the first not the identity.
        let structure = structure.into();
        check_length(points.len(), structure.coefficient_count())?;
        let &A_0 = points.first().ok_or(Error::IdentityVerifyingKey)?;
        let verifying_key =
            VerifyingKey::from_point(A_0).map_err(|_| Error::IdentityVerifyingKey)?;
        Ok(Self {
            points,
            verifying_key,
            structure,
        })
    }

    /// The caller has shown that there are as many points as coefficients and that the first is not the identity.
    pub(crate) fn from_points_unchecked(points: Vec<C::Point>, structure: AccessStructure) -> Self {
        #[expect(
            clippy::indexing_slicing,
            reason = "the caller has shown the number, which is at least 1"
        )]
        let verifying_key = VerifyingKey::from_point_unchecked(points[0]);
        Self {
            points,
            verifying_key,
            structure,
        }
    }

    /// Reads the canonical encodings of A_0 … A_{t−1}.
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

    /// The canonical encodings of A_0 … A_{t−1}.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<Vec<u8>> {
        encode_points::<C>(&self.points)
    }

    /// The points A_0 … A_{t−1}.
    #[must_use]
    pub fn as_points(&self) -> &[C::Point] {
        &self.points
    }

    /// Who can use the secret.
    #[must_use]
    pub const fn structure(&self) -> &AccessStructure {
        &self.structure
    }

    /// The verifying key Y = A_0 = s·G.
    #[must_use]
    pub const fn verifying_key(&self) -> &VerifyingKey<C> {
        &self.verifying_key
    }

    /// The public image of the share at x_i.
    ///
    /// Y_i = Σ x_i^k·A_k = f(x_i)·G.
    ///
    /// Reference: Feldman 1987.
    ///
    /// # Errors
    /// [`Error::IdentifierOutOfRange`] when x_i ≥ q, [`Error::UnknownHolder`] when the structure
    /// names holders and x_i is none, [`Error::IdentityVerifyingShare`] when f(x_i) is zero, which
    /// happens with probability 1/q and to who deals so on purpose.
    ///
    /// # Security
    /// No secret input; variable time.
    pub fn verifying_share(&self, identifier: Identifier) -> Result<VerifyingShare<C>, Error> {
        let terms = self.structure.terms(identifier)?;
        VerifyingShare::from_point(share_in_group_vartime::<C>(&self.points, &terms)?)
            .map_err(|_| Error::IdentityVerifyingShare { identifier })
    }

    /// Checks that a share lies on the committed polynomial.
    ///
    /// s_i·G = Σ x_i^k·A_k.
    ///
    /// Reference: Feldman 1987.
    ///
    /// # Errors
    /// [`Error::InvalidShare`] when it does not, [`Error::IdentifierOutOfRange`] when x_i ≥ q,
    /// [`Error::UnknownHolder`] when the structure names holders and x_i is none.
    ///
    /// # Security
    /// Constant time in s_i; variable time in x_i and the structure. The result is public.
    pub fn verify(&self, share: &Share<C>) -> Result<(), Error> {
        verify_value(
            &self.points,
            &self.structure,
            share.identifier(),
            share.value(),
        )
    }
}

/// The curve and the points' encodings in hexadecimal.
impl<C: Curve> fmt::Debug for PolynomialCommitment<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolynomialCommitment<{}>", C::NAME)?;
        debug_points::<C>(&self.points, f)
    }
}

/// `s_i·G = Σ x_i^k·A_k`, for the points of a sharing or of a refresh.
pub(crate) fn verify_value<C: Curve>(
    A: &[C::Point],
    structure: &AccessStructure,
    identifier: Identifier,
    value: &SecretScalar<C>,
) -> Result<(), Error> {
    // Step 2.2: Y_i = Σ x_i^k·A_k.
    let expected = share_in_group_vartime::<C>(A, &structure.terms(identifier)?)?;
    // Step 2.3: s_i·G = Y_i.
    if value.public_point() != expected {
        return Err(Error::InvalidShare { identifier });
    }
    Ok(())
}

/// A commitment has exactly as many points as the structure has coefficients.
pub(crate) const fn check_length(found: usize, expected: usize) -> Result<(), Error> {
    if found != expected {
        return Err(Error::WrongCommitmentLength { expected, found });
    }
    Ok(())
}

/// Decodes points; their number is checked before anything is allocated.
pub(crate) fn decode_points<C: Curve>(
    encoded: &[impl AsRef<[u8]>],
    expected: usize,
) -> Result<Vec<C::Point>, Error> {
    check_length(encoded.len(), expected)?;
    let decode = |(position, bytes): (usize, &_)| {
        let bytes: &[u8] = AsRef::as_ref(bytes);
        C::decode_point(bytes).ok_or(Error::InvalidCoefficientCommitment { position })
    };
    encoded.iter().enumerate().map(decode).collect()
}

pub(crate) fn encode_points<C: Curve>(points: &[C::Point]) -> Vec<Vec<u8>> {
    points
        .iter()
        .map(|A_k| A_k.to_bytes().as_ref().to_vec())
        .collect()
}

pub(crate) fn debug_points<C: Curve>(
    points: &[C::Point],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    f.debug_list()
        .entries(points.iter().map(|A_k| Hex(A_k.to_bytes())))
        .finish()
}
