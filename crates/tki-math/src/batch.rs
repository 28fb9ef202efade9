//! Verifying many shares together, and finding the wrong ones.
//!
//! Share j, of a polynomial committed to by **A**^(j), is right when s_j·G = Σ x_j^k·A_k^(j). For
//! random weights ω_j all are right if
//!
//! (Σ ω_j·s_j)·G = Σ_j ω_j·Σ_k x_j^k·A_k^(j),
//!
//! and if one is wrong this holds with a probability of at most 2⁻¹²⁸: whatever the other weights,
//! one value of its weight at most makes it hold. On the right each point enters once, multiplied by
//! γ_k = Σ ω_j·x_j^k over the shares of its polynomial; in a gate by the same sum of what each share
//! is made of.
//!
//! | letter | name | |
//! |---|---|---|
//! | s_j | `Share::value` | secret |
//! | x_j | `identifier` | public |
//! | A_k | `PolynomialCommitment` | public |
//! | ω_j | `omega_j` | public once the shares are given |
//! | γ_k | `gamma` | public |
//!
//! Specification: `docs/spec/batch.md`.
//!
//! Reference: Bellare, Garay and Rabin, "Fast batch verification for modular exponentiation and
//! digital signatures", EUROCRYPT 1998, the small exponents test; in a group of prime order.
//!
//! Assumption: who made the shares could not know the weights.

use alloc::{collections::BTreeMap, vec, vec::Vec};
use core::ptr;

use ff::Field;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    Curve, Error, PolynomialCommitment, Share,
    access::term::{Term, scalar_of},
};

/// A share and its commitment, and where they stand in the caller's list.
type Item<'a, C> = (usize, &'a PolynomialCommitment<C>, &'a Share<C>);

/// Checks that each share lies on the polynomial committed to beside it, all of them together.
///
/// (Σ ω_j·s_j)·G = Σ_j ω_j·Σ_k x_j^k·A_k for random ω_j below 2¹²⁸.
///
/// Shares of one commitment belong together: give the same reference with each, and its points are
/// multiplied once. When the equation does not hold the list is halved until every wrong share is
/// found. Few shares are checked one by one where that is quicker.
///
/// Reference: Bellare, Garay and Rabin 1998.
///
/// # Errors
/// [`Error::InvalidShares`] with every wrong one; [`Error::IdentifierOutOfRange`] when an x_j ≥ q;
/// [`Error::UnknownHolder`] when a structure does not name one.
///
/// # Security
/// A list with a wrong share passes with a probability of at most 2⁻¹²⁸, if `rng` cannot be
/// predicted by who made the shares. What is named is always wrong: the last check is
/// [`PolynomialCommitment::verify`]. Constant time in the values; variable time in the identifiers,
/// their number, the thresholds, and which shares are wrong.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use tki_math::{Error, Identifier, SecretScalar, Share, Threshold, split, verify_batch};
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// # let secret = SecretScalar::<Secp256k1>::random(&mut rng);
/// # let holders = [Identifier::new(1)?, Identifier::new(2)?, Identifier::new(3)?];
/// let (mut shares, commitment) =
///     split(&secret, Threshold::new(2)?, &holders, &mut rng)?.into_parts();
/// let all: Vec<_> = shares.iter().map(|share| (&commitment, share)).collect();
/// verify_batch(&all, &mut rng)?;
///
/// shares[1] = Share::new(holders[1], SecretScalar::random(&mut rng));
/// let all: Vec<_> = shares.iter().map(|share| (&commitment, share)).collect();
/// let error = verify_batch(&all, &mut rng).unwrap_err();
/// let (positions, identifiers) = (vec![1], vec![holders[1]]);
/// assert_eq!(error, Error::InvalidShares { positions, identifiers });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify_batch<C: Curve>(
    items: &[(&PolynomialCommitment<C>, &Share<C>)],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), Error> {
    let numbered = items.iter().enumerate();
    let items: Vec<Item<'_, C>> = numbered.map(|(i, (A, share))| (i, *A, *share)).collect();
    let (mut positions, mut identifiers) = (Vec::new(), Vec::new());
    // Lists that are still to be checked, the first of them last.
    let mut open = vec![items.as_slice()];
    while let Some(list) = open.pop() {
        // Step 1.1: one by one where that is quicker.
        if one_by_one_is_quicker(list) {
            for (position, A, share) in list {
                match A.verify(share) {
                    Ok(()) => {}
                    Err(Error::InvalidShare { identifier }) => {
                        positions.push(*position);
                        identifiers.push(identifier);
                    }
                    Err(other) => return Err(other),
                }
            }
        } else if !hold_together(list, rng)? {
            // Step 1.5: both halves, with weights of their own.
            let (first, second) = list.split_at(list.len() / 2);
            open.extend([second, first]);
        }
    }
    if positions.is_empty() {
        return Ok(());
    }
    Err(Error::InvalidShares {
        positions,
        identifiers,
    })
}

/// Whether the equation holds for these shares.
fn hold_together<C: Curve>(
    items: &[Item<'_, C>],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<bool, Error> {
    let mut left = Zeroizing::new(C::Scalar::ZERO);
    let mut right = BTreeMap::new();
    for (_, A, share) in items {
        // Step 1.2: ω_j below 2¹²⁸.
        let omega_j =
            C::scalar_from_wide_limbs(&[rng.next_u64(), rng.next_u64(), 0, 0, 0, 0, 0, 0]);
        // Step 1.3: Σ ω_j·s_j, and γ_k = Σ ω_j·x_j^k for each commitment.
        let term = Zeroizing::new(*share.value().expose_secret() * omega_j);
        *left += &*term;
        let (_, gamma) = right
            .entry(ptr::from_ref(*A))
            .or_insert_with(|| (*A, vec![C::Scalar::ZERO; A.as_points().len()]));
        for term in A.structure().terms(share.identifier())? {
            // Correctness: a structure's terms lie within as many coefficients as it has.
            let gamma = gamma.get_mut(term.range.clone()).unwrap_or_default();
            add_term::<C>(gamma, &term, omega_j)?;
        }
    }
    // Step 1.4: (Σ ω_j·s_j)·G = Σ γ_k·A_k, over all commitments.
    let terms: Vec<(C::Scalar, C::Point)> = right
        .into_values()
        .flat_map(|(A, gamma)| gamma.into_iter().zip(A.as_points().iter().copied()))
        .collect();
    Ok(C::mul_by_generator(&left) == C::multi_scalar_mul_vartime(&terms))
}

/// Adds ω·x^k to each γ_k; for a derivative, ω times its row.
fn add_term<C: Curve>(gamma: &mut [C::Scalar], term: &Term, omega: C::Scalar) -> Result<(), Error> {
    if term.order > 0 {
        let row = term.row::<C>()?.into_iter();
        gamma
            .iter_mut()
            .zip(row)
            .for_each(|(gamma_k, m)| *gamma_k += omega * m);
        return Ok(());
    }
    let x = scalar_of::<C>(term.x)?;
    let mut power = (0..term.first_power).fold(omega, |power, _| power * x);
    for gamma_k in gamma {
        *gamma_k += power;
        power *= x;
    }
    Ok(())
}

/// What a multiple costs, in additions of points: of the generator, in constant time; and of a
/// point among others, in variable time.
const GENERATOR_COST: usize = 64;
const TERM_COST: usize = 80;

/// Whether checking each by itself takes fewer additions of points, by a rough count.
///
/// Together each point of each commitment is multiplied by a scalar of full length; alone by an
/// identifier, of which short ones cost a doubling and half an addition for each bit.
fn one_by_one_is_quicker<C: Curve>(items: &[Item<'_, C>]) -> bool {
    let mut alone = 0_usize;
    let mut points = BTreeMap::new();
    for (_, A, share) in items {
        let bits = u128::BITS - share.identifier().get().leading_zeros();
        let term = usize::try_from(bits + bits / 2).map_or(TERM_COST, |cost| cost.min(TERM_COST));
        let own = A.as_points().len();
        points.insert(ptr::from_ref(*A), own);
        alone = alone.saturating_add(GENERATOR_COST.saturating_add(own.saturating_mul(term)));
    }
    let points = points.into_values().fold(0_usize, usize::saturating_add);
    let together = GENERATOR_COST.saturating_add(points.saturating_mul(TERM_COST));
    items.len() < 2 || alone <= together
}
