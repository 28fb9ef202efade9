//! secp256k1 by `k256`: order q prime and no cofactor, so every point of the curve will do.
//!
//! Reference: SEC 2 version 2, section 2.4.1; point encoding SEC 1, section 2.3.3, compressed.

use group::{Group as _, GroupEncoding as _};
use k256::elliptic_curve::ops::{LinearCombination as _, Reduce as _};
use k256::elliptic_curve::point::AffineCoordinates as _;
use k256::elliptic_curve::sec1::ToSec1Point as _;
use k256::{FieldBytes, ProjectivePoint, Scalar, WideBytes};
use subtle::{ConditionallySelectable as _, CtOption};
use tki_math::{Curve, SecretScalar};
use zeroize::Zeroize as _;

use super::{CurveId, SealCurve, nonidentity_point, sealed::Sealed};
use crate::signature::{Input, Scheme, SchemeSignature, SignatureError, ecdsa, taproot};

/// The curve secp256k1.
#[expect(clippy::exhaustive_structs, reason = "a marker")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Secp256k1;

impl Curve for Secp256k1 {
    type Scalar = Scalar;
    type Point = ProjectivePoint;

    const NAME: &'static str = "secp256k1";
    const POINT_BYTES: usize = 33;

    fn scalar_to_bytes(scalar: &Scalar) -> [u8; 32] {
        scalar.to_bytes().into()
    }

    fn scalar_from_bytes(bytes: &[u8; 32]) -> CtOption<Scalar> {
        ff::PrimeField::from_repr(FieldBytes::from(*bytes))
    }

    fn decode_point(bytes: &[u8]) -> Option<ProjectivePoint> {
        let repr = bytes.try_into().ok()?;
        let point = Option::from(ProjectivePoint::from_bytes(&repr))?;
        // Re-encoded, so that canonical does not depend on what the decoder lets pass.
        (ProjectivePoint::to_bytes(&point) == repr).then_some(point)
    }

    fn mul_by_generator(scalar: &Scalar) -> ProjectivePoint {
        ProjectivePoint::mul_by_generator(scalar)
    }

    fn multi_scalar_mul_vartime(terms: &[(Scalar, ProjectivePoint)]) -> ProjectivePoint {
        // `k256` makes tables for every point, which pays for few.
        if terms.len() >= 100 {
            return tki_math::multi_scalar_mul_in_buckets_vartime::<Self>(terms);
        }
        let terms: alloc::vec::Vec<_> = terms
            .iter()
            .map(|(scalar, point)| (*point, *scalar))
            .collect();
        ProjectivePoint::lincomb_vartime(terms.as_slice())
    }

    fn scalar_from_identifier(identifier: u128) -> Option<Scalar> {
        // 2¹²⁸ < q: every identifier is a scalar, and distinct ones are distinct scalars.
        Some(Scalar::from(identifier))
    }

    #[inline]
    fn scalar_to_limbs(scalar: &Scalar) -> [u64; 4] {
        let mut limbs = [0; 4];
        let bytes = scalar.to_bytes();
        for (limb, bytes) in limbs.iter_mut().rev().zip(bytes.as_chunks().0) {
            *limb = u64::from_be_bytes(*bytes);
        }
        limbs
    }

    #[inline]
    fn scalar_from_wide_limbs(limbs: &[u64; 8]) -> Scalar {
        let mut wide = WideBytes::default();
        for (bytes, limb) in wide.as_chunks_mut().0.iter_mut().zip(limbs.iter().rev()) {
            *bytes = limb.to_be_bytes();
        }
        let scalar = Scalar::reduce(&wide);
        wide.zeroize();
        scalar
    }
}

impl SealCurve for Secp256k1 {
    const ID: CurveId = CurveId::Secp256k1;

    fn scalar_from_wide(bytes: &[u8; 48]) -> Scalar {
        // Big-endian, as everything on this curve: the 16 leading bytes of 64 are zero.
        let mut wide = WideBytes::default();
        let (_, low) = wide.split_at_mut(16);
        low.copy_from_slice(bytes);
        let scalar = Scalar::reduce(&wide);
        wide.zeroize();
        scalar
    }

    fn uncompressed(compressed: &[u8]) -> Option<[u8; 65]> {
        let point = nonidentity_point::<Self>(compressed)?;
        Some(point.to_affine().to_uncompressed_point().into())
    }
}

impl Secp256k1 {
    /// The compressed SEC 1 encoding. The point may be secret: the tag is computed, where the
    /// encoding of `k256` looks it up in a table, at a place that tells whether y is odd.
    pub(crate) fn point_to_bytes(point: &ProjectivePoint) -> [u8; 33] {
        let identity = point.is_identity();
        let point = point.to_affine();
        let odd = point.y_is_odd().unwrap_u8();
        let mut bytes = [0; 33];
        let (tag, x) = bytes.split_at_mut(1);
        tag.fill(u8::conditional_select(&(2 | odd), &0, identity));
        x.copy_from_slice(&point.x());
        bytes
    }
}

impl Sealed for Secp256k1 {
    fn sign(
        scheme: Scheme,
        key: &SecretScalar<Self>,
        input: Input<'_>,
    ) -> Result<SchemeSignature, SignatureError> {
        match scheme {
            Scheme::Bip340 => taproot::sign(key, input),
            Scheme::EcdsaKeccak256 | Scheme::EcdsaSha256 => {
                ecdsa::sign(key, &ecdsa::digest(scheme, input))
            }
            Scheme::EcdsaP256Sha256 | Scheme::Ed25519 => Err(SignatureError::WrongCurve),
        }
    }
}
