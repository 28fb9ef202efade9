//! Properties of random sharings, and a slow form of each formula to compare with.

use std::collections::BTreeSet;

use ff::{Field, PrimeField};
use group::Group;
use proptest::{collection::btree_set, prelude::*};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use subtle::ConstantTimeEq;
use tki_math::{
    Curve, Error, Identifier, RefreshPolynomial, SecretScalar, Share, Threshold, combine,
    interpolate_at, lagrange_coefficients_at, lagrange_coefficients_at_zero, split,
};

use crate::curves::{Ed25519, P256, Secp256k1, Tiny};

/// λ_i(x) = Π_{j≠i} (x − x_j)/(x_i − x_j), with one inversion a factor and everything a scalar.
fn slow_lagrange<C: Curve>(identifiers: &[Identifier], x: u128) -> Vec<C::Scalar> {
    let scalar = |x: u128| C::scalar_from_identifier(x).unwrap();
    let factor = |x_i: &Identifier, x_j: &Identifier| {
        let difference = scalar(x_i.get()) - scalar(x_j.get());
        (scalar(x) - scalar(x_j.get())) * difference.invert().unwrap()
    };
    let weight = |x_i: &Identifier| {
        identifiers
            .iter()
            .filter(|x_j| *x_j != x_i)
            .map(|x_j| factor(x_i, x_j))
            .product()
    };
    identifiers.iter().map(weight).collect()
}

/// Σ x^k·A_k, with every power by itself.
fn slow_image<C: Curve>(A: &[C::Point], x: Identifier) -> C::Point {
    let x = C::scalar_from_identifier(x.get()).unwrap();
    (0_u64..)
        .zip(A)
        .map(|(k, A_k)| *A_k * x.pow_vartime([k]))
        .sum()
}

/// An identifier of one of the sizes that the code tells apart, or near its border.
fn identifier() -> impl Strategy<Value = Identifier> {
    let borders = [1 << 32, 1 << 64, u128::MAX];
    let near = (prop::sample::select(borders.to_vec()), 0..4_u128)
        .prop_map(|(border, offset)| border.wrapping_add(offset).wrapping_sub(2).max(1));
    prop_oneof![1..=20_u128, 1..=u128::from(u32::MAX), 1..=u128::MAX, near]
        .prop_map(|x| Identifier::new(x).unwrap())
}

/// Different identifiers, in any order.
fn identifiers(count: core::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<Identifier>> {
    btree_set(identifier(), count)
        .prop_map(|set: BTreeSet<_>| set.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
}

fn check_lagrange<C: Curve>(identifiers: &[Identifier], x: Identifier) {
    let fast = lagrange_coefficients_at_zero::<C>(identifiers).unwrap();
    assert_eq!(fast, slow_lagrange::<C>(identifiers, 0));
    let fast = lagrange_coefficients_at::<C>(identifiers, x).unwrap();
    assert_eq!(fast, slow_lagrange::<C>(identifiers, x.get()));
    let fast = lagrange_coefficients_at::<C>(identifiers, identifiers[0]).unwrap();
    assert_eq!(fast, slow_lagrange::<C>(identifiers, identifiers[0].get()));
}

fn check_sharing<C: Curve>(identifiers: &[Identifier], t: usize, x: Identifier, seed: u64) {
    let rng = &mut ChaCha20Rng::seed_from_u64(seed);
    let threshold = Threshold::new(u16::try_from(t).unwrap()).unwrap();
    let secret = SecretScalar::<C>::random(rng);
    let (shares, commitment) = split(&secret, threshold, identifiers, rng)
        .unwrap()
        .into_parts();
    // The last t shares in reverse order: any t, in any order.
    let quorum: Vec<_> = shares.iter().rev().take(t).map(copy).collect();
    assert!(bool::from(
        combine(&quorum, threshold).unwrap().ct_eq(&secret)
    ));
    let error = combine(&quorum[1..], threshold).map(drop);
    assert_eq!(
        error,
        Err(Error::NotEnoughShares {
            have: t - 1,
            need: t
        })
    );

    let further = interpolate_at(&quorum, threshold, x).unwrap();
    assert_eq!(commitment.verify(&further), Ok(()));
    for share in shares.iter().chain([&further]) {
        let image = slow_image::<C>(commitment.as_points(), share.identifier());
        assert_eq!(*share.verifying_share().unwrap().as_point(), image);
        let verifying_share = commitment.verifying_share(share.identifier()).unwrap();
        assert_eq!(*verifying_share.as_point(), image);
    }
    if t > 1 {
        let refresh = RefreshPolynomial::random(threshold, rng).unwrap();
        check_refresh(&secret, threshold, shares, &refresh);
    }
}

fn check_refresh<C: Curve>(
    secret: &SecretScalar<C>,
    threshold: Threshold,
    shares: Vec<Share<C>>,
    refresh: &RefreshPolynomial<C>,
) {
    let mut refreshed = Vec::new();
    for share in shares {
        let old = share.value().clone();
        let delta = refresh.evaluate(share.identifier()).unwrap();
        let new = share.refresh(&delta).unwrap();
        assert!(!bool::from(old.ct_eq(new.value())));
        refreshed.push(new);
    }
    assert!(bool::from(
        combine(&refreshed, threshold).unwrap().ct_eq(secret)
    ));
}

fn copy<C: Curve>(share: &Share<C>) -> Share<C> {
    Share::new(share.identifier(), share.value().clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn interpolation_weights_are_those_of_the_formula(
        identifiers in identifiers(1..=12),
        x in identifier(),
    ) {
        check_lagrange::<Secp256k1>(&identifiers, x);
        check_lagrange::<P256>(&identifiers, x);
        check_lagrange::<Ed25519>(&identifiers, x);
    }

    #[test]
    fn any_quorum_in_any_order_gives_the_secret_before_and_after_a_refresh(
        (identifiers, t) in identifiers(1..=8).prop_flat_map(|list| {
            let count = list.len();
            (Just(list), 1..=count)
        }),
        x in identifier(),
        seed: u64,
    ) {
        check_sharing::<Secp256k1>(&identifiers, t, x, seed);
        check_sharing::<P256>(&identifiers, t, x, seed);
        check_sharing::<Ed25519>(&identifiers, t, x, seed);
    }

    #[test]
    fn a_share_with_any_other_value_is_refused(x in identifier(), offset in 1_u64.., seed: u64) {
        let rng = &mut ChaCha20Rng::seed_from_u64(seed);
        let threshold = Threshold::new(2).unwrap();
        let holders = [x, if x == Identifier::FIRST { x.next().unwrap() } else { Identifier::FIRST }];
        let secret = SecretScalar::<Secp256k1>::random(rng);
        let dealing = split(&secret, threshold, &holders, rng).unwrap();
        let right = dealing.shares()[0].value().expose_secret();
        let wrong = Share::new(x, SecretScalar::new(*right + k256::Scalar::from(offset)));
        let error = Error::InvalidShare { identifier: x };
        assert_eq!(dealing.commitment().verify(&wrong), Err(error));
    }

    #[test]
    fn interpolation_weights_hold_in_a_tiny_field(
        numbers in btree_set(1..127_u128, 1..=126),
        x in 1..127_u128,
    ) {
        let identifiers: Vec<_> = numbers.into_iter().map(|x| Identifier::new(x).unwrap()).collect();
        check_lagrange::<Tiny<127>>(&identifiers, Identifier::new(x).unwrap());
    }
}

/// Products of differences that fill a machine word to the last bit, and one beyond.
#[test]
fn weights_are_right_where_a_machine_word_is_full() {
    let powers = [
        1,
        1 << 16,
        1 << 31,
        1 << 32,
        1 << 33,
        1 << 48,
        (1 << 63) + 1,
        1 << 64,
        1 << 127,
    ];
    let identifiers: Vec<_> = powers
        .into_iter()
        .map(|x| Identifier::new(x).unwrap())
        .collect();
    let x = Identifier::new(u128::from(u64::MAX)).unwrap();
    check_lagrange::<Secp256k1>(&identifiers, x);
    check_lagrange::<P256>(&identifiers, x);
    check_lagrange::<Ed25519>(&identifiers, x);
}

#[test]
fn interpolation_over_nobody_or_twice_over_somebody_is_refused() {
    let one = Identifier::FIRST;
    let nobody = Error::NotEnoughShares { have: 0, need: 1 };
    assert_eq!(
        lagrange_coefficients_at_zero::<Ed25519>(&[]),
        Err(nobody.clone())
    );
    assert_eq!(lagrange_coefficients_at::<Ed25519>(&[], one), Err(nobody));
    let twice = [one, one.next().unwrap(), one];
    let duplicate = Error::DuplicateIdentifier { identifier: one };
    assert_eq!(
        lagrange_coefficients_at_zero::<Ed25519>(&twice),
        Err(duplicate.clone())
    );
    assert_eq!(
        lagrange_coefficients_at::<Ed25519>(&twice, one),
        Err(duplicate)
    );
}

#[test]
fn the_slow_forms_are_right_where_one_can_count() {
    // f = 3 + 2x mod 7: f(1) = 5, f(2) = 0; λ = (2, −1) gives 10 − 0 = 3.
    let scalar = <Tiny<7> as Curve>::Scalar::from_u128;
    let identifiers = [Identifier::FIRST, Identifier::new(2).unwrap()];
    assert_eq!(
        slow_lagrange::<Tiny<7>>(&identifiers, 0),
        [scalar(2), -scalar(1)]
    );
    let A = [3, 2].map(|a_k| Tiny::<7>::mul_by_generator(&scalar(a_k)));
    assert_eq!(
        slow_image::<Tiny<7>>(&A, identifiers[1]),
        <Tiny<7> as Curve>::Point::identity()
    );
}
