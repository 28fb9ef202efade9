//! The curve P-256 from `p256`.

use p256::{
    FieldBytes, ProjectivePoint, Scalar,
    elliptic_curve::{
        group::{Group, GroupEncoding},
        ops::LinearCombination,
        subtle::CtOption,
    },
};
use tki_math::Curve;

/// P-256, scalars in big-endian bytes, points in SEC 1's compressed form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct P256;

impl Curve for P256 {
    type Scalar = Scalar;
    type Point = ProjectivePoint;

    const NAME: &'static str = "p256";
    const POINT_BYTES: usize = 33;

    fn scalar_to_bytes(scalar: &Scalar) -> [u8; 32] {
        scalar.to_bytes().into()
    }

    fn scalar_from_bytes(bytes: &[u8; 32]) -> CtOption<Scalar> {
        <Scalar as p256::elliptic_curve::PrimeField>::from_repr(FieldBytes::from(*bytes))
    }

    fn decode_point(bytes: &[u8]) -> Option<ProjectivePoint> {
        let encoded = <ProjectivePoint as GroupEncoding>::Repr::try_from(bytes).ok()?;
        let point: Option<ProjectivePoint> = ProjectivePoint::from_bytes(&encoded).into();
        point.filter(|point| point.to_bytes() == encoded)
    }

    fn mul_by_generator(scalar: &Scalar) -> ProjectivePoint {
        ProjectivePoint::mul_by_generator(scalar)
    }

    fn scalar_from_identifier(x: u128) -> Option<Scalar> {
        Some(Scalar::from(x))
    }

    fn multi_scalar_mul_vartime(terms: &[(Scalar, ProjectivePoint)]) -> ProjectivePoint {
        let swapped: Vec<_> = terms.iter().map(|(a_i, P_i)| (*P_i, *a_i)).collect();
        ProjectivePoint::lincomb_vartime(swapped.as_slice())
    }

    fn scalar_to_limbs(scalar: &Scalar) -> [u64; 4] {
        let mut limbs = [0; 4];
        let bytes = scalar.to_bytes();
        for (limb, bytes) in limbs.iter_mut().rev().zip(bytes.as_chunks().0) {
            *limb = u64::from_be_bytes(*bytes);
        }
        limbs
    }
}
