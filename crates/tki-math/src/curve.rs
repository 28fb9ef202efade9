//! The one trait through which all mathematics here sees a curve: a prime-order group, its scalar
//! field, and their canonical encodings.
//!
//! It builds on [`ff::PrimeField`] and [`group::prime::PrimeGroup`] and adds only what those leave
//! open: fixed encodings, strict decoding, and entry points that a curve can make fast.
//! Implementations are marker types. What is written here per item is tested per item by
//! [x.

use core::fmt::Debug;

use ff::{Field, PrimeField};
use group::{Group, prime::PrimeGroup};
use subtle::CtOption;
use zeroize::Zeroize;

use crate::{Identifier, evaluation, multi_scalar_mul_in_buckets_vartime};

/// From so many points on, buckets are quicker than multiples one after another.
const MANY_POINTS: usize = 16;

/// A group of prime order q with generator G and its scalar field.
///
/// An implementation is a marker type without data.
/// All methods but those named `_vartime`, [`decode_point`](Self::decode_point) and
/// [`scalar_from_identifier`](Self::scalar_from_identifier) are constant time in all their inputs.
///
/// q exceeds 2¹²⁸ for every curve meant for use, so that different [`Identifier`]s are different
/// scalars. Smaller groups, as tests use them, answer `None` for an identifier ≥ q.
pub trait Curve: Copy + Debug + Eq + Send + Sync + 'static {
    /// An element of the field of q elements.
    ///
    /// `From<u64>` reduces modulo q, and neither it nor the arithmetic branches on values.
    type Scalar: PrimeField + Zeroize;

    /// An element of the group of order q, never of a larger group around it.
    ///
    /// `GroupEncoding::to_bytes` is the canonical encoding and has [`POINT_BYTES`](Self::POINT_BYTES)
    /// bytes, for the identity too.
    type Point: PrimeGroup<Scalar = Self::Scalar> + Zeroize;

    /// The curve's name in lower case, such as `secp256k1`.
    const NAME: &'static str;

    /// The length of an encoded point.
    const POINT_BYTES: usize;

    /// The scalar as 32 bytes, in the byte order that is customary for the curve.
    ///
    /// The result is as secret as the scalar.
    #[must_use]
    fn scalar_to_bytes(scalar: &Self::Scalar) -> [u8; 32];

    /// The scalar that [`scalar_to_bytes`](Self::scalar_to_bytes) turns into these bytes; none when
    /// they stand for a number ≥ q.
    #[must_use]
    fn scalar_from_bytes(bytes: &[u8; 32]) -> CtOption<Self::Scalar>;

    /// The point of this canonical encoding, none for any other bytes.
    ///
    /// `decode_point(b)` is `Some(P)` exactly when b are the bytes of P: a second encoding of the
    /// same point, a point outside the group of order q and a wrong length are refused.
    /// The identity is decoded; who must not accept it refuses it.
    /// Variable time: encodings are public.
    #[must_use]
    fn decode_point(bytes: &[u8]) -> Option<Self::Point>;

    /// a·G, by the fastest constant-time method of the curve.
    #[must_use]
    fn mul_by_generator(scalar: &Self::Scalar) -> Self::Point;

    /// The scalar of an identifier, none when x ≥ q.
    ///
    /// Variable time: identifiers are public. `x` may be zero.
    #[must_use]
    fn scalar_from_identifier(x: u128) -> Option<Self::Scalar>;

    /// Σ a_i·P_i in variable time, for public scalars only; the identity for no terms.
    ///
    /// One after another, or in buckets when there are many; a curve overrides this with its own.
    #[must_use]
    fn multi_scalar_mul_vartime(terms: &[(Self::Scalar, Self::Point)]) -> Self::Point {
        if terms.len() >= MANY_POINTS {
            return multi_scalar_mul_in_buckets_vartime::<Self>(terms);
        }
        terms
            .iter()
            .fold(Self::Point::identity(), |sum, (a_i, P_i)| sum + *P_i * a_i)
    }

    /// The integer below q that the scalar stands for, as words of 64 bits, the least significant
    /// first.
    ///
    /// The result is as secret as the scalar.
    #[must_use]
    fn scalar_to_limbs(scalar: &Self::Scalar) -> [u64; 4];

    /// An integer modulo q, from words of 64 bits, the least significant first.
    ///
    /// By Horner's rule; a curve overrides this with its own reduction, on which the cost of
    /// [`evaluate`](Self::evaluate) depends.
    #[must_use]
    fn scalar_from_wide_limbs(limbs: &[u64; 8]) -> Self::Scalar {
        let two_to_64 = Self::Scalar::from(u64::MAX) + Self::Scalar::ONE;
        let horner = |sum, limb: &u64| sum * two_to_64 + Self::Scalar::from(*limb);
        limbs.iter().rev().fold(Self::Scalar::ZERO, horner)
    }

    /// Σ a_k·x^k over the coefficients a_0, a_1, …, none when x ≥ q; zero for no coefficients.
    ///
    /// Horner's rule over blocks: many coefficients take one reduction when x is small.
    /// Constant time in the coefficients, variable time in x and their number.
    /// The result is as secret as the coefficients.
    #[must_use]
    fn evaluate(coefficients: &[Self::Scalar], x: Identifier) -> Option<Self::Scalar> {
        evaluation::evaluate::<Self>(coefficients, x)
    }
}
