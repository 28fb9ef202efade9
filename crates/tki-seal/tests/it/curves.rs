//! The marker types pass the suite of every curve, and name themselves.

use std::collections::BTreeSet;

use ff::{Field as _, PrimeField as _};
use group::Group as _;
use tki_math::{Curve, SecretScalar, conformance};
use tki_seal::curve::{CurveId, Ed25519, P256, SealCurve, Secp256k1};
use tki_seal::ed25519_seed::scalar_from_seed;
use tki_seal::transcript::{Tag, Transcript};
use tki_seal::{kdf, on_curve};

use crate::support::{array, bytes};

macro_rules! for_each_curve {
    ($($name:ident: $curve:ty,)*) => {
        $(mod $name {
            use super::*;

            #[test]
            fn passes_the_suite_of_every_curve() {
                conformance::check_all::<$curve>(&mut tki_testkit::rng(<$curve>::NAME));
            }

            #[test]
            fn wide_scalars_are_reduced() {
                check_wide_scalars::<$curve>();
            }

            #[test]
            fn derived_scalars_depend_on_everything() {
                check_derived_scalars::<$curve>();
            }

            #[test]
            fn linear_combinations_equal_their_terms() {
                check_linear_combinations::<$curve>();
            }
        })*
    };
}

for_each_curve! {
    ed25519: Ed25519,
    p256: P256,
    secp256k1: Secp256k1,
}

/// Σ bᵢ·256ⁱ, by Horner's rule: slow and clear.
fn reference<C: Curve>(most_significant_first: impl Iterator<Item = u8>) -> C::Scalar {
    most_significant_first.fold(C::Scalar::ZERO, |sum, byte| {
        sum * C::Scalar::from(256) + C::Scalar::from(u64::from(byte))
    })
}

fn check_wide_scalars<C: SealCurve>() {
    use rand_core::Rng as _;

    let mut rng = tki_testkit::rng("wide scalars");
    let mut inputs = vec![[0; 48], [0xff; 48]];
    inputs.extend((0..32).map(|_| {
        let mut wide = [0; 48];
        rng.fill_bytes(&mut wide);
        wide
    }));
    for wide in inputs {
        let expected = match C::ID {
            CurveId::Ed25519 => reference::<C>(wide.iter().rev().copied()),
            CurveId::P256 | CurveId::Secp256k1 => reference::<C>(wide.iter().copied()),
        };
        assert_eq!(C::scalar_from_wide(&wide), expected);
    }
}

fn check_derived_scalars<C: SealCurve>() {
    let info = |n| Transcript::new(Tag::Example).u64(n);
    let scalars: Vec<SecretScalar<C>> = vec![
        kdf::derive_scalar(b"secret", b"salt", info(0)),
        kdf::derive_scalar(b"Secret", b"salt", info(0)),
        kdf::derive_scalar(b"secret", b"Salt", info(0)),
        kdf::derive_scalar(b"secret", b"", info(0)),
        kdf::derive_scalar(b"secret", b"salt", info(1)),
    ];
    let distinct: BTreeSet<[u8; 32]> = scalars.iter().map(|scalar| *scalar.to_bytes()).collect();
    assert_eq!(distinct.len(), scalars.len());
    assert!(scalars.iter().all(|scalar| !bool::from(scalar.is_zero())));
}

/// Every length around the ones where an implementation changes its method.
fn check_linear_combinations<C: Curve>() {
    let mut rng = tki_testkit::rng("linear combinations");
    for length in [0, 1, 2, 3, 16, 17, 190] {
        let terms: Vec<(C::Scalar, C::Point)> = (0..length)
            .map(|_| (C::Scalar::random(&mut rng), C::Point::random(&mut rng)))
            .collect();
        let expected: C::Point = terms.iter().map(|(scalar, point)| *point * scalar).sum();
        assert!(C::multi_scalar_mul_vartime(&terms) == expected);
    }
}

#[test]
fn curves_have_names_and_codes() {
    for curve in CurveId::ALL {
        assert_eq!(CurveId::from_name(curve.name()), Some(*curve));
        assert_eq!(CurveId::from_code(curve.code()), Some(*curve));
        assert_eq!(curve.to_string(), curve.name());
    }
    assert_eq!(CurveId::Secp256k1.code(), 1);
    assert_eq!(CurveId::Ed25519.code(), 2);
    assert_eq!(CurveId::P256.code(), 3);
    assert_eq!(CurveId::Secp256k1.name(), "secp256k1");
    assert_eq!(CurveId::P256.name(), "p256");
    assert_eq!(CurveId::Ed25519.name(), "ed25519");
    assert_eq!(CurveId::from_name("Ed25519"), None);
    assert_eq!(CurveId::from_name(""), None);
    assert_eq!(CurveId::from_code(0), None);
    assert_eq!(CurveId::from_code(4), None);
    assert_eq!(CurveId::Secp256k1.point_bytes(), 33);
    assert_eq!(CurveId::P256.point_bytes(), 33);
    assert_eq!(CurveId::Ed25519.point_bytes(), 32);
}

/// RFC 8032, section 7.1: secret key (seed) and public key of each test.
#[test]
fn seeds_give_the_public_keys_of_rfc_8032() {
    for vector in crate::signatures::RFC_8032 {
        let scalar = scalar_from_seed(&array(vector.seed));
        let public = group::GroupEncoding::to_bytes(&scalar.public_point());
        assert_eq!(hex::encode(public), vector.public_key);
    }
}

/// A point of a SEC 1 curve in any encoding but the compressed one is refused. `x` and `y` are of
/// some point, `small` is an x of a point below 2²⁵⁶ − p, and `raised` is `small` + p.
fn check_one_encoding<C: Curve>([x, y, small, raised]: [&str; 4]) {
    let decode = |digits: &str| C::decode_point(&bytes(digits));
    let tag = 2 + bytes(y)[31] % 2;
    assert!(decode(&format!("{tag:02x}{x}")).is_some());
    assert!(decode(&format!("04{x}{y}")).is_none());
    for tag in (0..=u8::MAX).filter(|tag| !matches!(tag, 2 | 3)) {
        assert!(decode(&format!("{tag:02x}{x}")).is_none(), "{tag}");
    }
    assert!(decode(&format!("02{small}")).is_some());
    assert!(decode(&format!("02{raised}")).is_none());
}

#[test]
fn secp256k1_accepts_one_encoding_of_a_point() {
    check_one_encoding::<Secp256k1>([
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
        "0000000000000000000000000000000000000000000000000000000000000001",
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30",
    ]);
}

#[test]
fn p256_accepts_one_encoding_of_a_point() {
    check_one_encoding::<P256>([
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        "0000000000000000000000000000000000000000000000000000000000000005",
        "ffffffff00000001000000000000000000000001000000000000000000000004",
    ]);
}

/// The identity is a point to the mathematics: it decodes, and only from its one encoding.
#[test]
fn the_identity_has_one_encoding() {
    check_identity_of_33_bytes::<P256>();
    check_identity_of_33_bytes::<Secp256k1>();
    let mut one = [0; 32];
    one[0] = 1;
    let identity = Ed25519::decode_point(&one).expect("y = 1");
    assert!(bool::from(identity.is_identity()));
}

fn check_identity_of_33_bytes<C: Curve>() {
    let identity = C::decode_point(&[0; 33]).expect("thirty-three zeros");
    assert!(bool::from(identity.is_identity()));
    for length in [0, 1, 32, 34] {
        assert!(C::decode_point(&vec![0; length]).is_none());
    }
}

/// The orders, as the specifications print them.
#[test]
fn orders_are_those_of_the_specifications() {
    fn order<C: Curve>() -> String {
        C::Scalar::MODULUS.trim_start_matches("0x").to_lowercase()
    }
    assert_eq!(
        order::<Secp256k1>(),
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    );
    assert_eq!(
        order::<P256>(),
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
    );
    assert_eq!(
        order::<Ed25519>(),
        "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed"
    );
}

/// The generators, as SEC 2 prints them in both forms; their negatives have the other y.
#[test]
fn the_uncompressed_form_has_both_coordinates() {
    let x = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    let y = "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
    let minus_y = "b7c52588d95c3b9aa25b0403f1eef75702e84bb7597aabe663b82f6f04ef2777";
    check_uncompressed::<Secp256k1>(x, [("02", y), ("03", minus_y)]);
    let x = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    let y = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    let minus_y = "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a";
    check_uncompressed::<P256>(x, [("03", y), ("02", minus_y)]);
}

fn check_uncompressed<C: SealCurve>(x: &str, forms: [(&str, &str); 2]) {
    for (tag, y) in forms {
        let uncompressed = C::uncompressed(&bytes(&format!("{tag}{x}"))).expect("a point");
        assert_eq!(hex::encode(uncompressed), format!("04{x}{y}"));
    }
    for wrong in [0, 4, 0xff] {
        assert_eq!(C::uncompressed(&[wrong; 33]), None);
    }
}

#[test]
fn a_curve_without_sec_1_has_no_uncompressed_form() {
    let point = <Ed25519 as Curve>::Point::generator();
    let bytes = group::GroupEncoding::to_bytes(&point);
    assert_eq!(Ed25519::uncompressed(&bytes), None);
}

/// A curve that is missing from the list would be missing from every test over it.
#[test]
fn every_code_in_use_is_in_the_list() {
    let codes: BTreeSet<u8> = CurveId::ALL.iter().map(|curve| curve.code()).collect();
    assert_eq!(codes, (1..=3).collect());
    for curve in CurveId::ALL {
        assert_eq!(on_curve!(*curve, C => C::ID), *curve);
        assert_eq!(on_curve!(*curve, C => C::NAME), curve.name());
    }
}
