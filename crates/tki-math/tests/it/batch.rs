//! Many shares verified together.

use tki_math::{
    AccessStructure, Curve, Error, Gate, Identifier, Level, Member, PolynomialCommitment,
    RefreshPolynomial, RefreshShare, SecretScalar, Share, split, verify_batch,
    verify_refresh_batch,
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

#[test]
fn a_batch_refuses_strangers_as_one_share_is_refused() {
    let rng = &mut rng("a_batch_refuses_strangers_as_one_share_is_refused");
    // One of the holders is beyond the order, and one is in a gate that is.
    let leaf = |x| Member::Holder(identifier(x));
    let inner = Gate::new(threshold(1), vec![leaf(4), leaf(5)]).unwrap();
    let inner = Member::Gate(identifier(250), inner);
    let gate = Gate::new(threshold(1), vec![leaf(1), leaf(200), inner]).unwrap();
    let (shares, plain) = split::<Tiny<127>>(&secret(9), threshold(1), &[identifier(1)], rng)
        .unwrap()
        .into_parts();
    let points = plain.to_bytes();
    let commitment = PolynomialCommitment::<Tiny<127>>::from_bytes(&points, gate).unwrap();
    for x in [4, 99, 200, 250] {
        let share = Share::new(identifier(x), shares[0].value().clone());
        let alone = commitment.verify(&share);
        assert!(alone.is_err(), "{x}");
        let batch = [(&commitment, &share), (&commitment, &share)];
        let together = verify_batch(&batch, rng);
        assert_eq!(together, alone, "{x}");
    }
}

/// Two levels; in the second an inner gate of two of three, one of whose holders is below the first.
fn nested() -> AccessStructure {
    // Far apart, as ranks want it.
    let far = |x: u128| Identifier::new(x.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
    let holders = |from, to| (from..=to).map(|x| Member::Holder(far(x).unwrap()));
    let inner = vec![
        Level::new(threshold(1), holders(11, 12).collect()),
        Level::new(threshold(2), holders(13, 14).collect()),
    ];
    let inner = Member::Gate(identifier(10), Gate::ranked(inner).unwrap());
    let first = Level::new(threshold(2), holders(1, 2).chain([inner]).collect());
    let second = Level::new(threshold(4), holders(3, 6).collect());
    Gate::ranked(vec![first, second]).unwrap().into()
}

/// Each share three times: more than would be quick one by one.
fn thrice<'a, C: Curve>(
    commitment: &'a PolynomialCommitment<C>,
    shares: &'a [Share<C>],
) -> Vec<(&'a PolynomialCommitment<C>, &'a Share<C>)> {
    let repeated = shares.iter().cycle().take(3 * shares.len());
    repeated.map(|share| (commitment, share)).collect()
}

#[test]
fn shares_of_a_gate_are_batches_too() {
    let rng = &mut rng("shares_of_a_gate_are_batches_too");
    let structure = nested();
    let holders = structure.holders().unwrap();
    let secret = SecretScalar::<Secp256k1>::random(rng);
    let dealing = split(&secret, &structure, &holders, rng).unwrap();
    let (mut shares, commitment) = dealing.into_parts();
    let (batch, before) = (thrice(&commitment, &shares), rng.get_word_pos());
    assert_eq!(verify_batch(&batch, rng), Ok(()));
    // Four words for each weight, and no second look.
    assert_eq!(rng.get_word_pos() - before, 4 * batch.len() as u128);

    for wrong in 0..shares.len() {
        let bad = spoiled(&shares[wrong], true);
        let right = core::mem::replace(&mut shares[wrong], bad);
        let error = verify_batch(&thrice(&commitment, &shares), rng).unwrap_err();
        assert_eq!(error.culprits(), [right.identifier(); 3]);
        shares[wrong] = right;
    }
    let stranger = Share::new(identifier(99), shares[0].value().clone());
    let error = verify_batch(&[(&commitment, &stranger)], rng).unwrap_err();
    let identifier = identifier(99);
    assert_eq!(error, Error::UnknownHolder { identifier });
}

#[test]
fn refresh_shares_are_verified_together() {
    let rng = &mut rng("refresh_shares_are_verified_together");
    let refresh = RefreshPolynomial::<Ed25519>::random(threshold(3), rng).unwrap();
    let commitment = refresh.commit();
    let share = |x| refresh.evaluate(identifier(x)).unwrap();
    let mut shares: Vec<_> = (1..=20).map(share).collect();
    let batch: Vec<_> = shares.iter().map(|share| (&commitment, share)).collect();
    let before = rng.get_word_pos();
    assert_eq!(verify_refresh_batch(&batch, rng), Ok(()));
    assert_eq!(rng.get_word_pos() - before, 4 * 20);
    shares[4] = RefreshShare::new(identifier(5), shares[3].value().clone());
    let batch: Vec<_> = shares.iter().map(|share| (&commitment, share)).collect();
    let (positions, identifiers) = (vec![4], vec![identifier(5)]);
    assert_eq!(
        verify_refresh_batch(&batch, rng),
        Err(Error::InvalidShares {
            positions,
            identifiers
        })
    );
}

/// Whether weights are drawn for so many copies of one share, each of its own commitment or all of
/// the same.
fn are_together(t: u16, x: u128, count: usize, commitments: usize) -> bool {
    let rng = &mut rng("are_together");
    let holders: Vec<_> = (x..).take(t.into()).collect();
    let (shares, commitment) = deal::<Secp256k1>(t, &holders, rng);
    let commitments = vec![commitment; commitments];
    let repeated = commitments.iter().cycle();
    let batch: Vec<_> = repeated.take(count).map(|A| (A, &shares[0])).collect();
    let before = rng.get_word_pos();
    assert_eq!(verify_batch(&batch, rng), Ok(()));
    let drawn = rng.get_word_pos() - before;
    assert!(drawn == 0 || drawn == 4 * count as u128);
    drawn > 0
}

#[test]
fn a_batch_is_one_by_one_where_that_takes_fewer_additions() {
    // By the count of additions: 64 for the generator and 80 for a point, or as the identifier says.
    for (t, x, count, commitments, together) in [
        // 2·(64 + 1) ≤ 64 + 80 < 3·(64 + 1).
        (1, 1, 2, 1, false),
        (1, 1, 3, 1, true),
        // 2·(64 + 48) > 64 + 80 ≥ 64 + 48.
        (1, 1 << 31, 1, 1, false),
        (1, 1 << 31, 2, 1, true),
        // A long identifier: 2·(64 + 80) > 64 + 80, and > 64 + 160.
        (1, 1 << 32, 1, 1, false),
        (1, 1 << 32, 2, 1, true),
        (1, 1 << 32, 2, 2, true),
        // 2·(64 + 48) = 64 + 160: not fewer.
        (1, 1 << 31, 2, 2, false),
        (1, 1, 100, 100, false),
        // 3·(64 + 2·48) > 64 + 2·160 ≥ 2·(64 + 2·48).
        (2, 1 << 31, 3, 2, true),
        (2, 1 << 31, 2, 2, false),
        // 2·(64 + 3·48) ≤ 64 + 2·240 < 2·(64 + 3·80).
        (3, 1 << 31, 2, 2, false),
        (3, 1 << 32, 2, 2, true),
        // So many that a second look at the halves would draw weights again.
        (1, 1, 12, 1, true),
        (4, 1000, 40, 1, true),
    ] {
        let found = are_together(t, x, count, commitments);
        assert_eq!(found, together, "{t} {x} {count} {commitments}");
    }
}
