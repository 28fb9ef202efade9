//! Combining against the commitment, and how many holders there may be.

use rand_core::Rng;
use subtle::ConstantTimeEq;
use tki_math::{
    Curve, Error, Identifier, MOST_HOLDERS, SecretScalar, Share, Threshold, combine, split,
};

use crate::{
    curves::{Ed25519, P256, Secp256k1, Tiny},
    random::rng,
    tiny::{identifier, secret, threshold},
};

fn first_identifiers(n: usize) -> Vec<Identifier> {
    (1..=u64::try_from(n).unwrap()).map(identifier).collect()
}

/// Every set of wrong shares among five, of which two are needed: all wrong ones are named, or the
/// secret is right.
fn check_wrong_shares_are_named<C: Curve>(name: &str) {
    let rng = &mut rng(name);
    let secret = SecretScalar::<C>::random(rng);
    let holders = first_identifiers(5);
    let dealing = split(&secret, threshold(2), &holders, rng).unwrap();
    for wrong in 0_u32..1 << 5 {
        let share = |(i, share): (usize, &Share<C>)| {
            let off = C::Scalar::from(u64::from(wrong >> i & 1));
            let value = SecretScalar::new(*share.value().expose_secret() + off);
            Share::new(share.identifier(), value)
        };
        let shares: Vec<_> = dealing.shares().iter().enumerate().map(share).collect();
        let combined = dealing.commitment().combine(&shares);
        if wrong & 0b11 == 0 {
            assert!(bool::from(combined.unwrap().ct_eq(&secret)));
            continue;
        }
        let named = |i: &usize| wrong >> i & 1 == 1;
        let identifiers: Vec<_> = (0..5).filter(named).map(|i| holders[i]).collect();
        let error = combined.unwrap_err();
        assert_eq!(error.culprits(), identifiers);
        assert_eq!(error, Error::WrongShares { identifiers });
    }
}

#[test]
fn every_wrong_share_is_named() {
    check_wrong_shares_are_named::<Secp256k1>("every_wrong_share_is_named");
    check_wrong_shares_are_named::<P256>("every_wrong_share_is_named");
    check_wrong_shares_are_named::<Ed25519>("every_wrong_share_is_named");
}

#[test]
fn too_few_or_repeated_shares_are_refused_before_the_secret_is_looked_at() {
    let rng = &mut rng("too_few_or_repeated_shares_are_refused");
    let holders = first_identifiers(3);
    let dealing = split::<Tiny<127>>(&secret(9), threshold(2), &holders, rng).unwrap();
    let (shares, commitment) = dealing.into_parts();
    assert_eq!(
        commitment.combine(&shares[..1]).map(drop),
        Err(Error::NotEnoughShares { have: 1, need: 2 })
    );
    let twice = [
        Share::new(holders[0], secret(1)),
        Share::new(holders[0], secret(1)),
    ];
    assert_eq!(
        commitment.combine(&twice).map(drop),
        Err(Error::DuplicateIdentifier {
            identifier: holders[0]
        })
    );
    let outside = identifier(127);
    let unused = [
        Share::new(holders[0], secret(1)),
        Share::new(holders[1], secret(1)),
        Share::new(outside, secret(1)),
    ];
    assert_eq!(
        commitment.combine(&unused).map(drop),
        Err(Error::IdentifierOutOfRange {
            identifier: outside
        })
    );
}

/// Wrong shares whose errors cancel give the right secret, and so no error.
#[test]
fn only_a_wrong_secret_is_an_error() {
    let rng = &mut rng("only_a_wrong_secret_is_an_error");
    let holders = first_identifiers(2);
    let dealing = split::<Tiny<127>>(&secret(9), threshold(2), &holders, rng).unwrap();
    // λ = (2, −1): one more at the first and two more at the second leave the sum.
    let value = |i: usize, off: u64| {
        let value = dealing.shares()[i].value().expose_secret().get();
        Share::new(holders[i], secret(value + off))
    };
    let combined = dealing.commitment().combine(&[value(0, 1), value(1, 2)]);
    assert_eq!(combined.unwrap().expose_secret().get(), 9);
}

/// Sizes up to the limit, those at the borders among them: split, verify a few, combine the last t.
fn check_sizes<C: Curve>(name: &str, sizes: &[(u16, usize)]) {
    let rng = &mut rng(name);
    for &(t, n) in sizes {
        let threshold = Threshold::new(t).unwrap();
        let secret = SecretScalar::<C>::random(rng);
        let dealing = split(&secret, threshold, &first_identifiers(n), rng).unwrap();
        let (shares, commitment) = dealing.into_parts();
        assert_eq!(
            (shares.len(), commitment.as_points().len()),
            (n, usize::from(t))
        );
        for i in [0, n / 2, n - 1] {
            assert_eq!(commitment.verify(&shares[i]), Ok(()));
        }
        let last = &shares[n - usize::from(t)..];
        assert!(bool::from(combine(last, threshold).unwrap().ct_eq(&secret)));
        assert!(combine(&last[1..], threshold).is_err());
    }
}

#[test]
fn any_threshold_and_number_of_holders_up_to_the_limit_can_be_dealt() {
    let sizes = [
        (1, 1),
        (1, MOST_HOLDERS),
        (2, 3),
        (3, 1000),
        (7, 11),
        (67, 100),
        (128, 257),
    ];
    check_sizes::<Secp256k1>("any_threshold_and_number_of_holders", &sizes);
    check_sizes::<P256>("any_threshold_and_number_of_holders", &sizes);
    check_sizes::<Ed25519>("any_threshold_and_number_of_holders", &sizes);
}

#[test]
fn random_sizes_can_be_dealt() {
    let rng = &mut rng("random_sizes_can_be_dealt");
    let sizes = [(); 4].map(|()| {
        let n = u64::from(rng.next_u32()) % 1000 + 1;
        let t = u64::from(rng.next_u32()) % n + 1;
        (u16::try_from(t).unwrap(), usize::try_from(n).unwrap())
    });
    check_sizes::<Ed25519>("random_sizes_can_be_dealt", &sizes);
}

#[test]
fn all_of_the_most_holders_can_be_needed() {
    let most = u16::try_from(MOST_HOLDERS).unwrap();
    check_sizes::<Ed25519>("all_of_the_most_holders", &[(most, MOST_HOLDERS)]);
}

#[test]
fn more_holders_than_the_limit_and_fewer_than_the_threshold_are_refused() {
    let rng = &mut rng("more_holders_than_the_limit");
    let secret = SecretScalar::<Secp256k1>::random(rng);
    let n = MOST_HOLDERS + 1;
    for t in [1, 2, 1001] {
        let dealing = split(&secret, threshold(t), &first_identifiers(n), rng);
        assert_eq!(
            dealing.map(drop),
            Err(Error::TooManyHolders { share_count: n })
        );
    }
    for (t, n) in [(1, 0), (2, 1), (1001, 1000), (u16::MAX, 1000)] {
        let threshold = threshold(t);
        let dealing = split(&secret, threshold, &first_identifiers(n), rng);
        let share_count = n;
        assert_eq!(
            dealing.map(drop),
            Err(Error::TooFewHolders {
                share_count,
                need: threshold.get().into()
            })
        );
    }
}
