//! The group of order ℓ of edwards25519, from `curve25519-dalek`.

use curve25519_dalek::{
    EdwardsPoint, Scalar, edwards::SubgroupPoint, traits::VartimeMultiscalarMul,
};
use ff::PrimeField;
use group::{GroupEncoding, cofactor::CofactorGroup};
use subtle::CtOption;
use tki_math::Curve;

/// Ed25519's group, scalars in little-endian bytes, points in RFC 8032's form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Ed25519;

impl Curve for Ed25519 {
    type Scalar = Scalar;
    type Point = SubgroupPoint;

    const NAME: &'static str = "ed25519";
    const POINT_BYTES: usize = 32;

    fn scalar_to_bytes(scalar: &Scalar) -> [u8; 32] {
        scalar.to_bytes()
    }

    fn scalar_from_bytes(bytes: &[u8; 32]) -> CtOption<Scalar> {
        Scalar::from_canonical_bytes(*bytes)
    }

    fn decode_point(bytes: &[u8]) -> Option<SubgroupPoint> {
        let encoded = <[u8; 32]>::try_from(bytes).ok()?;
        let point: Option<_> = SubgroupPoint::from_bytes(&encoded).into();
        // `from_bytes` reduces y and ignores the sign of x = 0: compare with the canonical form.
        point.filter(|point: &SubgroupPoint| point.to_bytes() == encoded)
    }

    fn mul_by_generator(scalar: &Scalar) -> SubgroupPoint {
        EdwardsPoint::mul_base(&(scalar * one_eighth())).clear_cofactor()
    }

    fn scalar_from_identifier(x: u128) -> Option<Scalar> {
        Some(Scalar::from(x))
    }

    fn multi_scalar_mul_vartime(terms: &[(Scalar, SubgroupPoint)]) -> SubgroupPoint {
        let scalars = terms.iter().map(|(a_i, _)| a_i * one_eighth());
        let points = terms.iter().map(|(_, P_i)| EdwardsPoint::from(*P_i));
        EdwardsPoint::vartime_multiscalar_mul(scalars, points).clear_cofactor()
    }

    fn scalar_to_limbs(scalar: &Scalar) -> [u64; 4] {
        let mut limbs = [0; 4];
        for (limb, bytes) in limbs.iter_mut().zip(scalar.as_bytes().as_chunks().0) {
            *limb = u64::from_le_bytes(*bytes);
        }
        limbs
    }

    fn scalar_from_wide_limbs(limbs: &[u64; 8]) -> Scalar {
        let mut wide = [0; 64];
        for (bytes, limb) in wide.as_chunks_mut().0.iter_mut().zip(limbs) {
            *bytes = limb.to_le_bytes();
        }
        Scalar::from_bytes_mod_order_wide(&wide)
    }
}

/// 1/8 modulo ℓ. Clearing the cofactor makes an Edwards point one of the subgroup without the
/// costly check, and multiplies it by 8; so its scalar is divided by 8 before.
fn one_eighth() -> Scalar {
    Scalar::TWO_INV * Scalar::TWO_INV * Scalar::TWO_INV
}
