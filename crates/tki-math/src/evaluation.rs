//! A polynomial's value at an identifier, with few reductions where the identifier is small.
//!
//! f(x) = Σ a_k·x^k. Cut into blocks of h coefficients, with V_b = Σ_{k<h} a_{bh+k}·x^k,
//!
//! f(x) = V_0 + x^h·(V_1 + x^h·(V_2 + …)),
//!
//! which is Horner's rule with x^h in place of x. h is as large as keeps x^h in a machine word: then
//! each V_b is a sum of products of a scalar and a word, taken as integers, and takes one reduction
//! modulo q where Horner's rule takes h.
//!
//! | letter | name | |
//! |---|---|---|
//! | a_k | `coefficients` | secret |
//! | x | `x` | public |
//! | h | `block` | public |
//!
//! Specification: `docs/spec/sharing.md`, step 1.3.
//!
//! Reference: Paterson and Stockmeyer, "On the number of nonscalar multiplications necessary to
//! evaluate polynomials", SIAM Journal on Computing 2 (1), 1973, for Horner's rule over blocks.

use ff::Field;
use zeroize::Zeroizing;

use crate::{Curve, Identifier};

/// 64-bit words of a scalar, and of an unreduced integer.
const SCALAR_LIMBS: usize = 4;
const WIDE_LIMBS: usize = 8;

/// Σ a_k·x^k, none when x ≥ q.
///
/// # Security
/// Constant time in the coefficients, variable time in x and their number.
pub(crate) fn evaluate<C: Curve>(
    coefficients: &[C::Scalar],
    identifier: Identifier,
) -> Option<C::Scalar> {
    let x = C::scalar_from_identifier(identifier.get())?;
    match u64::try_from(identifier.get()) {
        Ok(x) => Some(evaluate_in_blocks::<C>(coefficients, x)),
        Err(_) => Some(evaluate_by_horner::<C>(coefficients, x)),
    }
}

/// a_0 + x·(a_1 + x·(a_2 + …)).
fn evaluate_by_horner<C: Curve>(coefficients: &[C::Scalar], x: C::Scalar) -> C::Scalar {
    let horner = |sum, a_k: &C::Scalar| sum * x + a_k;
    coefficients.iter().rev().fold(C::Scalar::ZERO, horner)
}

/// The same for a word x ≠ 0, in blocks.
fn evaluate_in_blocks<C: Curve>(coefficients: &[C::Scalar], x: u64) -> C::Scalar {
    let (block, x_to_block) = block_of(x, coefficients.len());
    let mut value = C::Scalar::ZERO;
    for block in coefficients.chunks(block).rev() {
        let mut sum = WideSum::new();
        sum.add::<C>(&value, x_to_block);
        let mut power = 1_u64;
        for a_k in block {
            sum.add::<C>(a_k, power);
            // Correctness: x^k fits into a word for k ≤ h; the power after the last is not used.
            power = power.wrapping_mul(x);
        }
        value = C::scalar_from_wide_limbs(&sum.limbs);
    }
    value
}

/// The largest h ≤ `most`, but at least 1, with x^h below 2⁶⁴; and x^h.
fn block_of(x: u64, most: usize) -> (usize, u64) {
    let (mut block, mut power) = (1, x);
    while block < most
        && let Some(next) = power.checked_mul(x)
    {
        (block, power) = (block + 1, next);
    }
    (block, power)
}

/// A sum of products of a scalar and a word, as an integer.
struct WideSum {
    /// Invariants: 1. least significant first; 2. below (number of summands)·2^320, and so below
    /// 2^384 for any list that fits into memory; 3. wiped on drop.
    limbs: Zeroizing<[u64; WIDE_LIMBS]>,
    /// The scalar at hand, kept here so that it is wiped once and not once for each summand.
    scalar: Zeroizing<[u64; SCALAR_LIMBS]>,
}

impl WideSum {
    fn new() -> Self {
        Self {
            limbs: Zeroizing::new([0; WIDE_LIMBS]),
            scalar: Zeroizing::new([0; SCALAR_LIMBS]),
        }
    }

    /// Adds a·w.
    fn add<C: Curve>(&mut self, a: &C::Scalar, w: u64) {
        // Constant time: a multiplication, additions with carry, and a fixed number of them.
        *self.scalar = C::scalar_to_limbs(a);
        let mut carry = 0;
        for (limb, a_limb) in self.limbs.iter_mut().zip(self.scalar.iter()) {
            (*limb, carry) = a_limb.carrying_mul_add(w, *limb, carry);
        }
        // Correctness: by invariant 2 nothing is carried out of the sixth limb.
        for limb in self.limbs.iter_mut().skip(SCALAR_LIMBS).take(2) {
            let overflows;
            (*limb, overflows) = limb.overflowing_add(carry);
            carry = u64::from(overflows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::block_of;

    #[test]
    fn a_block_is_as_long_as_its_power_fits_into_a_word() {
        assert_eq!(block_of(1, 5), (5, 1));
        assert_eq!(block_of(2, 100), (63, 1 << 63));
        assert_eq!(block_of(100, 67), (9, 1_000_000_000_000_000_000));
        assert_eq!(
            block_of(u64::from(u32::MAX), 9),
            (2, u64::from(u32::MAX).pow(2))
        );
        assert_eq!(block_of(u64::MAX, 9), (1, u64::MAX));
        assert_eq!(block_of(7, 0), (1, 7));
    }
}
