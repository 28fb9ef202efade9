//! One holder's share computed anew by others: it is the right one, wrong messages are named, and
//! nobody learns it but its holder.

use std::collections::BTreeMap;

use group::Group;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use tki_math::{
    CheckedRepair, Curve, Error, Identifier, Repair, RepairCommitment, SecretPolynomial,
    SecretScalar, Share, SubShare, split,
};

use crate::{
    curves::{Ed25519, P256, Secp256k1, Tiny},
    random::rng,
    redistribution::addressed,
    tiny::{all_lists, identifier, script, secret, threshold},
};

fn ids(numbers: &[u64]) -> Vec<Identifier> {
    numbers.iter().map(|x| identifier(*x)).collect()
}

/// Everything that the helpers send one another.
fn deal_all<C: Curve>(
    plan: &Repair<C>,
    shares: &[Share<C>],
    rng: &mut impl CryptoRng,
) -> (Vec<RepairCommitment<C>>, Vec<SubShare<C>>) {
    let (mut commitments, mut parts) = (Vec::new(), Vec::new());
    for x_i in plan.helpers() {
        let share = shares
            .iter()
            .find(|share| share.identifier() == x_i)
            .unwrap();
        let (commitment, dealt) = plan.deal(share, rng).unwrap().into_parts();
        commitments.push(commitment);
        parts.extend(dealt);
    }
    (commitments, parts)
}

fn add_up_all<C: Curve>(
    checked: &CheckedRepair<C>,
    plan: &Repair<C>,
    parts: &[SubShare<C>],
) -> Vec<SubShare<C>> {
    let add_up = |x_j| checked.add_up(x_j, &addressed(x_j, parts)).unwrap();
    plan.helpers().map(add_up).collect()
}

/// A threshold says nothing about who holds shares: somebody new can be given one, the same way.
#[test]
fn a_newcomer_is_enrolled_like_a_holder_repaired() {
    let rng = &mut rng("a_newcomer_is_enrolled_like_a_holder_repaired");
    let secret = SecretScalar::<Ed25519>::random(rng);
    let f = SecretPolynomial::random(&secret, threshold(3), rng).unwrap();
    let shares: Vec<_> = ids(&[1, 2, 3])
        .into_iter()
        .map(|x| f.evaluate(x).unwrap())
        .collect();
    let newcomer = Identifier::new(u128::MAX).unwrap();
    let plan = Repair::new(&f.commit(), &ids(&[3, 2, 1]), newcomer).unwrap();
    assert_eq!(plan.lost(), newcomer);
    let (commitments, parts) = deal_all(&plan, &shares, rng);
    let checked = plan.check(&commitments).unwrap();
    let repaired = checked
        .finish(&add_up_all(&checked, &plan, &parts))
        .unwrap();
    let dealt = f.evaluate(newcomer).unwrap();
    assert!(bool::from(repaired.value().ct_eq(dealt.value())));
}

/// Three helpers, 1, 2 and 3, for the share of 5.
fn scene<C: Curve>(rng: &mut impl CryptoRng) -> (Repair<C>, Vec<Share<C>>) {
    let secret = SecretScalar::<C>::random(rng);
    let dealing = split(&secret, threshold(3), &ids(&[1, 2, 3, 4, 5]), rng).unwrap();
    let (shares, commitment) = dealing.into_parts();
    let plan = Repair::new(&commitment, &ids(&[1, 2, 3, 4]), identifier(5)).unwrap();
    assert_eq!(plan.helpers().collect::<Vec<_>>(), ids(&[1, 2, 3]));
    (plan, shares)
}

#[test]
fn who_lost_the_share_or_is_not_needed_does_not_help() {
    let rng = &mut rng("who_lost_the_share_or_is_not_needed_does_not_help");
    let (plan, shares) = scene::<Secp256k1>(rng);
    for i in [3, 4] {
        let identifier = shares[i].identifier();
        let dealt = plan.deal(&shares[i], rng).map(drop);
        assert_eq!(dealt, Err(Error::UnknownHolder { identifier }));
    }
    let identifier = shares[0].identifier();
    let others = Share::new(identifier, shares[1].value().clone());
    let dealt = plan.deal(&others, rng).map(drop);
    assert_eq!(dealt, Err(Error::InvalidShare { identifier }));

    let f = SecretPolynomial::<Tiny<7>>::random(&secret(1), threshold(2), rng).unwrap();
    let commitment = f.commit();
    let identifier = crate::tiny::identifier(2);
    let plan = Repair::new(&commitment, &ids(&[1, 2]), identifier);
    assert_eq!(
        plan.map(drop),
        Err(Error::DuplicateIdentifier { identifier })
    );
    let plan = Repair::new(&commitment, &ids(&[1]), identifier);
    assert_eq!(
        plan.map(drop),
        Err(Error::NotEnoughShares { have: 1, need: 2 })
    );
    let identifier = crate::tiny::identifier(7);
    let plan = Repair::new(&commitment, &ids(&[1, 2]), identifier);
    assert_eq!(
        plan.map(drop),
        Err(Error::IdentifierOutOfRange { identifier })
    );
}

/// The helpers at these positions.
fn named(plan: &Repair<impl Curve>, wrong: usize) -> Vec<Identifier> {
    let helpers = plan.helpers().enumerate();
    helpers
        .filter_map(|(i, x_i)| (wrong >> i & 1 == 1).then_some(x_i))
        .collect()
}

fn add<C: Curve>(sub_share: &SubShare<C>, off: u64) -> SubShare<C> {
    let value = SecretScalar::new(*sub_share.value().expose_secret() + C::Scalar::from(off));
    SubShare::new(sub_share.from(), sub_share.to(), value)
}

/// Every set of helpers whose points do not add up, or are too few or too many, is named.
#[test]
fn a_helper_who_commits_to_another_share_is_named() {
    let rng = &mut rng("a_helper_who_commits_to_another_share_is_named");
    let (plan, shares) = scene::<Secp256k1>(rng);
    let (commitments, _) = deal_all(&plan, &shares, rng);
    type Point = <Secp256k1 as Curve>::Point;
    let G = Point::generator();
    let tampers: [fn(&mut Vec<Point>, Point); 3] = [
        |points, G| points[1] += G,
        |points, _| points.truncate(2),
        |points, G| points.extend([G, -G]),
    ];
    for tamper in tampers {
        for wrong in 1_usize..8 {
            let tampered = commitments.iter().enumerate().map(|(i, R_i)| {
                let mut points = R_i.as_points().to_vec();
                if wrong >> i & 1 == 1 {
                    tamper(&mut points, G);
                }
                RepairCommitment::from_points(R_i.from(), points)
            });
            let tampered: Vec<_> = tampered.collect();
            let identifiers = named(&plan, wrong);
            let error = plan.check(&tampered).unwrap_err();
            assert_eq!(error.culprits(), identifiers);
            assert_eq!(error, Error::WrongDealings { identifiers });
        }
    }
}

/// Every set of helpers who send one other a wrong part, and who send a wrong sum, is named.
#[test]
fn a_helper_who_sends_a_wrong_part_or_sum_is_named() {
    let rng = &mut rng("a_helper_who_sends_a_wrong_part_or_sum_is_named");
    let (plan, shares) = scene::<Ed25519>(rng);
    let (commitments, parts) = deal_all(&plan, &shares, rng);
    let checked = plan.check(&commitments).unwrap();
    let sums = add_up_all(&checked, &plan, &parts);
    for wrong in 1_usize..8 {
        let tamper = |right: &[SubShare<Ed25519>]| {
            let off = |i: usize| (wrong >> i & 1) as u64;
            let right = right.iter().enumerate();
            right
                .map(|(i, sub_share)| add(sub_share, off(i)))
                .collect::<Vec<_>>()
        };
        let identifiers = named(&plan, wrong);
        let victim = identifier(2);
        let error = checked
            .add_up(victim, &tamper(&addressed(victim, &parts)))
            .unwrap_err();
        assert_eq!(error.culprits(), identifiers);
        assert_eq!(error, Error::WrongDealings { identifiers });
        let error = checked.finish(&tamper(&sums)).unwrap_err();
        assert_eq!(error.culprits(), named(&plan, wrong));
    }
    assert!(checked.finish(&sums).is_ok());
}

#[test]
fn one_message_of_each_helper_is_taken_and_no_other() {
    let rng = &mut rng("one_message_of_each_helper_is_taken_and_no_other");
    let (plan, shares) = scene::<Secp256k1>(rng);
    let (mut commitments, parts) = deal_all(&plan, &shares, rng);
    let checked = plan.check(&commitments).unwrap();
    let mut sums = add_up_all(&checked, &plan, &parts);
    commitments.reverse();
    assert_eq!(plan.check(&commitments), Ok(checked.clone()));
    let first = commitments.pop().unwrap();
    let missing = Error::MissingMessage {
        identifier: identifier(1),
    };
    assert_eq!(plan.check(&commitments).unwrap_err(), missing);
    commitments.extend([first.clone(), first]);
    let twice = Error::DuplicateIdentifier {
        identifier: identifier(1),
    };
    assert_eq!(plan.check(&commitments).unwrap_err(), twice);

    let (me, other) = (identifier(2), identifier(3));
    let to_other = addressed(other, &parts);
    let error = checked.add_up(me, &to_other).unwrap_err();
    let (expected, found) = (me, other);
    assert_eq!(error, Error::IdentifierMismatch { expected, found });
    // The parts are well addressed, but to somebody who does not help.
    let stranger = identifier(4);
    let readdress = |part: &SubShare<_>| SubShare::new(part.from(), stranger, part.value().clone());
    let to_stranger: Vec<_> = to_other.iter().map(readdress).collect();
    let error = checked.add_up(stranger, &to_stranger).unwrap_err();
    assert_eq!(
        error,
        Error::UnknownHolder {
            identifier: stranger
        }
    );
    let error = checked.add_up(me, &addressed(me, &parts[3..])).unwrap_err();
    assert_eq!(error, missing);

    let identifier = sums.pop().unwrap().from();
    let error = checked.finish(&sums).unwrap_err();
    assert_eq!(error, Error::MissingMessage { identifier });
    let error = checked.finish(&to_other).unwrap_err();
    let (expected, found) = (plan.lost(), other);
    assert_eq!(error, Error::IdentifierMismatch { expected, found });
}

#[test]
fn a_repair_commitment_survives_its_encoding() {
    let rng = &mut rng("a_repair_commitment_survives_its_encoding");
    let (plan, shares) = scene::<P256>(rng);
    let (commitments, _) = deal_all(&plan, &shares, rng);
    let R_i = &commitments[0];
    let encoded = R_i.to_bytes();
    let decode = |bytes: &[Vec<u8>]| RepairCommitment::from_bytes(R_i.from(), bytes, &plan);
    assert_eq!(decode(&encoded), Ok(R_i.clone()));
    let error = Error::WrongCommitmentLength {
        expected: 3,
        found: 2,
    };
    assert_eq!(decode(&encoded[1..]), Err(error));
    let mut cut = encoded;
    cut[1].pop();
    let error = Error::InvalidCoefficientCommitment { position: 1 };
    assert_eq!(decode(&cut), Err(error));
}

fn value<const Q: u64>(sub_share: &SubShare<Tiny<Q>>) -> u64 {
    sub_share.value().expose_secret().get()
}

/// Whatever the share, each part but the last takes every value equally often, and so does the last
/// when there is another.
#[test]
fn a_part_says_nothing_about_the_share() {
    for line in 0..127 {
        let f =
            SecretPolynomial::<Tiny<127>>::random(&secret(5), threshold(2), &mut script(&[line]));
        let f = f.unwrap();
        let plan = Repair::new(&f.commit(), &ids(&[1, 2]), identifier(3)).unwrap();
        let share = f.evaluate(identifier(1)).unwrap();
        let mut seen = BTreeMap::<(usize, u64), u32>::new();
        for r in 0..127 {
            let (_, parts) = plan.deal(&share, &mut script(&[r])).unwrap().into_parts();
            for (j, part) in parts.iter().enumerate() {
                *seen.entry((j, value(part))).or_default() += 1;
            }
        }
        assert_eq!(seen.len(), 2 * 127);
        assert!(seen.values().all(|times| *times == 1));
    }
}

/// A repair of the share of 4 by 1, 2 and 3, threshold 3, over every polynomial with this secret and
/// every randomness of the helpers; of those in the coalition, which choose theirs, this one.
///
/// `see` gets the shares of 1, 2, 3 and the parts r_{i,j}, and says what the coalition sees.
fn views(
    s: u64,
    coalition: &[usize],
    see: impl Fn(&[u64], &[&[u64]]) -> Vec<u64>,
) -> BTreeMap<Vec<u64>, u32> {
    let mut seen = BTreeMap::new();
    for a in all_lists(7, 2) {
        let f = SecretPolynomial::<Tiny<7>>::random(&secret(s), threshold(3), &mut script(&a));
        let f = f.unwrap();
        let plan = Repair::new(&f.commit(), &ids(&[1, 2, 3]), identifier(4)).unwrap();
        let shares: Vec<_> = ids(&[1, 2, 3])
            .into_iter()
            .map(|x| f.evaluate(x).unwrap())
            .collect();
        let values: Vec<_> = shares
            .iter()
            .map(|share| share.value().expose_secret().get())
            .collect();
        // Everything that each helper might deal.
        let dealt = |i: usize| -> Vec<Vec<u64>> {
            let choices = if coalition.contains(&i) {
                vec![vec![2, 5]]
            } else {
                all_lists(7, 2)
            };
            let deal = |r: Vec<u64>| {
                let (_, parts) = plan.deal(&shares[i], &mut script(&r)).unwrap().into_parts();
                parts.iter().map(value).collect()
            };
            choices.into_iter().map(deal).collect()
        };
        let (first, second, third) = (dealt(0), dealt(1), dealt(2));
        for r_1 in &first {
            for r_2 in &second {
                for r_3 in &third {
                    let parts = [r_1.as_slice(), r_2.as_slice(), r_3.as_slice()];
                    *seen.entry(see(&values, &parts)).or_default() += 1;
                }
            }
        }
    }
    seen
}

/// σ_j of the helper at this position.
fn sigma(parts: &[&[u64]], j: usize) -> u64 {
    parts.iter().map(|r_i| r_i[j]).sum::<u64>() % 7
}

/// Coalitions of two, of whom it takes three: what they see is the same for every secret.
#[test]
fn too_few_learn_nothing_from_a_repair() {
    // The helpers 1 and 2: their shares, and what 3 dealt them; their own parts are their choice.
    let helpers = |s| {
        views(s, &[0, 1], |shares, r| {
            vec![shares[0], shares[1], r[2][0], r[2][1]]
        })
    };
    // The helper 1 and the one who lost the share: what 1 was dealt, and every sum.
    let helper_and_lost = |s| {
        views(s, &[0], |shares, r| {
            let sums = [sigma(r, 0), sigma(r, 1), sigma(r, 2)];
            [&[shares[0], r[1][0], r[2][0]], sums.as_slice()].concat()
        })
    };
    for s in [2, 6] {
        assert_eq!(helpers(s), helpers(1));
        assert_eq!(helper_and_lost(s), helper_and_lost(1));
    }
    // The count tells when there is something to learn: all three helpers.
    let everyone = |s| views(s, &[0, 1, 2], |shares, _| shares.to_vec());
    assert_ne!(everyone(2), everyone(1));
}

/// A helper learns nothing of the repaired share beyond its own: given the own share, all that it
/// sees goes with each value of the lost one equally often.
#[test]
fn a_helper_does_not_learn_the_repaired_share() {
    let seen = (1..7).map(|s| {
        views(s, &[0], |shares, r| {
            let lost = (sigma(r, 0) + sigma(r, 1) + sigma(r, 2)) % 7;
            vec![lost, shares[0], r[1][0], r[2][0]]
        })
    });
    let mut by_view = BTreeMap::<Vec<u64>, BTreeMap<u64, u32>>::new();
    for (view, times) in seen.flatten() {
        *by_view
            .entry(view[1..].to_vec())
            .or_default()
            .entry(view[0])
            .or_default() += times;
    }
    assert_eq!(by_view.len(), 7 * 7 * 7);
    for lost in by_view.values() {
        assert_eq!(lost.len(), 7);
        let times: Vec<_> = lost.values().collect();
        assert!(times.iter().all(|count| *count == times[0]));
    }
}

#[test]
fn debug_tells_who_helps_whom_and_no_value() {
    let rng = &mut rng("debug_tells_who_helps_whom_and_no_value");
    let (plan, shares) = scene::<Secp256k1>(rng);
    let dealing = plan.deal(&shares[0], rng).unwrap();
    let shown_dealing = format!("{dealing:?}");
    assert!(shown_dealing.starts_with("RepairDealing { parts: [SubShare"));
    let (R_i, parts) = dealing.into_parts();
    let shown_plan = format!("{plan:?}");
    assert!(shown_plan.starts_with("Repair { lost: Identifier(5)"));
    let shown_commitment = format!("{R_i:?}");
    assert!(shown_commitment.starts_with("RepairCommitment<secp256k1>(1) ["));
    let (commitments, _) = deal_all(&plan, &shares, rng);
    let shown_checked = format!("{:?}", plan.check(&commitments).unwrap());
    assert!(shown_checked.starts_with("CheckedRepair { plan: Repair {"));
    for value in parts.iter().map(|part| part.value().to_bytes()) {
        let value = hex::encode(*value);
        for shown in [
            &shown_dealing,
            &shown_plan,
            &shown_commitment,
            &shown_checked,
        ] {
            assert!(!shown.contains(&value));
        }
    }
}
