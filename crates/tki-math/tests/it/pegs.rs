//! Polynomials that are fixed at some points and uniform otherwise.

use std::collections::BTreeMap;

use ff::Field;
use proptest::{collection::btree_set, prelude::*};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use subtle::ConstantTimeEq;
use tki_math::{
    Curve, Error, Identifier, Pegs, RefreshPolynomial, SecretPolynomial, SecretScalar, Share,
    Threshold, split,
};

use crate::{
    curves::{Ed25519, P256, Secp256k1, Tiny, tiny::TinyScalar},
    random::{Script, rng},
    tiny::{all_lists, identifier, script, secret, threshold},
};

fn tiny_share<const Q: u64>(x: u64, value: u64) -> Share<Tiny<Q>> {
    Share::new(identifier(x), secret(value))
}

/// The value at x, where 0 is the secret's place, read from the shares at 1 … t by the slow formula.
fn value_at<const Q: u64>(f: &SecretPolynomial<Tiny<Q>>, x: u64) -> u64 {
    if x != 0 {
        let share = f.evaluate(identifier(x)).unwrap();
        return share.value().expose_secret().get();
    }
    let everyone: Vec<_> = (1..=u64::from(f.structure().threshold().get()))
        .map(|x| f.evaluate(identifier(x)).unwrap())
        .collect();
    let combined = tki_math::combine(&everyone, f.structure()).unwrap();
    combined.expose_secret().get()
}

fn pegs_at<const Q: u64>(t: u16, points: &[(u64, u64)]) -> Pegs<Tiny<Q>> {
    let mut pegs = Pegs::new(threshold(t));
    for &(x, value) in points {
        match x {
            0 => pegs.add_secret(&secret(value)).unwrap(),
            _ => pegs.add_share(&tiny_share(x, value)).unwrap(),
        }
    }
    pegs
}

/// Goes through every r: each polynomial through the pegs comes out exactly once.
fn check_uniform<const Q: u64>(t: u16, points: &[(u64, u64)]) {
    let pegs = pegs_at::<Q>(t, points);
    let freedom = usize::from(t) - points.len();
    assert_eq!(pegs.freedom(), freedom);
    let mut seen = BTreeMap::<Vec<u64>, u32>::new();
    let mut zero_secrets = 0;
    for r in all_lists(Q, freedom) {
        let script = &mut script(&r);
        let drawn = pegs.draw(script);
        assert!(script.is_used_up());
        match drawn {
            Ok(f) => {
                assert!(points.iter().all(|&(x, value)| value_at(&f, x) == value));
                let values = (1..=u64::from(t)).map(|x| value_at(&f, x)).collect();
                *seen.entry(values).or_default() += 1;
            }
            Err(error) => {
                assert_eq!(error, Error::ZeroSecret);
                zero_secrets += 1;
            }
        }
    }
    // t values name a polynomial of degree below t; only those with f(0) = 0 are missing.
    let expected = usize::try_from(Q)
        .unwrap()
        .pow(u32::try_from(freedom).unwrap());
    assert!(seen.values().all(|times| *times == 1));
    assert_eq!(seen.len() + zero_secrets, expected);
    let secret_is_free = points.iter().all(|(x, _)| *x != 0);
    if !secret_is_free {
        assert_eq!(zero_secrets, 0);
    } else if freedom > 0 {
        // f(0) is uniform.
        assert_eq!(zero_secrets * usize::try_from(Q).unwrap(), expected);
    }
}

#[test]
fn every_polynomial_through_the_pegs_is_drawn_once() {
    check_uniform::<127>(1, &[]);
    check_uniform::<127>(2, &[(0, 5)]);
    check_uniform::<127>(2, &[(3, 0)]);
    check_uniform::<127>(3, &[(0, 5), (126, 7)]);
    check_uniform::<127>(3, &[(64, 9), (1, 0)]);
    check_uniform::<127>(2, &[(0, 1), (2, 126)]);
    check_uniform::<127>(4, &[(4, 1), (0, 1), (2, 126)]);
    check_uniform::<7>(3, &[]);
    check_uniform::<7>(4, &[(0, 3), (6, 3)]);
    check_uniform::<7>(5, &[(2, 0), (4, 0), (6, 0)]);
}

/// Two of three with the secret and one peg, which everyone knows, in a sharing of threshold 3:
/// one further share still takes every value equally often whatever the secret.
#[test]
fn known_pegs_and_fewer_shares_than_the_freedom_left_say_nothing() {
    for (peg, x) in [(1, 2), (5, 126), (126, 1)] {
        let mut seen = BTreeMap::<u64, BTreeMap<u64, u32>>::new();
        for s in 1..127 {
            let pegs = pegs_at::<127>(3, &[(0, s), (peg, 88)]);
            for r in 0..127 {
                let f = pegs.draw(&mut script(&[r])).unwrap();
                let seen = seen.entry(value_at(&f, x)).or_default();
                *seen.entry(s).or_default() += 1;
            }
        }
        let once_each: BTreeMap<u64, u32> = (1..127).map(|s| (s, 1)).collect();
        assert_eq!(seen.len(), 127);
        assert!(seen.values().all(|secrets| *secrets == once_each));
    }
}

/// A refresh with one holder pegged, in a threshold of 3: their share stays, every other one goes to
/// each value equally often.
#[test]
fn a_pegged_refresh_keeps_the_pegged_and_spreads_the_others() {
    let mut seen = BTreeMap::<(u64, u64), u32>::new();
    for r in 0..127 {
        let g = RefreshPolynomial::<Tiny<127>>::random_pegged(
            threshold(3),
            &[identifier(5)],
            &mut script(&[r]),
        );
        let g = g.unwrap();
        let delta = |x| g.evaluate(identifier(x)).unwrap();
        assert!(bool::from(delta(5).value().is_zero()));
        for x in [1, 2, 126] {
            let value = delta(x).value().expose_secret().get();
            *seen.entry((x, value)).or_default() += 1;
        }
    }
    assert_eq!(seen.len(), 3 * 127);
    assert!(seen.values().all(|times| *times == 1));
}

#[test]
fn a_refresh_without_freedom_is_refused() {
    let rng = &mut rng("a_refresh_without_freedom_is_refused");
    let one_to = |m: u64| (1..=m).map(identifier).collect::<Vec<_>>();
    for t in 1..6 {
        for m in 0..6 {
            let refresh =
                RefreshPolynomial::<Secp256k1>::random_pegged(threshold(t), &one_to(m), rng);
            let threshold = threshold(t);
            let expected = match t {
                1 => Err(Error::NothingToRefresh),
                _ if m + 1 >= u64::from(t) => Err(Error::TooManyPegs { threshold }),
                _ => Ok(()),
            };
            assert_eq!(refresh.map(drop), expected);
        }
    }
    let twice = [identifier(1), identifier(1)];
    let refresh = RefreshPolynomial::<Secp256k1>::random_pegged(threshold(4), &twice, rng);
    let error = Error::DuplicateIdentifier {
        identifier: identifier(1),
    };
    assert_eq!(refresh.map(drop), Err(error));
    let outside = [identifier(7)];
    let refresh = RefreshPolynomial::<Tiny<7>>::random_pegged(threshold(4), &outside, rng);
    let error = Error::IdentifierOutOfRange {
        identifier: identifier(7),
    };
    assert_eq!(refresh.map(drop), Err(error));
}

#[test]
fn what_no_polynomial_can_be_pegged_to_is_refused_and_leaves_the_pegs() {
    let mut pegs = Pegs::<Tiny<7>>::new(threshold(2));
    assert_eq!(pegs.add_secret(&secret(0)), Err(Error::ZeroSecret));
    pegs.add_secret(&secret(3)).unwrap();
    assert_eq!(pegs.add_secret(&secret(3)), Err(Error::SecretPeggedTwice));
    for x in [7, 8, 1 << 40] {
        let identifier = identifier(x);
        assert_eq!(
            pegs.add_share(&tiny_share(x, 1)),
            Err(Error::IdentifierOutOfRange { identifier })
        );
    }
    assert_eq!(pegs.freedom(), 1);
    pegs.add_share(&tiny_share(4, 0)).unwrap();
    let identifier = identifier(4);
    assert_eq!(
        pegs.add_share(&tiny_share(4, 0)),
        Err(Error::DuplicateIdentifier { identifier })
    );
    let full = Error::TooManyPegs {
        threshold: threshold(2),
    };
    assert_eq!(pegs.add_share(&tiny_share(5, 0)), Err(full.clone()));
    assert_eq!(pegs.freedom(), 0);
    let f = pegs.draw(&mut Script::new(Vec::new())).unwrap();
    assert_eq!((value_at(&f, 0), value_at(&f, 4)), (3, 0));

    let mut shares_only = pegs_at::<7>(2, &[(1, 0), (2, 0)]);
    assert_eq!(shares_only.add_secret(&secret(1)), Err(full));
    // The zero polynomial is the only one through them.
    let drawn = shares_only.draw(&mut Script::new(Vec::new()));
    assert_eq!(drawn.map(drop), Err(Error::ZeroSecret));
}

/// Pegs of a random sharing, drawn anew: the pegged values stay, the others change, and when all
/// are pegged it is the same polynomial.
fn check_pegs<C: Curve>(identifiers: &[Identifier], m: usize, with_secret: bool, seed: u64) {
    let rng = &mut ChaCha20Rng::seed_from_u64(seed);
    let t = identifiers.len();
    let threshold = Threshold::new(u16::try_from(t).unwrap()).unwrap();
    let secret = SecretScalar::<C>::random(rng);
    let dealing = split(&secret, threshold, identifiers, rng).unwrap();
    let mut pegs = Pegs::new(threshold);
    let (pegged, free) = dealing.shares().split_at(m);
    pegged
        .iter()
        .for_each(|share| pegs.add_share(share).unwrap());
    let with_secret = with_secret && m < t;
    if with_secret {
        pegs.add_secret(&secret).unwrap();
    }
    let freedom = t - m - usize::from(with_secret);
    assert_eq!(pegs.freedom(), freedom);
    let f = pegs.draw(rng).unwrap();
    let commitment = f.commit();
    pegged
        .iter()
        .for_each(|share| assert_eq!(commitment.verify(share), Ok(())));
    assert_eq!(commitment == *dealing.commitment(), freedom == 0);
    if with_secret || freedom == 0 {
        assert_eq!(
            commitment.verifying_key(),
            dealing.commitment().verifying_key()
        );
    }
    for share in free {
        let drawn = f.evaluate(share.identifier()).unwrap();
        assert_eq!(bool::from(drawn.value().ct_eq(share.value())), freedom == 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn pegged_values_stay_and_the_others_change(
        (identifiers, m) in btree_set(1..=u128::MAX, 1..=9).prop_flat_map(|set| {
            let count = set.len();
            (Just(set).prop_map(|set| set.into_iter().collect::<Vec<_>>()).prop_shuffle(), 0..=count)
        }),
        with_secret: bool,
        seed: u64,
    ) {
        let identifiers: Vec<_> =
            identifiers.into_iter().map(|x| Identifier::new(x).unwrap()).collect();
        check_pegs::<Secp256k1>(&identifiers, m, with_secret, seed);
        check_pegs::<P256>(&identifiers, m, with_secret, seed);
        check_pegs::<Ed25519>(&identifiers, m, with_secret, seed);
    }
}

/// Four points of a line, where three coefficients could be anything else.
#[test]
fn pegs_on_a_line_give_the_line() {
    // f(x) = 3 + 2x.
    let pegs = pegs_at::<127>(4, &[(1, 5), (10, 23), (0, 3), (60, 123)]);
    let f = pegs.draw(&mut Script::new(Vec::new())).unwrap();
    for x in 1..127 {
        let expected = TinyScalar::<127>::new(3) + TinyScalar::new(2) * TinyScalar::new(x);
        assert_eq!(value_at(&f, x), expected.get());
    }
    assert!(!bool::from(
        TinyScalar::<127>::new(value_at(&f, 0)).is_zero()
    ));
}
