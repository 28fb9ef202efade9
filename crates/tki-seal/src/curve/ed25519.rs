//! Ed25519 by `curve25519-dalek`, as the subgroup of prime order ℓ only.
//!
//! The whole curve has order 8·ℓ. A point outside the subgroup would leak a secret modulo 8 and let
//! honest parties disagree about batch checks, so the type of points is [`SubgroupPoint`].
//!
//! Two things about it need care. Its `from_bytes` accepts encodings that are not canonical
//! (y = p + 1 for the identity; a negative zero for x), so what is decoded is encoded again and
//! compared. And it multiplies its generator without the precomputed table: 1/8 of the scalar times
//! the base point by table, cleared of the cofactor, is the same point in half the time.
//!
//! Reference: RFC 8032, section 5.1.

use curve25519_dalek::EdwardsPoint;
use curve25519_dalek::edwards::SubgroupPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul as _;
use ff::PrimeField as _;
use group::GroupEncoding as _;
use group::cofactor::CofactorGroup as _;
use subtle::CtOption;
use tki_math::{Curve, SecretScalar};
use zeroize::{Zeroize as _, Zeroizing};

use super::{CurveId, SealCurve, sealed::Sealed};
use crate::signature::{Input, Scheme, SchemeSignature, SignatureError, ed25519};

/// The prime-order subgroup of edwards25519.
#[expect(clippy::exhaustive_structs, reason = "a marker")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ed25519;

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
        let repr: [u8; 32] = bytes.try_into().ok()?;
        let point: SubgroupPoint = Option::from(SubgroupPoint::from_bytes(&repr))?;
        (point.to_bytes() == repr).then_some(point)
    }

    fn mul_by_generator(scalar: &Scalar) -> SubgroupPoint {
        // (s/8)·B, then times 8, which is what makes it a `SubgroupPoint`.
        let mut eighth = scalar * one_eighth();
        let point = EdwardsPoint::mul_base(&eighth).clear_cofactor();
        eighth.zeroize();
        point
    }

    fn multi_scalar_mul_vartime(terms: &[(Scalar, SubgroupPoint)]) -> SubgroupPoint {
        let one_eighth = one_eighth();
        EdwardsPoint::vartime_multiscalar_mul(
            terms.iter().map(|(scalar, _)| scalar * one_eighth),
            terms.iter().map(|(_, point)| EdwardsPoint::from(*point)),
        )
        .clear_cofactor()
    }

    fn scalar_from_identifier(identifier: u128) -> Option<Scalar> {
        // 2¹²⁸ < ℓ: every identifier is a scalar, and distinct ones are distinct scalars.
        Some(Scalar::from(identifier))
    }

    #[inline]
    fn scalar_to_limbs(scalar: &Scalar) -> [u64; 4] {
        let mut limbs = [0; 4];
        for (limb, bytes) in limbs.iter_mut().zip(scalar.as_bytes().as_chunks().0) {
            *limb = u64::from_le_bytes(*bytes);
        }
        limbs
    }

    #[inline]
    fn scalar_from_wide_limbs(limbs: &[u64; 8]) -> Scalar {
        let mut wide = Zeroizing::new([0; 64]);
        for (bytes, limb) in wide.as_chunks_mut().0.iter_mut().zip(limbs) {
            *bytes = limb.to_le_bytes();
        }
        Scalar::from_bytes_mod_order_wide(&wide)
    }
}

impl SealCurve for Ed25519 {
    const ID: CurveId = CurveId::Ed25519;

    fn scalar_from_wide(bytes: &[u8; 48]) -> Scalar {
        // Little-endian, as everything on this curve: the 16 trailing bytes of 64 are zero.
        let mut wide = Zeroizing::new([0; 64]);
        let (low, _) = wide.split_at_mut(48);
        low.copy_from_slice(bytes);
        Scalar::from_bytes_mod_order_wide(&wide)
    }
}

impl Sealed for Ed25519 {
    fn sign(
        scheme: Scheme,
        key: &SecretScalar<Self>,
        input: Input<'_>,
    ) -> Result<SchemeSignature, SignatureError> {
        match scheme {
            Scheme::Ed25519 => ed25519::sign(key, input),
            Scheme::Bip340
            | Scheme::EcdsaKeccak256
            | Scheme::EcdsaP256Sha256
            | Scheme::EcdsaSha256 => Err(SignatureError::WrongCurve),
        }
    }
}

/// 1/8 modulo ℓ, by two multiplications.
fn one_eighth() -> Scalar {
    Scalar::TWO_INV * Scalar::TWO_INV * Scalar::TWO_INV
}
