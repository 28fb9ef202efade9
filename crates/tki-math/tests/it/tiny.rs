//! What can be shown by going through every polynomial of a tiny field.

use std::collections::BTreeMap;

use subtle::ConstantTimeEq;
use tki_math::{
    Curve, Error, Identifier, RefreshPolynomial, SecretPolynomial, SecretScalar, Share, Threshold,
    VerifyingKey, combine, interpolate_at, lagrange_coefficients_at, lagrange_coefficients_at_zero,
    split,
};

use crate::{
    curves::{
        Tiny,
        tiny::{TinyPoint, TinyScalar},
    },
    random::{Script, rng},
};

pub(crate) fn threshold(t: u16) -> Threshold {
    Threshold::new(t).unwrap()
}

pub(crate) fn identifier(x: u64) -> Identifier {
    Identifier::new(u128::from(x)).unwrap()
}

pub(crate) fn secret<const Q: u64>(value: u64) -> SecretScalar<Tiny<Q>> {
    SecretScalar::new(TinyScalar::new(value))
}

/// A generator that gives these coefficients.
pub(crate) fn script(coefficients: &[u64]) -> Script {
    let word = |a_k: &u64| u32::try_from(*a_k).unwrap().to_le_bytes();
    Script::new(coefficients.iter().flat_map(word).collect())
}

/// Every list of `length` numbers below q.
pub(crate) fn all_lists(q: u64, length: usize) -> Vec<Vec<u64>> {
    let mut lists = vec![Vec::new()];
    for _ in 0..length {
        let longer = |list: &Vec<u64>| {
            let list = list.clone();
            (0..q).map(move |last| [list.as_slice(), &[last]].concat())
        };
        lists = lists.iter().flat_map(longer).collect();
    }
    lists
}

/// Every secret and every choice of coefficients: t − 1 shares take each value equally often, once,
/// whatever the secret, so that they say nothing about it.
fn check_fewer_shares_say_nothing<const Q: u64>(t: u16, observed: &[u64]) {
    assert_eq!(observed.len(), usize::from(t) - 1);
    let mut seen = BTreeMap::<Vec<u64>, BTreeMap<u64, u32>>::new();
    for s in 1..Q {
        for coefficients in all_lists(Q, observed.len()) {
            let script = &mut script(&coefficients);
            let f = SecretPolynomial::<Tiny<Q>>::random(&secret(s), threshold(t), script).unwrap();
            assert!(script.is_used_up());
            let share = |x: &u64| {
                f.evaluate(identifier(*x))
                    .unwrap()
                    .value()
                    .expose_secret()
                    .get()
            };
            *seen
                .entry(observed.iter().map(share).collect())
                .or_default()
                .entry(s)
                .or_default() += 1;
        }
    }
    // Every value of the shares occurs, and with each of them every secret exactly once.
    assert_eq!(
        seen.len(),
        usize::try_from(Q).unwrap().pow(u32::from(t) - 1)
    );
    let once_each: BTreeMap<u64, u32> = (1..Q).map(|s| (s, 1)).collect();
    assert!(seen.values().all(|secrets| *secrets == once_each));
}

#[test]
fn one_share_of_two_says_nothing() {
    for x in [1, 2, 64, 126] {
        check_fewer_shares_say_nothing::<127>(2, &[x]);
    }
}

#[test]
fn two_shares_of_three_say_nothing() {
    for observed in [[1, 2], [2, 5], [6, 3]] {
        check_fewer_shares_say_nothing::<7>(3, &observed);
    }
}

#[test]
fn three_shares_of_four_say_nothing() {
    for observed in [[1, 2, 3], [6, 2, 4]] {
        check_fewer_shares_say_nothing::<7>(4, &observed);
    }
}

/// A refresh takes t − 1 shares to each value equally often: old shares say nothing about new ones.
#[test]
fn a_refreshed_share_says_nothing_about_the_old() {
    let mut seen = BTreeMap::<u64, u32>::new();
    for b_1 in 0..127 {
        let g = RefreshPolynomial::<Tiny<127>>::random(threshold(2), &mut script(&[b_1])).unwrap();
        let delta = g.evaluate(identifier(5)).unwrap();
        *seen.entry(delta.value().expose_secret().get()).or_default() += 1;
    }
    assert_eq!(seen, (0..127).map(|value| (value, 1)).collect());
}

/// Every polynomial of degree below 3, and every ordered triple of its six shares.
#[test]
fn every_three_shares_of_every_polynomial_give_the_secret() {
    for s in 1..7 {
        for coefficients in all_lists(7, 2) {
            let everyone: Vec<_> = (1..7).map(identifier).collect();
            let script = &mut script(&coefficients);
            let dealing = split::<Tiny<7>>(&secret(s), threshold(3), &everyone, script).unwrap();
            for triple in all_lists(6, 3) {
                let share = |i: &u64| copy(&dealing.shares()[usize::try_from(*i).unwrap()]);
                let triple: Vec<_> = triple.iter().map(share).collect();
                match combine(&triple, threshold(3)) {
                    Ok(combined) => assert!(bool::from(combined.ct_eq(&secret(s)))),
                    Err(error) => assert!(matches!(error, Error::DuplicateIdentifier { .. })),
                }
            }
        }
    }
}

/// Every commitment of two points against every share: accepted exactly when s_i = f(x_i).
#[test]
fn verification_accepts_exactly_the_right_share() {
    for a in all_lists(7, 2).into_iter().filter(|a| a[0] != 0) {
        let points = a.iter().map(|a_k| TinyPoint::new(*a_k)).collect();
        let commitment =
            tki_math::PolynomialCommitment::<Tiny<7>>::from_points(points, threshold(2)).unwrap();
        for x in 1..7 {
            for value in 0..7 {
                let verified = commitment.verify(&Share::new(identifier(x), secret(value)));
                let right = value == (a[0] + a[1] * x) % 7;
                let wrong = Error::InvalidShare {
                    identifier: identifier(x),
                };
                assert_eq!(verified, if right { Ok(()) } else { Err(wrong) });
            }
        }
    }
}

/// i and i + q would be one point under two names, and q would be zero, where the secret is.
#[test]
fn identifiers_from_the_order_on_are_refused_everywhere() {
    let rng = &mut rng("identifiers_from_the_order_on_are_refused_everywhere");
    let t = threshold(2);
    let dealing = split::<Tiny<7>>(&secret(3), t, &[identifier(1), identifier(2)], rng).unwrap();
    let f = SecretPolynomial::<Tiny<7>>::random(&secret(3), t, rng).unwrap();
    let g = RefreshPolynomial::<Tiny<7>>::random(t, rng).unwrap();
    let one = identifier(1);
    for x in [7_u128, 8, 14, 15, 1 << 64, u128::MAX] {
        let identifier = Identifier::new(x).unwrap();
        let error = Error::IdentifierOutOfRange { identifier };
        let refused = |result: Result<(), Error>| assert_eq!(result, Err(error.clone()), "{x}");
        let share = || Share::new(identifier, secret(1));
        refused(split::<Tiny<7>>(&secret(3), t, &[one, identifier], rng).map(drop));
        refused(f.evaluate(identifier).map(drop));
        refused(g.evaluate(identifier).map(drop));
        refused(dealing.commitment().verify(&share()));
        refused(dealing.commitment().verifying_share(identifier).map(drop));
        refused(combine(&[copy(&dealing.shares()[0]), share()], t).map(drop));
        refused(interpolate_at(dealing.shares(), t, identifier).map(drop));
        refused(lagrange_coefficients_at_zero::<Tiny<7>>(&[one, identifier]).map(drop));
        refused(lagrange_coefficients_at::<Tiny<7>>(&[identifier], one).map(drop));
        refused(lagrange_coefficients_at::<Tiny<7>>(&[one], identifier).map(drop));
        assert!(error.culprits().is_empty());
    }
}

#[test]
fn a_zero_secret_is_refused_and_a_zero_share_is_not() {
    let rng = &mut rng("a_zero_secret_is_refused_and_a_zero_share_is_not");
    let zero = SecretPolynomial::<Tiny<7>>::random(&secret(0), threshold(2), rng);
    assert_eq!(zero.map(drop), Err(Error::ZeroSecret));
    assert_eq!(
        VerifyingKey::<Tiny<7>>::from_secret(&secret(0)),
        Err(Error::ZeroSecret)
    );
    // f(x) = 1 + 3x is zero at x = 2.
    let f = SecretPolynomial::<Tiny<7>>::random(&secret(1), threshold(2), &mut script(&[3]));
    let f = f.unwrap();
    let share = f.evaluate(identifier(2)).unwrap();
    assert!(bool::from(share.value().is_zero()));
    assert_eq!(f.commit().verify(&share), Ok(()));
    let error = Error::IdentityVerifyingShare {
        identifier: identifier(2),
    };
    assert_eq!(share.verifying_share(), Err(error.clone()));
    assert_eq!(
        f.commit().verifying_share(identifier(2)),
        Err(error.clone())
    );
    assert_eq!(error.culprits(), [identifier(2)]);
}

/// The tiny group keeps the sentences of [`Curve`] that it is used for.
#[test]
fn the_tiny_group_is_a_curve() {
    for value in 0..=u8::MAX {
        let point = Tiny::<127>::decode_point(&[value]);
        let expected = (value < 127).then(|| TinyPoint::new(u64::from(value)));
        assert_eq!(point, expected);
    }
    for a in 0..7 {
        for b in 0..7 {
            let (a_G, b_s) = (TinyPoint::<7>::new(a), TinyScalar::<7>::new(b));
            assert_eq!(
                Tiny::<7>::multi_scalar_mul_vartime(&[(b_s, a_G)]),
                TinyPoint::new(a * b)
            );
        }
    }
}

fn copy<C: Curve>(share: &Share<C>) -> Share<C> {
    Share::new(share.identifier(), share.value().clone())
}
