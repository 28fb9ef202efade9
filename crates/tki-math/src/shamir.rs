//! Sharing a secret so that any t shares give it back and fewer tell nothing.
//!
//! Split: draw f of degree below t with f(0) = s; holder i gets s_i = f(x_i).
//! Combine: s = Σ λ_i·s_i over any t shares.
//!
//! | letter | name | |
//! |---|---|---|
//! | s | `secret` | secret |
//! | t | `threshold` | public |
//! | x_i | `identifiers` | public |
//! | s_i | `Share::value` | secret |
//! | λ_i | `lagrange_coefficient` | public |
//!
//! Specification: `docs/spec/sharing.md`, sections "Split" and "Combine".
//!
//! Reference: Shamir, "How to share a secret", CACM 22 (11), 1979; commitments by Feldman 1987.
//!
//! Assumptions: the dealer is honest or its commitment is checked with
//! [`PolynomialCommitment::verify`]; shares travel over private channels; shares that are combined
//! belong to one epoch.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use crate::{
    AccessStructure, Curve, Error, Identifier, MOST_HOLDERS, PolynomialCommitment,
    SecretPolynomial, SecretScalar, Share,
    lagrange::{check_distinct, check_identifiers},
};

/// What a dealer makes of a secret: a share for each holder, and the commitment for everyone.
pub struct Dealing<C: Curve> {
    shares: Vec<Share<C>>,
    commitment: PolynomialCommitment<C>,
}

impl<C: Curve> Dealing<C> {
    /// The shares, in the order of the identifiers given.
    #[must_use]
    pub fn shares(&self) -> &[Share<C>] {
        &self.shares
    }

    /// The commitment to the polynomial, public.
    #[must_use]
    pub const fn commitment(&self) -> &PolynomialCommitment<C> {
        &self.commitment
    }

    /// The shares and the commitment.
    #[must_use]
    pub fn into_parts(self) -> (Vec<Share<C>>, PolynomialCommitment<C>) {
        (self.shares, self.commitment)
    }
}

impl<C: Curve> fmt::Debug for Dealing<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dealing")
            .field("shares", &self.shares)
            .field("commitment", &self.commitment)
            .finish()
    }
}

/// Splits a secret among the holders of these identifiers.
///
/// s_i = f(x_i) for a uniform f of degree below t with f(0) = s; A_k = a_k·G.
///
/// Reference: Shamir 1979; Feldman 1987.
///
/// # Errors
/// [`Error::ZeroSecret`]; [`Error::TooFewHolders`] for fewer than t identifiers;
/// [`Error::TooManyHolders`] for more than [`MOST_HOLDERS`](crate::MOST_HOLDERS);
/// [`Error::DuplicateIdentifier`]; [`Error::IdentifierOutOfRange`] when one is ≥ q.
///
/// # Security
/// Constant time in the secret and the coefficients; variable time in the identifiers, their
/// number and t.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use tki_math::{Identifier, SecretScalar, Threshold, split};
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// let secret = SecretScalar::<Secp256k1>::random(&mut rng);
/// let holders = [Identifier::new(1)?, Identifier::new(2)?, Identifier::new(3)?];
/// let dealing = split(&secret, Threshold::new(2)?, &holders, &mut rng)?;
/// for share in dealing.shares() {
///     dealing.commitment().verify(share)?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn split<C: Curve>(
    secret: &SecretScalar<C>,
    structure: impl Into<AccessStructure>,
    identifiers: &[Identifier],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Dealing<C>, Error> {
    // Step 1.1: holders that suffice and at most 1000, with different identifiers below q.
    let structure = structure.into();
    check_holders::<C>(&structure, identifiers)?;
    structure.check::<C>()?;
    // Step 1.2: f, with f(0) = s ≠ 0.
    let polynomial = SecretPolynomial::random(secret, structure, rng)?;
    // Step 1.3: s_i = f(x_i).
    let shares = identifiers.iter().map(|x_i| polynomial.evaluate(*x_i));
    let shares = shares.collect::<Result<_, _>>()?;
    // Step 1.4: A_k = a_k·G.
    let commitment = polynomial.commit();
    Ok(Dealing { shares, commitment })
}

/// Holders among whom a secret can be split: different ones that suffice, not too many, each below q.
pub(crate) fn check_holders<C: Curve>(
    structure: &AccessStructure,
    identifiers: &[Identifier],
) -> Result<(), Error> {
    check_distinct(identifiers)?;
    let (share_count, need) = structure.shares_needed(identifiers);
    if share_count < need {
        return Err(Error::TooFewHolders { share_count, need });
    }
    if identifiers.len() > MOST_HOLDERS {
        return Err(Error::TooManyHolders {
            share_count: identifiers.len(),
        });
    }
    check_identifiers::<C>(identifiers)
}

/// Gives the secret back from t shares.
///
/// s = Σ λ_i·s_i over the first t shares. Further ones must have other identifiers and are not used.
///
/// Reference: Shamir 1979.
///
/// # Errors
/// [`Error::NotEnoughShares`] for fewer than t; [`Error::DuplicateIdentifier`], among all of them;
/// [`Error::IdentifierOutOfRange`] when one that is used is ≥ q.
///
/// # Security
/// Constant time in the values; variable time in the identifiers and their number. A wrong share
/// gives a wrong secret without an error: check the shares against the commitment before, or the
/// secret's public image after.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use subtle::ConstantTimeEq;
/// # use tki_math::{Error, Identifier, SecretScalar, Threshold, combine, split};
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// # let secret = SecretScalar::<Secp256k1>::random(&mut rng);
/// # let holders = [Identifier::new(1)?, Identifier::new(2)?, Identifier::new(3)?];
/// let threshold = Threshold::new(2)?;
/// let dealing = split(&secret, threshold, &holders, &mut rng)?;
/// let shares = dealing.shares();
/// assert!(bool::from(combine(&shares[1..], threshold)?.ct_eq(&secret)));
///
/// let error = combine(&shares[..1], threshold).unwrap_err();
/// assert_eq!(error, Error::NotEnoughShares { have: 1, need: 2 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn combine<C: Curve>(
    shares: &[Share<C>],
    structure: impl Into<AccessStructure>,
) -> Result<SecretScalar<C>, Error> {
    // Step 3.1: a quorum among them.
    // Step 3.2: its weights at 0.
    let quorum = structure.into().quorum(&identifiers(shares))?;
    // Step 3.3: Σ λ_i·s_i.
    quorum.combine(shares)
}

/// Gives the share of another holder from t shares: for one who joins, or who lost theirs.
///
/// f(x) = Σ λ_i(x)·s_i over the first t shares.
///
/// Reference: Shamir 1979.
///
/// # Errors
/// As [`combine`], and [`Error::IdentifierOutOfRange`] when x ≥ q; [`Error::UnknownHolder`] when the
/// structure names holders and x is none; what [`AccessStructure::check`] refuses.
///
/// # Security
/// As [`combine`]. Who runs this holds t shares, and so the secret.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use tki_math::{Identifier, SecretScalar, Threshold, interpolate_at, split};
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// # let secret = SecretScalar::<Secp256k1>::random(&mut rng);
/// # let holders = [Identifier::new(1)?, Identifier::new(2)?, Identifier::new(3)?];
/// # let threshold = Threshold::new(2)?;
/// # let dealing = split(&secret, threshold, &holders, &mut rng)?;
/// let newcomer = interpolate_at(dealing.shares(), threshold, Identifier::new(4)?)?;
/// dealing.commitment().verify(&newcomer)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn interpolate_at<C: Curve>(
    shares: &[Share<C>],
    structure: impl Into<AccessStructure>,
    x: Identifier,
) -> Result<Share<C>, Error> {
    // A structure that x joins must still do what it says.
    let structure = structure.into();
    structure.check::<C>()?;
    // Step 3.2: its weights at x.
    let quorum = structure.quorum_at(&identifiers(shares), x)?;
    Ok(Share::new(x, quorum.combine(shares)?))
}

fn identifiers<C: Curve>(shares: &[Share<C>]) -> Vec<Identifier> {
    shares.iter().map(Share::identifier).collect()
}
