//! Many shares verified together.

use tki_math::{
    Curve, Error, Identifier, PolynomialCommitment, SecretScalar, Share, split, verify_batch,
};

use crate::{
    curves::{Ed25519, P256, Secp256k1, Tiny},
    random::rng,
    tiny::{identifier, secret, threshold},
};

/// The shares of the holders with these identifiers, and their commitment.
fn deal<C: Curve>(
    t: u16,
    identifiers: &[u128],
    rng: &mut impl rand_core::CryptoRng,
) -> (Vec<Share<C>>, PolynomialCommitment<C>) {
    let holders: Vec<_> = identifiers
        .iter()
        .map(|x| Identifier::new(*x).unwrap())
        .collect();
    let secret = SecretScalar::random(rng);
    split(&secret, threshold(t), &holders, rng)
        .unwrap()
        .into_parts()
}

/// The share with one added to its value when `wrong`.
fn spoiled<C: Curve>(share: &Share<C>, wrong: bool) -> Share<C> {
    let value = *share.value().expose_secret() + C::Scalar::from(u64::from(wrong));
    Share::new(share.identifier(), SecretScalar::new(value))
}

/// Every set of wrong shares of two dealings is found, in the order of the list.
fn check_every_set_of_wrong_shares<C: Curve>(large: u128) {
    let rng = &mut rng("every_set_of_wrong_shares_is_found");
    let (three, first) = deal::<C>(3, &[1, large, large - 1], rng);
    let (two, second) = deal::<C>(2, &[large, 5], rng);
    let of_first = three.iter().map(|share| (&first, share));
    let of_second = two.iter().map(|share| (&second, share));
    let mut all: Vec<_> = of_first.chain(of_second).collect();
    all.swap(1, 4);
    for wrong in 0_u32..1 << all.len() {
        let is_wrong = |i: usize| wrong >> i & 1 == 1;
        let shares = all.iter().enumerate();
        let shares: Vec<_> = shares.map(|(i, (_, s))| spoiled(s, is_wrong(i))).collect();
        let batch: Vec<_> = all.iter().zip(&shares).map(|((A, _), s)| (*A, s)).collect();
        let positions: Vec<usize> = (0..all.len()).filter(|i| is_wrong(*i)).collect();
        let identifiers = positions.iter().map(|i| shares[*i].identifier()).collect();
        let expected = match wrong {
            0 => Ok(()),
            _ => Err(Error::InvalidShares {
                positions,
                identifiers,
            }),
        };
        assert_eq!(verify_batch(&batch, rng), expected);
    }
}

#[test]
fn every_set_of_wrong_shares_is_found() {
    check_every_set_of_wrong_shares::<Secp256k1>(1 << 40);
    check_every_set_of_wrong_shares::<Ed25519>(u128::MAX);
    check_every_set_of_wrong_shares::<P256>(1 << 64);
}

#[test]
fn shares_whose_faults_cancel_out_are_found() {
    let rng = &mut rng("shares_whose_faults_cancel_out_are_found");
    let (mut shares, commitment) = deal::<Secp256k1>(2, &[1 << 80, 1 << 81, 1 << 82], rng);
    let holders: Vec<_> = shares.iter().map(Share::identifier).collect();
    // One more and one less: their plain sum is right.
    shares[0] = spoiled(&shares[0], true);
    let less = *shares[2].value().expose_secret() - k256::Scalar::ONE;
    shares[2] = Share::new(holders[2], SecretScalar::new(less));
    let batch: Vec<_> = shares.iter().map(|share| (&commitment, share)).collect();
    let error = verify_batch(&batch, rng).unwrap_err();
    assert_eq!(error.culprits(), [holders[0], holders[2]]);
}

#[test]
fn one_wrong_share_among_many_is_found() {
    let rng = &mut rng("one_wrong_share_among_many_is_found");
    let identifiers: Vec<u128> = (1..=60).collect();
    let (mut shares, commitment) = deal::<Secp256k1>(4, &identifiers, rng);
    let batch: Vec<_> = shares.iter().map(|share| (&commitment, share)).collect();
    assert_eq!(verify_batch(&batch, rng), Ok(()));
    // A clone is another commitment with the same points.
    let clones = vec![commitment.clone(); 60];
    let batch: Vec<_> = clones.iter().zip(&shares).collect();
    assert_eq!(verify_batch(&batch, rng), Ok(()));

    shares[41] = spoiled(&shares[41], true);
    let batch: Vec<_> = shares.iter().map(|share| (&commitment, share)).collect();
    let (positions, identifiers) = (vec![41], vec![identifier(42)]);
    assert_eq!(
        verify_batch(&batch, rng),
        Err(Error::InvalidShares {
            positions,
            identifiers
        })
    );
}

#[test]
fn nothing_and_a_single_share_are_batches() {
    let rng = &mut rng("nothing_and_a_single_share_are_batches");
    assert_eq!(verify_batch::<Secp256k1>(&[], rng), Ok(()));
    let (shares, commitment) = deal::<Secp256k1>(1, &[3], rng);
    assert_eq!(verify_batch(&[(&commitment, &shares[0])], rng), Ok(()));
    let wrong = spoiled(&shares[0], true);
    let error = verify_batch(&[(&commitment, &wrong)], rng).unwrap_err();
    assert_eq!(error.culprits(), [identifier(3)]);
}

#[test]
fn an_identifier_above_the_order_is_refused_alone_and_together() {
    let rng = &mut rng("an_identifier_above_the_order_is_refused");
    let holders: Vec<_> = (1..=9).map(identifier).collect();
    let (shares, commitment) = split::<Tiny<127>>(&secret(9), threshold(1), &holders, rng)
        .unwrap()
        .into_parts();
    let outside = Share::new(identifier(200), shares[0].value().clone());
    let error = Error::IdentifierOutOfRange {
        identifier: identifier(200),
    };
    let mut batch = vec![(&commitment, &outside)];
    assert_eq!(verify_batch(&batch, rng), Err(error.clone()));
    batch.extend(shares.iter().map(|share| (&commitment, share)));
    assert_eq!(verify_batch(&batch, rng), Err(error));
}
