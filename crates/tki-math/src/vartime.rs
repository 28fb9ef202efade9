//! A commitment's polynomial at a public point, in variable time.
//!
//! F(x) = Σ x^k·A_k = f(x)·G for the commitments A_k = a_k·G.
//!
//! All inputs are public: x is an identifier and the A_k are published.

use alloc::vec::Vec;

use ff::Field;
use group::Group;

use crate::{Curve, Error, Identifier};

/// Identifiers up to this size are cheaper by Horner's rule in the group than by one multi-scalar
/// multiplication with the powers of x.
const SMALL_IDENTIFIER_BITS: u32 = 32;

/// F(x) = Σ x^k·A_k, for A_0, A_1, … in this order.
///
/// # Errors
/// [`Error::IdentifierOutOfRange`] when x ≥ q.
pub(crate) fn evaluate_in_group_vartime<C: Curve>(
    A: &[C::Point],
    identifier: Identifier,
) -> Result<C::Point, Error> {
    let out_of_range = Error::IdentifierOutOfRange { identifier };
    let x = C::scalar_from_identifier(identifier.get()).ok_or(out_of_range)?;
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
