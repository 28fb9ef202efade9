//! Verifying many shares together, and finding the wrong ones.
//!
//! Share j, of a polynomial committed to by **A**^(j), is right when s_j·G = Σ x_j^k·A_k^(j). For
//! random weights ω_j all are right if
//!
//! (Σ ω_j·s_j)·G = Σ_j ω_j·Σ_k x_j^k·A_k^(j),
//!
//! and if one is wrong this holds with a probability of at most 2⁻¹²⁸: whatever the other weights,
//! one value of its weight at most makes it hold. On the right each point enters once, multiplied by
//! γ_k = Σ ω_j·x_j^k over the shares of its commitment; in a gate by whatever the share's terms
//! multiply it by, in place of x_j^k.
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

use ff::Field;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    AccessStructure, Curve, Error, Identifier, PolynomialCommitment, RefreshCommitment,
    RefreshShare, SecretScalar, Share,
    access::term::{Term, scalar_of},
    vartime::{SMALL_IDENTIFIER_BITS, share_in_group_vartime},
};

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
/// [`Error::InvalidShares`] with every wrong one; [`Error::IdentifierOutOfRange`] when an x_j ≥ q,
/// [`Error::UnknownHolder`] when a structure names holders and x_j is none.
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
    let items = items.iter().map(|(A, share)| {
        let (points, structure) = (A.as_points(), A.structure());
        Item::new(points, structure, share.identifier(), share.value())
    });
    verify(&items.collect::<Result<Vec<_>, _>>()?, rng)
}

/// Checks that each refresh share lies on the polynomial committed to beside it, all together.
///
/// As [`verify_batch`], with **B** for **A** and g(x_j) for s_j.
///
/// Reference: Herzberg et al. 1995; Bellare, Garay and Rabin 1998.
///
/// # Errors
/// As [`verify_batch`].
///
/// # Security
/// As [`verify_batch`].
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use tki_math::{Identifier, RefreshPolynomial, Threshold, verify_refresh_batch};
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// // What one holder gets from two others.
/// let own = Identifier::FIRST;
/// let mut received = Vec::new();
/// for _ in 0..2 {
///     let refresh = RefreshPolynomial::<Secp256k1>::random(Threshold::new(2)?, &mut rng)?;
///     received.push((refresh.commit(), refresh.evaluate(own)?));
/// }
/// let all: Vec<_> = received.iter().map(|(B, share)| (B, share)).collect();
/// verify_refresh_batch(&all, &mut rng)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify_refresh_batch<C: Curve>(
    items: &[(&RefreshCommitment<C>, &RefreshShare<C>)],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), Error> {
    let items = items.iter().map(|(B, share)| {
        let (points, structure) = (B.as_points(), B.structure());
        Item::new(points, structure, share.identifier(), share.value())
    });
    verify(&items.collect::<Result<Vec<_>, _>>()?, rng)
}

/// One share, and the commitment it is checked against.
struct Item<'a, C: Curve> {
    points: &'a [C::Point],
    /// What the share is made of; they lie within the points.
    terms: Vec<Term>,
    identifier: Identifier,
    value: &'a SecretScalar<C>,
}

impl<'a, C: Curve> Item<'a, C> {
    fn new(
        points: &'a [C::Point],
        structure: &AccessStructure,
        identifier: Identifier,
        value: &'a SecretScalar<C>,
    ) -> Result<Self, Error> {
        let terms = structure.terms(identifier)?;
        for term in &terms {
            scalar_of::<C>(term.x)?;
        }
        Ok(Self {
            points,
            terms,
            identifier,
            value,
        })
    }

    fn is_right(&self) -> Result<bool, Error> {
        let expected = share_in_group_vartime::<C>(self.points, &self.terms)?;
        Ok(self.value.public_point() == expected)
    }

    /// Additions of points for the check by itself, roughly.
    fn cost(&self) -> usize {
        let of_term = |term: &Term| term.range.len().saturating_mul(multiple_cost(term));
        let terms = self.terms.iter().map(of_term);
        terms.fold(GENERATOR_COST, usize::saturating_add)
    }
}

fn verify<C: Curve>(
    items: &[Item<'_, C>],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), Error> {
    let mut positions = Vec::new();
    // Lists that are still to be checked, with the position of their first; the next one last.
    let mut open = vec![(0, items)];
    while let Some((first, list)) = open.pop() {
        // Step 1.1: one by one where that is quicker.
        if one_by_one_is_quicker(list) {
            for (position, item) in (first..).zip(list) {
                if !item.is_right()? {
                    positions.push(position);
                }
            }
        } else if !hold_together(list, rng)? {
            // Step 1.5: both halves, with weights of their own.
            let half = list.len() / 2;
            let (before, after) = list.split_at(half);
            open.extend([(first + half, after), (first, before)]);
        }
    }
    if positions.is_empty() {
        return Ok(());
    }
    let wrong = positions.iter().filter_map(|position| items.get(*position));
    let identifiers = wrong.map(|item| item.identifier).collect();
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
    for item in items {
        // Step 1.2: ω_j below 2¹²⁸.
        let omega_j =
            C::scalar_from_wide_limbs(&[rng.next_u64(), rng.next_u64(), 0, 0, 0, 0, 0, 0]);
        // Step 1.3: Σ ω_j·s_j, and γ_k = Σ ω_j·x_j^k for each commitment.
        let term = Zeroizing::new(*item.value.expose_secret() * omega_j);
        *left += &*term;
        let (_, gamma) = right
            .entry(item.points.as_ptr())
            .or_insert_with(|| (item.points, vec![C::Scalar::ZERO; item.points.len()]));
        for term in &item.terms {
            add_row::<C>(gamma, term, omega_j)?;
        }
    }
    // Step 1.4: (Σ ω_j·s_j)·G = Σ γ_k·A_k, over all commitments.
    let terms: Vec<(C::Scalar, C::Point)> = right
        .into_values()
        .flat_map(|(points, gamma)| gamma.into_iter().zip(points.iter().copied()))
        .collect();
    Ok(C::mul_by_generator(&left) == C::multi_scalar_mul_vartime(&terms))
}

/// Adds ω·x^k to each γ_k of the term's coefficients; of a derivative, what stands for x^k.
fn add_row<C: Curve>(gamma: &mut [C::Scalar], term: &Term, omega: C::Scalar) -> Result<(), Error> {
    // Correctness: a structure's terms lie within as many coefficients as it has.
    let gamma = gamma.get_mut(term.range.clone()).unwrap_or_default();
    if term.order > 0 {
        for (gamma_k, factor) in gamma.iter_mut().zip(term.row::<C>()?) {
            *gamma_k += factor * omega;
        }
        return Ok(());
    }
    // The same, with half of the multiplications.
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
const POINT_COST: usize = 80;

/// The same of a coefficient's commitment when one share is checked: a short identifier costs a
/// doubling and half an addition for each bit.
fn multiple_cost(term: &Term) -> usize {
    let bits = u128::BITS - term.x.get().leading_zeros();
    match usize::try_from(bits + bits / 2) {
        Ok(short) if term.order == 0 && bits <= SMALL_IDENTIFIER_BITS => short,
        _ => POINT_COST,
    }
}

/// Whether checking each by itself takes fewer additions of points, by a rough count: together each
/// point of each commitment is multiplied by a scalar of full length.
fn one_by_one_is_quicker<C: Curve>(items: &[Item<'_, C>]) -> bool {
    let alone = items.iter().map(Item::cost);
    let alone = alone.fold(0, usize::saturating_add);
    let points = items
        .iter()
        .map(|item| (item.points.as_ptr(), item.points.len()));
    let points: BTreeMap<_, usize> = points.collect();
    let points = points.into_values().fold(0_usize, usize::saturating_add);
    let together = GENERATOR_COST.saturating_add(points.saturating_mul(POINT_COST));
    items.len() < 2 || alone <= together
}
