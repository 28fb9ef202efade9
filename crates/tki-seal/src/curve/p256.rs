//! P-256 by `p256`: order q prime and no cofactor, so every point of the curve will do.
//!
//! Reference: NIST SP 800-186, section 3.2.1.3; point encoding SEC 1, section 2.3.3, compressed.

use ff::FromUniformBytes as _;
use group::{Group as _, GroupEncoding as _};
use p256::elliptic_curve::consts::U48;
use p256::elliptic_curve::ops::LinearCombination as _;
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::hash2curve::{ExpandMsgXmd, hash_from_bytes, hash_to_scalar};
use p256::{FieldBytes, NistP256, ProjectivePoint, Scalar};
use sha2::Sha256;
use subtle::{ConditionallySelectable as _, CtOption};
use tki_math::{Curve, SecretScalar};
use zeroize::Zeroizing;

use super::{CurveId, SealCurve, nonidentity_point, sealed::Sealed};
use crate::signature::{Input, Scheme, SchemeSignature, SignatureError, ecdsa};

/// The curve P-256, also called secp256r1 and prime256v1.
#[expect(clippy::exhaustive_structs, reason = "a marker")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct P256;

impl Curve for P256 {
    type Scalar = Scalar;
    type Point = ProjectivePoint;

    const NAME: &'static str = "p256";
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
        // `p256` makes tables for every point, which pays for few.
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
        let mut wide = Zeroizing::new([0; 64]);
        for (bytes, limb) in wide.as_chunks_mut().0.iter_mut().zip(limbs.iter().rev()) {
            *bytes = limb.to_be_bytes();
        }
        Scalar::from_uniform_bytes(&wide)
    }
}

impl P256 {
    /// The compressed SEC 1 encoding. The point may be secret: the tag is computed, so that no
    /// place in memory tells whether y is odd.
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

impl SealCurve for P256 {
    const ID: CurveId = CurveId::P256;

    fn scalar_from_wide(bytes: &[u8; 48]) -> Scalar {
        // Big-endian, as everything on this curve: the 16 leading bytes of 64 are zero.
        let mut wide = Zeroizing::new([0; 64]);
        let (_, low) = wide.split_at_mut(16);
        low.copy_from_slice(bytes);
        Scalar::from_uniform_bytes(&wide)
    }

    fn uncompressed(compressed: &[u8]) -> Option<[u8; 65]> {
        let point = nonidentity_point::<Self>(compressed)?;
        Some(point.to_affine().to_uncompressed_point().into())
    }
}

impl Sealed for P256 {
    fn sign(
        scheme: Scheme,
        key: &SecretScalar<Self>,
        input: Input<'_>,
    ) -> Result<SchemeSignature, SignatureError> {
        match scheme {
            Scheme::EcdsaP256Sha256 => ecdsa::sign(key, &ecdsa::digest(scheme, input)),
            Scheme::Bip340 | Scheme::EcdsaKeccak256 | Scheme::EcdsaSha256 | Scheme::Ed25519 => {
                Err(SignatureError::WrongCurve)
            }
        }
    }
}

/// A point that nobody knows the logarithm of, from parts of a message under parts of a domain
/// separation tag: RFC 9380, `P256_XMD:SHA-256_SSWU_RO_`. `None` for an empty tag alone.
///
/// Constant time in the message up to its length.
pub(crate) fn hash_to_p256(message: &[&[u8]], domain: &[&[u8]]) -> Option<ProjectivePoint> {
    hash_from_bytes::<NistP256, ExpandMsgXmd<Sha256>>(message, domain).ok()
}

/// A scalar in the same way, from 48 bytes: RFC 9380, `hash_to_field` with the group's order.
/// `None` for an empty tag alone.
///
/// Constant time in the message up to its length.
pub(crate) fn hash_to_p256_scalar(message: &[&[u8]], domain: &[&[u8]]) -> Option<Scalar> {
    hash_to_scalar::<NistP256, ExpandMsgXmd<Sha256>, U48>(message, domain).ok()
}
