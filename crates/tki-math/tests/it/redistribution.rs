//! From one sharing to another of the same secret: any structure to any, wrong dealers named, and
//! nothing told to too few of the old and the new.

use std::collections::BTreeMap;

use ff::Field;
use group::Group;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use tki_math::{
    AccessStructure, CheckedRedistribution, Curve, Error, Gate, Identifier, Member, Redistribution,
    SecretPolynomial, SecretScalar, Share, SubCommitment, SubShare, Threshold, combine, split,
};

use crate::{
    curves::{Ed25519, P256, Secp256k1, Tiny},
    random::rng,
    tiny::{all_lists, identifier, script, secret, threshold},
};

fn ids(numbers: &[u64]) -> Vec<Identifier> {
    numbers.iter().map(|x| identifier(*x)).collect()
}

fn holders(numbers: &[u64]) -> Vec<Member> {
    let holder = |x: &u64| Member::Holder(identifier(*x));
    numbers.iter().map(holder).collect()
}

/// What the others send to one: sub-shares are not cloned outside of tests.
pub(crate) fn addressed<C: Curve>(to: Identifier, all: &[SubShare<C>]) -> Vec<SubShare<C>> {
    let mine = all.iter().filter(|sub_share| sub_share.to() == to);
    mine.map(|sub_share| SubShare::new(sub_share.from(), to, sub_share.value().clone()))
        .collect()
}

/// The shares of these holders, in their order.
fn shares_of<C: Curve>(
    shares: &[Share<C>],
    holders: impl Iterator<Item = Identifier>,
) -> Vec<&Share<C>> {
    let find = |x| shares.iter().find(|share| share.identifier() == x).unwrap();
    holders.map(find).collect()
}

/// Everything that the dealers send.
fn deal_all<C: Curve>(
    plan: &Redistribution<C>,
    shares: &[Share<C>],
    holders: &[Identifier],
    rng: &mut impl CryptoRng,
) -> (Vec<SubCommitment<C>>, Vec<SubShare<C>>) {
    let (mut commitments, mut sub_shares) = (Vec::new(), Vec::new());
    for share in shares_of(shares, plan.dealers()) {
        let (commitment, dealt) = plan.deal(share, holders, rng).unwrap().into_parts();
        commitments.push(commitment);
        sub_shares.extend(dealt);
    }
    (commitments, sub_shares)
}

fn receive_all<C: Curve>(
    checked: &CheckedRedistribution<C>,
    holders: &[Identifier],
    sub_shares: &[SubShare<C>],
) -> Vec<Share<C>> {
    let receive = |x_j: &Identifier| checked.receive(*x_j, &addressed(*x_j, sub_shares)).unwrap();
    holders.iter().map(receive).collect()
}

/// A redistribution from two of three to three of four, before anything is sent.
struct Scene<C: Curve> {
    plan: Redistribution<C>,
    new_holders: Vec<Identifier>,
    old: Vec<Share<C>>,
}

fn scene<C: Curve>(rng: &mut impl CryptoRng) -> Scene<C> {
    let secret = SecretScalar::<C>::random(rng);
    let (old, commitment) = split(&secret, threshold(2), &ids(&[1, 2, 3]), rng)
        .unwrap()
        .into_parts();
    Scene {
        plan: Redistribution::new(&commitment, &ids(&[3, 1, 2]), threshold(3)).unwrap(),
        new_holders: ids(&[4, 5, 6, 3]),
        old,
    }
}

#[test]
fn only_a_quorum_deals_and_only_the_own_share() {
    let rng = &mut rng("only_a_quorum_deals_and_only_the_own_share");
    let Scene {
        plan,
        new_holders,
        old,
    } = scene::<Secp256k1>(rng);
    assert_eq!(plan.dealers().collect::<Vec<_>>(), ids(&[3, 1]));
    assert_eq!(*plan.structure(), AccessStructure::from(threshold(3)));
    let identifier = old[1].identifier();
    let dealt = plan.deal(&old[1], &new_holders, rng);
    assert_eq!(dealt.map(drop), Err(Error::UnknownHolder { identifier }));
    let identifier = old[0].identifier();
    let others = Share::new(identifier, old[1].value().clone());
    let dealt = plan.deal(&others, &new_holders, rng);
    assert_eq!(dealt.map(drop), Err(Error::InvalidShare { identifier }));
}

#[test]
fn new_holders_are_what_the_new_structure_takes() {
    let rng = &mut rng("new_holders_are_what_the_new_structure_takes");
    let Scene { plan, old, .. } = scene::<Secp256k1>(rng);
    let dealt = plan.deal(&old[0], &ids(&[4, 5]), rng).map(drop);
    assert!(matches!(dealt, Err(Error::TooFewHolders { .. })));
    let identifier = identifier(4);
    let dealt = plan.deal(&old[0], &ids(&[4, 5, 4]), rng).map(drop);
    assert_eq!(dealt, Err(Error::DuplicateIdentifier { identifier }));
    let many: Vec<_> = (1..=1001).map(crate::tiny::identifier).collect();
    let dealt = plan.deal(&old[0], &many, rng).map(drop);
    assert!(matches!(dealt, Err(Error::TooManyHolders { .. })));

    let dealing = split::<Tiny<7>>(&secret(3), threshold(1), &ids(&[1]), rng).unwrap();
    let plan = Redistribution::new(dealing.commitment(), &ids(&[1]), threshold(1)).unwrap();
    let identifier = crate::tiny::identifier(8);
    let dealt = plan
        .deal(&dealing.shares()[0], &[identifier], rng)
        .map(drop);
    assert_eq!(dealt, Err(Error::IdentifierOutOfRange { identifier }));
}

#[test]
fn fewer_than_a_quorum_cannot_redistribute() {
    let rng = &mut rng("fewer_than_a_quorum_cannot_redistribute");
    let secret = SecretScalar::<Ed25519>::random(rng);
    let dealing = split(&secret, threshold(3), &ids(&[1, 2, 3]), rng).unwrap();
    let plan = Redistribution::new(dealing.commitment(), &ids(&[1, 2]), threshold(2));
    let error = Error::NotEnoughShares { have: 2, need: 3 };
    assert_eq!(plan.map(drop), Err(error));
    let plan = Redistribution::new(dealing.commitment(), &ids(&[1, 2, 1]), threshold(2));
    let identifier = identifier(1);
    assert_eq!(
        plan.map(drop),
        Err(Error::DuplicateIdentifier { identifier })
    );
}

/// Every set of dealers whose commitment does not begin with their share's image is named.
#[test]
fn a_dealer_who_deals_another_share_is_named() {
    let rng = &mut rng("a_dealer_who_deals_another_share_is_named");
    let Scene {
        plan,
        new_holders,
        old,
    } = scene::<Secp256k1>(rng);
    let (commitments, _) = deal_all(&plan, &old, &new_holders, rng);
    let G = <Secp256k1 as Curve>::Point::generator();
    for wrong in 1_usize..4 {
        let tamper = |(i, B_i): (usize, &SubCommitment<_>)| {
            let mut points = B_i.as_points().to_vec();
            points[0] += G * k256::Scalar::from((wrong >> i & 1) as u64);
            SubCommitment::from_points(B_i.from(), points, threshold(3)).unwrap()
        };
        let tampered: Vec<_> = commitments.iter().enumerate().map(tamper).collect();
        let dealers = plan.dealers().enumerate();
        let identifiers: Vec<_> = dealers
            .filter_map(|(i, x_i)| (wrong >> i & 1 == 1).then_some(x_i))
            .collect();
        let error = plan.check(&tampered).unwrap_err();
        assert_eq!(error.culprits(), identifiers);
        assert_eq!(error, Error::WrongDealings { identifiers });
    }
    // Another structure, of as many coefficients or of others.
    let gate = Gate::new(threshold(3), holders(&[4, 5, 6, 3])).unwrap();
    let first = &commitments[0];
    let as_gate = SubCommitment::from_points(first.from(), first.as_points().to_vec(), gate);
    let shorter = first.as_points()[..2].to_vec();
    let shorter = SubCommitment::from_points(first.from(), shorter, threshold(2));
    for wrong in [as_gate.unwrap(), shorter.unwrap()] {
        let identifiers = vec![first.from()];
        let error = plan.check(&[wrong, commitments[1].clone()]).unwrap_err();
        assert_eq!(error, Error::WrongDealings { identifiers });
    }
}

/// Every set of dealers who send a new holder something else than they committed to is named by it,
/// and by nobody else.
#[test]
fn a_dealer_who_sends_a_wrong_sub_share_is_named() {
    let rng = &mut rng("a_dealer_who_sends_a_wrong_sub_share_is_named");
    let Scene {
        plan,
        new_holders,
        old,
    } = scene::<Ed25519>(rng);
    let (commitments, sub_shares) = deal_all(&plan, &old, &new_holders, rng);
    let checked = plan.check(&commitments).unwrap();
    let victim = new_holders[1];
    for wrong in 1_usize..4 {
        let tamper = |(i, sub_share): (usize, &SubShare<Ed25519>)| {
            let off = <Ed25519 as Curve>::Scalar::from((wrong >> i & 1) as u64);
            let value = SecretScalar::new(*sub_share.value().expose_secret() + off);
            SubShare::new(sub_share.from(), victim, value)
        };
        let mine = addressed(victim, &sub_shares);
        let tampered: Vec<_> = mine.iter().enumerate().map(tamper).collect();
        let identifiers: Vec<_> = plan
            .dealers()
            .enumerate()
            .filter_map(|(i, x_i)| (wrong >> i & 1 == 1).then_some(x_i))
            .collect();
        let error = checked.receive(victim, &tampered).unwrap_err();
        assert_eq!(error.culprits(), identifiers);
        assert_eq!(error, Error::WrongDealings { identifiers });
        for (B_i, sub_share) in commitments.iter().zip(&tampered) {
            let identifier = B_i.from();
            let right = mine.iter().any(|mine| {
                mine.from() == identifier && bool::from(mine.value().ct_eq(sub_share.value()))
            });
            let expected = if right {
                Ok(())
            } else {
                Err(Error::InvalidShare { identifier })
            };
            assert_eq!(B_i.verify(sub_share), expected);
        }
        assert!(
            checked
                .receive(new_holders[0], &addressed(new_holders[0], &sub_shares))
                .is_ok()
        );
    }
    let error = commitments[0].verify(&addressed(victim, &sub_shares)[1]);
    let (expected, found) = (commitments[0].from(), commitments[1].from());
    assert_eq!(error, Err(Error::IdentifierMismatch { expected, found }));
}

#[test]
fn one_message_of_each_dealer_is_taken_and_no_other() {
    let rng = &mut rng("one_message_of_each_dealer_is_taken_and_no_other");
    let Scene {
        plan,
        new_holders,
        old,
    } = scene::<Secp256k1>(rng);
    let (commitments, sub_shares) = deal_all(&plan, &old, &new_holders, rng);
    let [first, second] = commitments.as_slice() else {
        panic!("two deal");
    };
    let identifier = second.from();
    let missing = plan.check(core::slice::from_ref(first)).unwrap_err();
    assert_eq!(missing, Error::MissingMessage { identifier });
    assert!(missing.culprits().is_empty());
    let twice = plan.check(&[first.clone(), second.clone(), second.clone()]);
    assert_eq!(
        twice.unwrap_err(),
        Error::DuplicateIdentifier { identifier }
    );
    let points = first.as_points().to_vec();
    let identifier = crate::tiny::identifier(2);
    let stranger = SubCommitment::from_points(identifier, points, threshold(3)).unwrap();
    let error = plan.check(&[first.clone(), second.clone(), stranger]);
    assert_eq!(error.unwrap_err(), Error::UnknownHolder { identifier });
    // In any order.
    let checked = plan.check(&[second.clone(), first.clone()]).unwrap();
    assert_eq!(checked, plan.check(&commitments).unwrap());

    let me = new_holders[0];
    let mut mine = addressed(me, &sub_shares);
    mine.reverse();
    assert!(checked.receive(me, &mine).is_ok());
    let identifier = mine.pop().unwrap().from();
    let error = checked.receive(me, &mine).unwrap_err();
    assert_eq!(error, Error::MissingMessage { identifier });
    let error = checked.receive(me, &addressed(new_holders[1], &sub_shares));
    let (expected, found) = (me, new_holders[1]);
    assert_eq!(
        error.unwrap_err(),
        Error::IdentifierMismatch { expected, found }
    );
}

#[test]
fn a_sub_commitment_survives_its_encoding() {
    let rng = &mut rng("a_sub_commitment_survives_its_encoding");
    let Scene {
        plan,
        new_holders,
        old,
    } = scene::<P256>(rng);
    let (commitments, _) = deal_all(&plan, &old, &new_holders, rng);
    let B_i = &commitments[0];
    let encoded = B_i.to_bytes();
    let decode =
        |bytes: &[Vec<u8>]| SubCommitment::<P256>::from_bytes(B_i.from(), bytes, threshold(3));
    assert_eq!(decode(&encoded), Ok(B_i.clone()));
    let error = Error::WrongCommitmentLength {
        expected: 3,
        found: 2,
    };
    assert_eq!(decode(&encoded[1..]), Err(error));
    let mut cut = encoded;
    cut[2].pop();
    let error = Error::InvalidCoefficientCommitment { position: 2 };
    assert_eq!(decode(&cut), Err(error));
}

/// A share may be zero, which no secret may.
#[test]
fn a_zero_share_is_dealt_like_any_other() {
    let rng = &mut rng("a_zero_share_is_dealt_like_any_other");
    // f(x) = 1 + 3x is zero at x = 2.
    let f = SecretPolynomial::<Tiny<7>>::random(&secret(1), threshold(2), &mut script(&[3]));
    let f = f.unwrap();
    let old: Vec<_> = ids(&[2, 3])
        .into_iter()
        .map(|x| f.evaluate(x).unwrap())
        .collect();
    let plan = Redistribution::new(&f.commit(), &ids(&[2, 3]), threshold(2)).unwrap();
    let new_holders = ids(&[4, 5]);
    let (commitments, sub_shares) = deal_all(&plan, &old, &new_holders, rng);
    let checked = plan.check(&commitments).unwrap();
    let new = receive_all(&checked, &new_holders, &sub_shares);
    assert_eq!(
        combine(&new, threshold(2)).unwrap().expose_secret().get(),
        1
    );
}

/// Whatever the share, a sub-share takes each value equally often: once for each choice of r.
#[test]
fn a_sub_share_says_nothing_about_the_share() {
    for value in 0..127 {
        // Of threshold 1 every share is the secret; a line through (0, 1) has every value at 1.
        let line = (value + 126) % 127;
        let f =
            SecretPolynomial::<Tiny<127>>::random(&secret(1), threshold(2), &mut script(&[line]));
        let f = f.unwrap();
        let plan = Redistribution::new(&f.commit(), &ids(&[1, 2]), threshold(2)).unwrap();
        let share = f.evaluate(identifier(1)).unwrap();
        assert_eq!(share.value().expose_secret().get(), value);
        for x in [1, 2, 126] {
            let mut seen = BTreeMap::<u64, u32>::new();
            for r in 0..127 {
                let new_holders = ids(&[x, 77]);
                let dealing = plan.deal(&share, &new_holders, &mut script(&[r])).unwrap();
                let (_, sub_shares) = dealing.into_parts();
                *seen
                    .entry(sub_shares[0].value().expose_secret().get())
                    .or_default() += 1;
            }
            assert_eq!(seen, (0..127).map(|value| (value, 1)).collect());
        }
    }
}

/// What a coalition of one old and one new holder sees in a redistribution from two of three, dealt
/// by 1 and 2, to two of two, 4 and 5, counted over every randomness.
fn views(s: u64, see: impl Fn(&[u64; 3], &[u64; 2], u64) -> Vec<u64>) -> BTreeMap<Vec<u64>, u32> {
    let mut seen = BTreeMap::new();
    for a_1 in 0..7 {
        let f = SecretPolynomial::<Tiny<7>>::random(&secret(s), threshold(2), &mut script(&[a_1]));
        let f = f.unwrap();
        let plan = Redistribution::new(&f.commit(), &ids(&[1, 2]), threshold(2)).unwrap();
        let shares = [1, 2, 3].map(|x| f.evaluate(identifier(x)).unwrap());
        let values = [0, 1, 2].map(|i: usize| shares[i].value().expose_secret().get());
        for r in all_lists(7, 2) {
            let new_holders = ids(&[4, 5]);
            let mut sent = Vec::new();
            let mut commitments = Vec::new();
            for (share, r_i) in shares.iter().zip(&r) {
                let dealing = plan
                    .deal(share, &new_holders, &mut script(&[*r_i]))
                    .unwrap();
                let (commitment, sub_shares) = dealing.into_parts();
                commitments.push(commitment);
                sent.extend(sub_shares);
            }
            let mine = addressed(identifier(4), &sent);
            let dealt = [0, 1].map(|i: usize| mine[i].value().expose_secret().get());
            let checked = plan.check(&commitments).unwrap();
            let share = checked.receive(identifier(4), &mine).unwrap();
            assert!(!bool::from(share.value().expose_secret().is_zero()) || s != 0);
            *seen.entry(see(&values, &dealt, r[0])).or_default() += 1;
        }
    }
    seen
}

#[test]
fn an_old_and_a_new_holder_together_learn_nothing() {
    // The old holder did not deal; or it did, and knows its own polynomial.
    let bystander = |s| views(s, |shares, dealt, _| vec![shares[2], dealt[0], dealt[1]]);
    let dealer = |s| views(s, |shares, dealt, r_1| vec![shares[0], r_1, dealt[1]]);
    for s in 2..7 {
        assert_eq!(bystander(s), bystander(1));
        assert_eq!(dealer(s), dealer(1));
    }
    // The count tells when there is something to learn: two old holders.
    let both = |s| views(s, |shares, _, _| vec![shares[0], shares[1]]);
    assert_ne!(both(2), both(1));
}

/// Thresholds and numbers of holders of a size that is used.
#[test]
fn sixty_seven_of_a_hundred_go_to_eleven_of_twenty() {
    let rng = &mut rng("sixty_seven_of_a_hundred_go_to_eleven_of_twenty");
    let all: Vec<_> = (1..=100).map(identifier).collect();
    let secret = SecretScalar::<Ed25519>::random(rng);
    let t = Threshold::new(67).unwrap();
    let (old, commitment) = split(&secret, t, &all, rng).unwrap().into_parts();
    let plan = Redistribution::new(&commitment, &all[20..], threshold(11)).unwrap();
    let new_holders = &all[..20];
    let (commitments, sub_shares) = deal_all(&plan, &old, new_holders, rng);
    let checked = plan.check(&commitments).unwrap();
    let new = receive_all(&checked, new_holders, &sub_shares);
    assert!(bool::from(
        checked
            .commitment()
            .combine(&new[9..])
            .unwrap()
            .ct_eq(&secret)
    ));
}

#[test]
fn debug_tells_who_and_for_whom_and_no_value() {
    let rng = &mut rng("debug_tells_who_and_for_whom_and_no_value");
    let Scene {
        plan,
        new_holders,
        old,
    } = scene::<Secp256k1>(rng);
    let dealing = plan.deal(&old[0], &new_holders, rng).unwrap();
    let other = plan.deal(&old[2], &new_holders, rng).unwrap();
    let shown_dealing = format!("{dealing:?}");
    assert!(shown_dealing.starts_with("SubDealing { sub_shares: [SubShare"));
    let (first, sub_shares) = dealing.into_parts();
    let (second, _) = other.into_parts();
    assert_eq!(
        format!("{:?}", sub_shares[0]),
        "SubShare { from: Identifier(1), to: Identifier(4), .. }"
    );
    let shown_plan = format!("{plan:?}");
    assert!(shown_plan.starts_with("Redistribution {") && shown_plan.contains("Identifier(3)"));
    let shown_commitment = format!("{first:?}");
    assert!(shown_commitment.starts_with("SubCommitment<secp256k1>(1) ["));
    assert!(shown_commitment.contains(&hex::encode(&first.to_bytes()[2])));
    let shown_checked = format!("{:?}", plan.check(&[first, second]).unwrap());
    assert!(shown_checked.starts_with("CheckedRedistribution {"));
    let values = sub_shares
        .iter()
        .map(|sub_share| sub_share.value().to_bytes());
    for value in values.chain([old[0].value().to_bytes()]) {
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
