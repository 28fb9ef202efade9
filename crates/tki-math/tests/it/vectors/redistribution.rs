//! `docs/spec/redistribution.md`: a sharing dealt anew, under another structure.

use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use tki_math::{
    CheckedRedistribution, Curve, Error, PolynomialCommitment, Redistribution, SecretScalar, Share,
    SubCommitment, SubDealing, SubShare, split,
};

use super::{
    check_committed,
    structures::{random_structure, shown_structure, structure},
    values::{
        Outcome, Scripted, Shown, below, bytes, decimals, encoded, hexed, identifier, identifiers,
        list, one_in, random_choice, random_scalar, random_secret, scalar, scalars, script, sent,
        text, texts,
    },
};

pub(super) const NAME: &str = "redistribution";

#[test]
fn redistributions_are_those_of_the_reference() {
    check_committed(NAME);
}

pub(super) fn check<C: Scripted>(file: &Value) {
    for case in list(&file["redistributions"]) {
        let _shown = Shown::of::<C>(case);
        for (name, value) in run::<C>(case).as_object().unwrap() {
            assert_eq!(*value, case[name], "{name}");
        }
    }
    for case in list(&file["refusals"]) {
        let _shown = Shown::of::<C>(case);
        assert_eq!(outcome::<C>(case), Outcome::expected(case));
    }
}

/// The plan of a case.
fn plan<C: Curve>(case: &Value) -> Redistribution<C> {
    let points: Vec<_> = list(&case["commitment"]).iter().map(bytes).collect();
    let old = PolynomialCommitment::from_bytes(&points, structure(&case["old"])).unwrap();
    let present = identifiers(&case["present"]);
    Redistribution::new(&old, &present, structure(&case["new"])).unwrap()
}

/// All of a redistribution, with the shares and coefficients of a case; in its form.
fn run<C: Scripted>(case: &Value) -> Value {
    let plan = plan::<C>(case);
    let holders = identifiers(&case["receivers"]);
    let expected = list(&case["dealers"]);
    let (mut dealers, mut commitments) = (Vec::new(), Vec::new());
    let mut received: Vec<Vec<SubShare<C>>> = holders.iter().map(|_| Vec::new()).collect();
    let dealing: Vec<_> = plan.dealers().collect();
    let present = identifiers(&case["present"]);
    let quorum = structure(&case["old"]).quorum::<C>(&present).unwrap();
    assert_eq!(dealing, quorum.holders().collect::<Vec<_>>());
    assert_eq!(dealing.len(), expected.len());
    for ((x, weight), dealer) in quorum.weights().iter().zip(expected) {
        let share = Share::new(*x, scalar::<C>(&dealer["share"]));
        let mut script = script::<C>(&list(&dealer["coefficients"])[1..]);
        let dealing: SubDealing<C> = plan.deal(&share, &holders, &mut script).unwrap();
        assert!(script.is_used_up());
        let (commitment, sub_shares) = dealing.into_parts();
        let values: Vec<_> = sub_shares.iter().map(|sub| hexed(sub.value())).collect();
        dealers.push(json!({
            "identifier": x.to_string(),
            "weight": scalars::<C>(&[*weight])[0],
            "share": dealer["share"],
            "coefficients": dealer["coefficients"],
            "commitment": encoded(&commitment.to_bytes()),
            "sub_shares": values,
        }));
        for (sub_share, of_holder) in sub_shares.into_iter().zip(&mut received) {
            assert_eq!(commitment.verify(&sub_share), Ok(()));
            of_holder.push(sub_share);
        }
        commitments.push(commitment);
    }
    let checked = plan.check(&commitments).unwrap();
    let of_holders = holders.iter().zip(&received);
    let shares = of_holders.map(|(x, sub_shares)| checked.receive(*x, sub_shares).unwrap());
    json!({
        "dealers": dealers,
        "new_shares": shares.map(|share| hexed(share.value())).collect::<Vec<_>>(),
        "new_commitment": encoded(&checked.commitment().to_bytes()),
    })
}

fn outcome<C: Curve>(case: &Value) -> Outcome {
    let checked = checked::<C>(case);
    match text(&case["call"]) {
        "check" => Outcome::blaming(checked),
        "receive" => {
            let holder = identifier(&case["receiver"]);
            Outcome::blaming(
                checked
                    .unwrap()
                    .receive(holder, &sent::<C>(&case["sub_shares"])),
            )
        }
        call => panic!("no call {call}"),
    }
}

fn checked<C: Curve>(case: &Value) -> Result<CheckedRedistribution<C>, Error> {
    let new = structure(&case["new"]);
    let commitments = list(&case["commitments"]).iter().map(|dealt| {
        let points: Vec<_> = texts(&dealt["points"]).iter().map(hex::decode).collect();
        let points: Vec<_> = points.into_iter().map(Result::unwrap).collect();
        SubCommitment::from_bytes(identifier(&dealt["from"]), &points, &new).unwrap()
    });
    plan::<C>(case).check(&commitments.collect::<Vec<_>>())
}

/// Random cases for the reference.
pub(super) fn write<C: Scripted>(rng: &mut ChaCha20Rng) -> Value {
    let cases: Vec<_> = (1..=6).map(|i| random_case::<C>(rng, i)).collect();
    let refusals: Vec<_> = cases
        .iter()
        .map(|case| random_refusal::<C>(rng, case))
        .collect();
    json!({ "curve": C::NAME, "redistributions": cases, "refusals": refusals })
}

fn random_case<C: Scripted>(rng: &mut ChaCha20Rng, i: usize) -> Value {
    let ((old, holders), (new, receivers)) = (random_structure(rng), random_structure(rng));
    let rho: Vec<_> = (0..old.coefficient_count())
        .map(|_| random_secret::<C>(rng))
        .collect();
    let rho = json!(scalars::<C>(&rho));
    let secret: SecretScalar<C> = scalar(&rho[0]);
    let mut script = script::<C>(&list(&rho)[1..]);
    let dealing = split(&secret, &old, &holders, &mut script).unwrap();
    let mut case = json!({
        "name": format!("random {i}"),
        "old": shown_structure(&old),
        "old_coefficients": rho,
        "commitment": encoded(&dealing.commitment().to_bytes()),
        "present": decimals(&random_choice(rng, &holders, holders.len())),
        "new": shown_structure(&new),
        "receivers": decimals(&receivers),
    });
    let mut dealers = Vec::new();
    for x in plan::<C>(&case).dealers() {
        let mut shares = dealing.shares().iter();
        let share = shares.find(|share| share.identifier() == x).unwrap();
        let mut b: Vec<_> = (0..new.coefficient_count())
            .map(|_| random_scalar::<C>(rng))
            .collect();
        b[0] = *share.value().expose_secret();
        dealers.push(json!({ "share": hexed(share.value()), "coefficients": scalars::<C>(&b) }));
    }
    case["dealers"] = json!(dealers);
    for (name, value) in run::<C>(&case).as_object().unwrap() {
        case[name] = value.clone();
    }
    case
}

/// What the first new holder receives, with this and that wrong.
fn random_refusal<C: Scripted>(rng: &mut ChaCha20Rng, case: &Value) -> Value {
    let (mut commitments, mut sub_shares) = (Vec::new(), Vec::new());
    let to = &case["receivers"][0];
    for dealer in list(&case["dealers"]) {
        let from = &dealer["identifier"];
        commitments.push(json!({ "from": from, "points": dealer["commitment"] }));
        let mut value = dealer["sub_shares"][0].clone();
        if one_in(rng, 3) {
            value = json!(scalars::<C>(&[random_scalar::<C>(rng)])[0]);
        }
        sub_shares.push(json!({ "from": from, "to": to, "value": value }));
    }
    if one_in(rng, 4) {
        sub_shares.remove(below(rng, sub_shares.len()));
    }
    let mut made = json!({ "call": "receive", "commitments": commitments });
    for name in ["name", "old", "commitment", "present", "new"] {
        made[name] = case[name].clone();
    }
    made["receiver"] = to.clone();
    made["sub_shares"] = json!(sub_shares);
    outcome::<C>(&made).into_case(made)
}
