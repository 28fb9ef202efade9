//! The checks of nested, weighted and ranked structures.

use alloc::vec::Vec;

use ff::Field;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{copy, for_each_subset};
use crate::{
    AccessStructure, Curve, Error, Expression, Identifier, PolynomialCommitment, Quorum,
    QuorumCache, RefreshCommitment, RefreshPolynomial, SecretScalar, Share, VerifyingKey, combine,
    interpolate_at, split, verify_batch,
};

/// One of each kind, and kinds within one another.
const EXAMPLES: &[&str] = &[
    "a",
    "any(a, b, c)",
    "all(a, b, c)",
    "3 of (a*2, b, c)",
    "2 of (a, any(b, c), 2 of (d, e, f))",
    "any(a, all(b, any(c, d)))",
    "ranked(1 of (a, b), 3 of (c, d, e))",
    "ranked(1 of (a), 2 of (b, c), 4 of (d, e))",
    "ranked(1 of (a, any(b, c)), 2 of (all(d, e), f))",
    "2 of (a, ranked(1 of (b), 2 of (c, d)), all(e, f))",
];

pub(super) fn examples(
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<(AccessStructure, Vec<Identifier>)> {
    let compile = |text: &&str| {
        let expression: Expression = text.parse().unwrap();
        let structure = expression.compile(&mut *rng).unwrap().structure().clone();
        let holders = structure.holders().unwrap();
        (structure, holders)
    };
    EXAMPLES.iter().map(compile).collect()
}

/// Exactly the sets that suffice give the secret back; all shares fit the commitment, which
/// survives its encoding and is refused with one point too few or too many; a wrong share is named;
/// the share of a holder is found from the others wherever its gate can be.
pub fn check_structures<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    for (structure, holders) in examples(rng) {
        let secret = SecretScalar::<C>::random(rng);
        let dealing = split(&secret, &structure, &holders, rng).unwrap();
        let commitment = dealing.commitment();
        let key = VerifyingKey::from_secret(&secret).unwrap();
        assert_eq!(*commitment.verifying_key(), key);
        check_encoding(commitment, &structure);
        for share in dealing.shares() {
            let identifier = share.identifier();
            assert_eq!(commitment.verify(share), Ok(()));
            assert_eq!(
                commitment.verifying_share(identifier),
                share.verifying_share()
            );
            let wrong = *share.value().expose_secret() + C::Scalar::ONE;
            let wrong = Share::new(identifier, SecretScalar::new(wrong));
            assert_eq!(
                commitment.verify(&wrong),
                Err(Error::InvalidShare { identifier })
            );
        }
        check_batch(commitment, dealing.shares(), rng);
        let mut cache = QuorumCache::new(&structure);
        for_each_subset(dealing.shares(), |subset| {
            check_subset(&secret, &structure, subset, &mut cache);
        });
        check_missing_share(&structure, dealing.shares());
        check_strangers(&structure, commitment);
    }
}

/// All shares together, many times over so that it pays, and one of them wrong.
fn check_batch<C: Curve>(
    commitment: &PolynomialCommitment<C>,
    shares: &[Share<C>],
    rng: &mut (impl CryptoRng + ?Sized),
) {
    let all = shares.iter().map(|share| (commitment, share));
    let mut all: Vec<_> = all.cycle().take(64).collect();
    assert_eq!(verify_batch(&all, rng), Ok(()));
    let wrong = Share::new(shares[0].identifier(), SecretScalar::random(rng));
    all[5].1 = &wrong;
    let (positions, identifiers) = (Vec::from([5]), Vec::from([wrong.identifier()]));
    let error = Error::InvalidShares {
        positions,
        identifiers,
    };
    assert_eq!(verify_batch(&all, rng), Err(error));
}

fn check_encoding<C: Curve>(commitment: &PolynomialCommitment<C>, structure: &AccessStructure) {
    let mut encoded = commitment.to_bytes();
    let decode = |bytes: &[Vec<u8>]| PolynomialCommitment::<C>::from_bytes(bytes, structure);
    assert_eq!(decode(&encoded).as_ref(), Ok(commitment));
    let expected = structure.coefficient_count();
    assert_eq!(encoded.len(), expected);
    encoded.push(encoded[0].clone());
    let found = encoded.len();
    assert_eq!(
        decode(&encoded),
        Err(Error::WrongCommitmentLength { expected, found })
    );
    encoded.truncate(expected - 1);
    let found = encoded.len();
    assert_eq!(
        decode(&encoded),
        Err(Error::WrongCommitmentLength { expected, found })
    );
}

fn check_subset<C: Curve>(
    secret: &SecretScalar<C>,
    structure: &AccessStructure,
    subset: &[Share<C>],
    cache: &mut QuorumCache<C>,
) {
    let identifiers: Vec<_> = subset.iter().map(Share::identifier).collect();
    let combined = combine(subset, structure);
    let cached = cache.quorum(&identifiers).cloned();
    assert_eq!(cached, structure.quorum(&identifiers));
    if !structure.is_satisfied_by(&identifiers) {
        let (have, need) = structure.shares_needed(&identifiers);
        assert!(have < need);
        assert_eq!(
            combined.map(drop),
            Err(Error::NotEnoughShares { have, need })
        );
        return;
    }
    assert!(bool::from(combined.unwrap().ct_eq(secret)));
    check_minimal(structure, &cached.unwrap(), subset);
}

/// Nobody of a quorum can be left out, and no weight is zero.
fn check_minimal<C: Curve>(structure: &AccessStructure, quorum: &Quorum<C>, shares: &[Share<C>]) {
    let holders: Vec<_> = quorum.holders().collect();
    for (x_i, c_i) in quorum.weights() {
        assert!(!c_i.is_zero_vartime());
        let rest: Vec<_> = holders.iter().copied().filter(|x_j| x_j != x_i).collect();
        assert!(!structure.is_satisfied_by(&rest));
        let fewer = shares.iter().filter(|share| share.identifier() != *x_i);
        let fewer: Vec<_> = fewer.map(copy).collect();
        let (have, need) = (holders.len() - 1, holders.len());
        let combined = quorum.combine(&fewer).map(drop);
        assert_eq!(combined, Err(Error::NotEnoughShares { have, need }));
    }
}

/// What the others can say of a share is that share.
fn check_missing_share<C: Curve>(structure: &AccessStructure, shares: &[Share<C>]) {
    for lost in shares {
        let others = shares
            .iter()
            .filter(|share| share.identifier() != lost.identifier());
        let others: Vec<_> = others.map(copy).collect();
        match interpolate_at(&others, structure, lost.identifier()) {
            Ok(found) => assert!(bool::from(found.value().ct_eq(lost.value()))),
            // The gate that it is of is not satisfied without it.
            Err(error) => assert!(matches!(error, Error::NotEnoughShares { .. }), "{error}"),
        }
        let own = interpolate_at(shares, structure, lost.identifier()).unwrap();
        assert!(bool::from(own.value().ct_eq(lost.value())));
    }
}

/// Whoever is not named has no share.
fn check_strangers<C: Curve>(structure: &AccessStructure, commitment: &PolynomialCommitment<C>) {
    let identifier = Identifier::new(u128::MAX).unwrap();
    let share = Share::new(identifier, SecretScalar::new(C::Scalar::ONE));
    let unknown = Error::UnknownHolder { identifier };
    assert_eq!(commitment.verify(&share), Err(unknown.clone()));
    assert_eq!(structure.quorum_at::<C>(&[], identifier), Err(unknown));
}

/// A refresh of any structure keeps the key, changes every share and every inner value, and fits
/// its commitment; old shares and new ones do not combine.
pub fn check_structure_refresh<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    for (structure, holders) in examples(rng) {
        if structure.coefficient_count() == 1 {
            let refresh = RefreshPolynomial::<C>::random(&structure, rng);
            assert_eq!(refresh.map(drop), Err(Error::NothingToRefresh));
            continue;
        }
        let secret = SecretScalar::<C>::random(rng);
        let dealing = split(&secret, &structure, &holders, rng).unwrap();
        let refresh = RefreshPolynomial::<C>::random(&structure, rng).unwrap();
        let encoded = refresh.commit().to_bytes();
        let published = RefreshCommitment::<C>::from_bytes(&encoded, &structure).unwrap();
        let commitment = dealing.commitment().refresh(&published).unwrap();
        assert_eq!(
            commitment.verifying_key(),
            dealing.commitment().verifying_key()
        );
        let renew = |share: &Share<C>| {
            let delta = refresh.evaluate(share.identifier()).unwrap();
            assert_eq!(published.verify(&delta), Ok(()));
            let renewed = copy(share).refresh(&delta).unwrap();
            assert_eq!(commitment.verify(&renewed), Ok(()));
            renewed
        };
        let renewed: Vec<_> = dealing.shares().iter().map(renew).collect();
        let combined = combine(&renewed, &structure).unwrap();
        assert!(bool::from(combined.ct_eq(&secret)));
        // One old share in a quorum spoils it, unless it was the secret itself.
        let quorum = structure.quorum::<C>(&holders).unwrap();
        if quorum.weights().len() > 1 {
            let first = quorum.weights()[0].0;
            let old = dealing
                .shares()
                .iter()
                .filter(|share| share.identifier() == first);
            let rest = renewed.iter().filter(|share| share.identifier() != first);
            let mixed: Vec<_> = old.chain(rest).map(copy).collect();
            assert!(!bool::from(quorum.combine(&mixed).unwrap().ct_eq(&secret)));
        }
    }
}
