//! The checks of what is dealt besides a secret: pegs, redistributions, repairs.

use alloc::vec::Vec;

use ff::Field;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{copy, first_identifiers, structures::examples};
use crate::{
    AccessStructure, CheckedRedistribution, CheckedRepair, Curve, Error, Identifier, Pegs,
    PolynomialCommitment, Redistribution, RefreshPolynomial, Repair, SecretScalar, Share, SubShare,
    Threshold, combine, interpolate_at, split,
};

/// The most holders for whom every number of pegs is tried.
const MOST_PEGS: u16 = 5;

/// How many of the examples each one is redistributed to.
const TARGETS: usize = 3;

/// An identifier that occurs twice is refused wherever several are given, whatever else is wrong.
pub fn check_refused_identifiers<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    let threshold = Threshold::new(2).unwrap();
    let identifiers = first_identifiers(3);
    let secret = SecretScalar::<C>::random(rng);
    let (shares, commitment) = split(&secret, threshold, &identifiers, rng)
        .unwrap()
        .into_parts();
    let identifier = identifiers[1];
    let twice = [identifiers.as_slice(), &[identifier]].concat();
    let shares_twice: Vec<_> = shares.iter().chain([&shares[1]]).map(copy).collect();
    let refused = |result: Result<(), Error>| {
        assert_eq!(result, Err(Error::DuplicateIdentifier { identifier }));
    };
    refused(split(&secret, threshold, &twice, rng).map(drop));
    refused(combine(&shares_twice, threshold).map(drop));
    refused(commitment.combine(&shares_twice).map(drop));
    refused(interpolate_at(&shares_twice, threshold, identifiers[2]).map(drop));
    refused(Redistribution::new(&commitment, &twice, threshold).map(drop));
    refused(Repair::new(&commitment, &twice, Identifier::new(9).unwrap()).map(drop));
    refused(Repair::new(&commitment, &identifiers, identifier).map(drop));
    refused(
        RefreshPolynomial::<C>::random_pegged(Threshold::new(5).unwrap(), &twice, rng).map(drop),
    );
    let mut pegs = Pegs::new(threshold);
    pegs.add_share(&shares[1]).unwrap();
    refused(pegs.add_share(&shares[1]));
    let plan = Redistribution::new(&commitment, &identifiers, threshold).unwrap();
    refused(plan.deal(&shares[0], &twice, rng).map(drop));
}

/// For every threshold and number of pegs: pegged values stay, the others change, freedom is counted
/// down, one peg too many is refused; a refresh with pegs keeps just those.
pub fn check_pegs<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    for t in 1..=MOST_PEGS {
        let threshold = Threshold::new(t).unwrap();
        let secret = SecretScalar::<C>::random(rng);
        let dealing = split(&secret, threshold, &first_identifiers(t), rng).unwrap();
        for m in 0..t {
            let (pegged, free) = dealing.shares().split_at(usize::from(m));
            let mut pegs = Pegs::new(threshold);
            pegs.add_secret(&secret).unwrap();
            for share in pegged {
                pegs.add_share(share).unwrap();
            }
            let freedom = usize::from(t - m) - 1;
            assert_eq!(pegs.freedom(), freedom);
            let f = pegs.draw(rng).unwrap();
            assert_eq!(
                f.commit().verifying_key(),
                dealing.commitment().verifying_key()
            );
            for share in pegged {
                assert_eq!(f.commit().verify(share), Ok(()));
            }
            for share in free {
                let stays = f.commit().verify(share).is_ok();
                assert_eq!(stays, freedom == 0);
            }
            if freedom == 0 {
                assert_eq!(
                    pegs.add_share(&free[0]),
                    Err(Error::TooManyPegs { threshold })
                );
            }
            check_pegged_refresh::<C>(threshold, pegged, free, rng);
        }
    }
}

fn check_pegged_refresh<C: Curve>(
    threshold: Threshold,
    pegged: &[Share<C>],
    free: &[Share<C>],
    rng: &mut (impl CryptoRng + ?Sized),
) {
    let identifiers: Vec<_> = pegged.iter().map(Share::identifier).collect();
    let g = match RefreshPolynomial::<C>::random_pegged(threshold, &identifiers, rng) {
        Ok(g) => g,
        Err(error) => {
            assert_eq!(free.len(), 1, "{error}");
            return;
        }
    };
    assert!(free.len() > 1);
    let delta = |share: &Share<C>| g.evaluate(share.identifier()).unwrap();
    for share in pegged {
        assert!(bool::from(delta(share).value().is_zero()));
        assert_eq!(g.commit().verify(&delta(share)), Ok(()));
    }
    for share in free {
        assert!(!bool::from(delta(share).value().is_zero()));
    }
}

/// Structures of each kind go to structures of each kind: the key stays, every new share fits the
/// new commitment, the new holders have the secret; a dealer of a wrong sub-share is named.
pub fn check_redistribution<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    let examples = examples(rng);
    for (position, (old_structure, old_holders)) in examples.iter().enumerate() {
        let secret = SecretScalar::<C>::random(rng);
        let (old, commitment) = split(&secret, old_structure, old_holders, rng)
            .unwrap()
            .into_parts();
        let targets = examples.iter().cycle().skip(position).take(TARGETS);
        for (structure, holders) in targets {
            let plan = Redistribution::new(&commitment, old_holders, structure).unwrap();
            let (mut commitments, mut sub_shares) = (Vec::new(), Vec::new());
            for x_i in plan.dealers() {
                let share = old.iter().find(|share| share.identifier() == x_i).unwrap();
                let (sub_commitment, dealt) = plan.deal(share, holders, rng).unwrap().into_parts();
                commitments.push(sub_commitment);
                sub_shares.extend(dealt);
            }
            let checked = plan.check(&commitments).unwrap();
            check_received(&secret, &commitment, &checked, structure, &sub_shares);
        }
    }
}

fn check_received<C: Curve>(
    secret: &SecretScalar<C>,
    old: &PolynomialCommitment<C>,
    checked: &CheckedRedistribution<C>,
    structure: &AccessStructure,
    sub_shares: &[SubShare<C>],
) {
    let commitment = checked.commitment();
    assert_eq!(commitment.verifying_key(), old.verifying_key());
    assert_eq!(commitment.structure(), structure);
    let mut new = Vec::new();
    for x_j in structure.holders().unwrap() {
        let mut mine = addressed(x_j, sub_shares);
        let share = checked.receive(x_j, &mine).unwrap();
        assert_eq!(commitment.verify(&share), Ok(()));
        new.push(share);
        mine[0] = off_by_one(&mine[0]);
        let error = checked.receive(x_j, &mine).unwrap_err();
        assert_eq!(error.culprits(), [mine[0].from()]);
    }
    assert!(bool::from(commitment.combine(&new).unwrap().ct_eq(secret)));
}

/// Every holder of structures of each kind whose share the others determine gets it back from them;
/// a helper of a wrong part or sum is named.
pub fn check_repair<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    for (structure, holders) in examples(rng) {
        let secret = SecretScalar::<C>::random(rng);
        let (shares, commitment) = split(&secret, &structure, &holders, rng)
            .unwrap()
            .into_parts();
        for lost in &shares {
            let x = lost.identifier();
            let others: Vec<_> = holders.iter().copied().filter(|x_i| *x_i != x).collect();
            let found = structure.quorum_at::<C>(&others, x);
            let plan = match Repair::new(&commitment, &others, x) {
                Ok(plan) => plan,
                Err(error) => {
                    assert_eq!(found.unwrap_err(), error);
                    continue;
                }
            };
            let (mut commitments, mut parts) = (Vec::new(), Vec::new());
            for x_i in plan.helpers() {
                let share = shares
                    .iter()
                    .find(|share| share.identifier() == x_i)
                    .unwrap();
                let (part_commitment, dealt) = plan.deal(share, rng).unwrap().into_parts();
                commitments.push(part_commitment);
                parts.extend(dealt);
            }
            let checked = plan.check(&commitments).unwrap();
            check_repaired(&plan, &checked, lost, &parts);
        }
    }
}

fn check_repaired<C: Curve>(
    plan: &Repair<C>,
    checked: &CheckedRepair<C>,
    lost: &Share<C>,
    parts: &[SubShare<C>],
) {
    let mut sums = Vec::new();
    for x_j in plan.helpers() {
        let mut mine = addressed(x_j, parts);
        sums.push(checked.add_up(x_j, &mine).unwrap());
        mine[0] = off_by_one(&mine[0]);
        let error = checked.add_up(x_j, &mine).unwrap_err();
        assert_eq!(error.culprits(), [mine[0].from()]);
    }
    let repaired = checked.finish(&sums).unwrap();
    assert_eq!(repaired.identifier(), lost.identifier());
    assert!(bool::from(repaired.value().ct_eq(lost.value())));
    sums[0] = off_by_one(&sums[0]);
    let error = checked.finish(&sums).unwrap_err();
    assert_eq!(error.culprits(), [sums[0].from()]);
}

/// What is sent to one of all.
fn addressed<C: Curve>(to: Identifier, all: &[SubShare<C>]) -> Vec<SubShare<C>> {
    let mine = all.iter().filter(|sub_share| sub_share.to() == to);
    mine.map(|sub_share| SubShare::new(sub_share.from(), to, sub_share.value().clone()))
        .collect()
}

fn off_by_one<C: Curve>(sub_share: &SubShare<C>) -> SubShare<C> {
    let value = *sub_share.value().expose_secret() + C::Scalar::ONE;
    SubShare::new(sub_share.from(), sub_share.to(), SecretScalar::new(value))
}
