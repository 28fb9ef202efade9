//! What is variable time, on public data only: a commitment at a point, and sums of many multiples.
//!
//! F(x) = Σ x^k·A_k = f(x)·G for the commitments A_k = a_k·G; in a gate the sum of such values, and
//! of derivatives, that a share is made of.
//!
//! All inputs are public: x is an identifier, the A_k are published, and scalars here are made of
//! identifiers and of weights that were drawn for a check.
//!
//! Reference for sums of many multiples: Pippenger, "On the evaluation of powers and related
//! problems", FOCS 1976; as buckets Bernstein, Doumen, Lange and Oosterwijk, "Faster batch forgery
//! identification", INDOCRYPT 2012.

use alloc::{vec, vec::Vec};

use ff::Field;
use group::Group;

use crate::{
    Curve, Error, Identifier,
    access::term::{Term, scalar_of},
};

/// Identifiers up to this size are cheaper by Horner's rule in the group than by one multi-scalar
/// multiplication with the powers of x.
pub(crate) const SMALL_IDENTIFIER_BITS: u32 = 32;

/// The public image of the share that these terms make up, from the commitment A_0, A_1, ….
///
/// # Errors
/// [`Error::IdentifierOutOfRange`] when x ≥ q.
pub(crate) fn share_in_group_vartime<C: Curve>(
    A: &[C::Point],
    terms: &[Term],
) -> Result<C::Point, Error> {
    let mut sum = C::Point::identity();
    for term in terms {
        // Correctness: a structure's terms lie within as many coefficients as it has.
        let A = A.get(term.range.clone()).unwrap_or_default();
        sum += if term.order == 0 {
            let value = evaluate_in_group_vartime::<C>(A, term.x)?;
            match term.first_power {
                0 => value,
                _ => value * scalar_of::<C>(term.x)?,
            }
        } else {
            let row = term.row::<C>()?;
            let terms: Vec<_> = row.into_iter().zip(A.iter().copied()).collect();
            C::multi_scalar_mul_vartime(&terms)
        };
    }
    Ok(sum)
}

/// F(x) = Σ x^k·A_k, for A_0, A_1, … in this order.
///
/// # Errors
/// [`Error::IdentifierOutOfRange`] when x ≥ q.
fn evaluate_in_group_vartime<C: Curve>(
    A: &[C::Point],
    identifier: Identifier,
) -> Result<C::Point, Error> {
    let x = scalar_of::<C>(identifier)?;
    if identifier.get() >> SMALL_IDENTIFIER_BITS == 0 {
        // Horner: A_0 + x·(A_1 + x·(A_2 + …)).
        let horner = |sum, A_k: &C::Point| mul_small_vartime(sum, identifier.get()) + A_k;
        return Ok(A.iter().rev().fold(C::Point::identity(), horner));
    }
    let powers = core::iter::successors(Some(C::Scalar::ONE), |power| Some(*power * x));
    let terms: Vec<_> = powers.zip(A.iter().copied()).collect();
    Ok(C::multi_scalar_mul_vartime(&terms))
}

/// x·P by doubling and adding, from the highest bit of x down.
fn mul_small_vartime<P: Group>(point: P, x: u128) -> P {
    let bits = (0..u128::BITS - x.leading_zeros()).rev();
    bits.fold(P::identity(), |sum, bit| {
        let doubled = sum.double();
        if x >> bit & 1 == 1 {
            doubled + point
        } else {
            doubled
        }
    })
}

/// Σ a_i·P_i by buckets, in variable time: for public scalars, and many of them.
///
/// With the digits a_i = Σ d_{i,j}·2^(w·j), 0 ≤ d_{i,j} < 2^w,
///
/// Σ a_i·P_i = Σ_j 2^(w·j)·Σ_d d·B_{j,d}, B_{j,d} = Σ P_i over the i with d_{i,j} = d.
///
/// It takes a bit more than one addition for each point and digit, where a table for each point
/// takes several to make; so it wins from about a hundred points on.
/// A [`Curve::multi_scalar_mul_vartime`] may be made of it.
///
/// Reference: Pippenger 1976; Bernstein et al. 2012.
///
/// # Security
/// No secret input: variable time in everything.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use k256::{ProjectivePoint, Scalar};
/// # use tki_math::multi_scalar_mul_in_buckets_vartime;
/// let G = ProjectivePoint::GENERATOR;
/// let terms = [(Scalar::from(2_u64), G), (Scalar::from(3_u64), G.double())];
/// let sum = multi_scalar_mul_in_buckets_vartime::<Secp256k1>(&terms);
/// assert_eq!(sum, G * Scalar::from(8_u64));
/// ```
#[must_use]
pub fn multi_scalar_mul_in_buckets_vartime<C: Curve>(terms: &[(C::Scalar, C::Point)]) -> C::Point {
    let limbs = terms.iter().map(|(a_i, _)| C::scalar_to_limbs(a_i));
    let limbs: Vec<[u64; 4]> = limbs.collect();
    let bits = limbs.iter().map(bit_length).max().unwrap_or(0);
    let width = digit_width(bits, terms.len());
    let mut sum = C::Point::identity();
    for j in (0..bits.div_ceil(width)).rev() {
        sum = (0..width).fold(sum, |sum, _| sum.double());
        // B_{j,d} at position d − 1.
        let mut buckets = vec![C::Point::identity(); (1 << width) - 1];
        for (a_i, (_, P_i)) in limbs.iter().zip(terms) {
            let position = digit(a_i, j * width, width).checked_sub(1);
            if let Some(bucket) = position.and_then(|d| buckets.get_mut(d)) {
                *bucket += P_i;
            }
        }
        // Σ_d d·B_{j,d}: the sum of the sums of the last one, the last two, and so on.
        let mut of_last = C::Point::identity();
        for bucket in buckets.iter().rev() {
            of_last += bucket;
            sum += of_last;
        }
    }
    sum
}

/// The number of bits of an integer of four words, zero for zero.
fn bit_length(limbs: &[u64; 4]) -> usize {
    let words = (0..).step_by(64).zip(limbs);
    let used = words.filter(|(_, limb)| **limb != 0);
    used.last()
        .map_or(0, |(below, limb)| below + limb.ilog2() as usize + 1)
}

/// The w with the fewest additions: one for each digit, two for each bucket.
fn digit_width(bits: usize, count: usize) -> usize {
    let additions = |width: &usize| {
        bits.div_ceil(*width)
            .saturating_mul(count.saturating_add(2 << width))
    };
    (1..=16).min_by_key(additions).unwrap_or(1)
}

/// The w ≤ 16 bits of an integer from this one on.
fn digit(limbs: &[u64; 4], from: usize, width: usize) -> usize {
    let limb = |position: usize| limbs.get(position).copied().map_or(0, u128::from);
    let pair = limb(from / 64) | limb(from / 64 + 1) << 64;
    let digit = pair >> (from % 64) & ((1 << width) - 1);
    // Correctness: at most 16 bits are left.
    u16::try_from(digit).map_or(0, usize::from)
}

#[cfg(test)]
mod tests {
    use super::{bit_length, digit, digit_width};

    #[test]
    fn an_integer_is_the_sum_of_its_digits() {
        let limbs = [0x0123_4567_89ab_cdef, u64::MAX, 0, 1 << 63];
        assert_eq!(bit_length(&limbs), 256);
        assert_eq!(bit_length(&[0; 4]), 0);
        assert_eq!(bit_length(&[5, 1, 0, 0]), 65);
        assert_eq!(digit(&limbs, 0, 4), 0xf);
        assert_eq!(digit(&limbs, 60, 8), 0xf0);
        assert_eq!(digit(&limbs, 120, 16), 0x00ff);
        assert_eq!(digit(&limbs, 255, 7), 1);
        assert_eq!(digit(&limbs, 256, 7), 0);
    }

    #[test]
    fn digits_widen_with_the_number_of_points() {
        assert_eq!(digit_width(256, 0), 1);
        assert!(digit_width(256, 100) < digit_width(256, 1000));
        assert_eq!(digit_width(256, 1 << 30), 16);
    }
}
