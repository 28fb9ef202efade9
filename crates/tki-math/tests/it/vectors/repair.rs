//! `docs/spec/repair.md`: one holder's share, computed anew by others.

use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use tki_math::{
    CheckedRepair, Curve, Error, PolynomialCommitment, Repair, RepairCommitment, SecretScalar,
    Share, SubShare, split,
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

pub(super) const NAME: &str = "repair";

#[test]
fn repairs_are_those_of_the_reference() {
    check_committed(NAME);
}

pub(super) fn check<C: Scripted>(file: &Value) {
    for case in list(&file["repairs"]) {
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

fn plan<C: Curve>(case: &Value) -> Result<Repair<C>, Error> {
    let points: Vec<_> = list(&case["commitment"]).iter().map(bytes).collect();
    let commitment = PolynomialCommitment::from_bytes(&points, structure(&case["structure"]))?;
    let present = identifiers(&case["present"]);
    Repair::new(&commitment, &present, identifier(&case["lost"]))
}

/// All of a repair, with the shares and parts of a case; in its form.
fn run<C: Scripted>(case: &Value) -> Value {
    let plan = plan::<C>(case).unwrap();
    let names: Vec<_> = plan.helpers().collect();
    let expected = list(&case["helpers"]);
    assert_eq!(names.len(), expected.len());
    let (mut helpers, mut commitments) = (Vec::new(), Vec::new());
    let mut received: Vec<Vec<SubShare<C>>> = names.iter().map(|_| Vec::new()).collect();
    let present = identifiers(&case["present"]);
    let quorum = structure(&case["structure"]).quorum_at::<C>(&present, plan.lost());
    for ((x, weight), helper) in quorum.unwrap().weights().iter().zip(expected) {
        let share = Share::new(*x, scalar::<C>(&helper["share"]));
        let mut script = script::<C>(&list(&helper["parts"])[..names.len() - 1]);
        let dealing = plan.deal(&share, &mut script).unwrap();
        assert!(script.is_used_up());
        let (commitment, parts) = dealing.into_parts();
        let values: Vec<_> = parts.iter().map(|part| hexed(part.value())).collect();
        helpers.push(json!({
            "identifier": x.to_string(),
            "weight": scalars::<C>(&[*weight])[0],
            "share": helper["share"],
            "parts": values,
            "points": encoded(&commitment.to_bytes()),
        }));
        for (part, of_helper) in parts.into_iter().zip(&mut received) {
            of_helper.push(part);
        }
        commitments.push(commitment);
    }
    let checked = plan.check(&commitments).unwrap();
    let of_helpers = names.iter().zip(&received);
    let sums = of_helpers.map(|(x, parts)| checked.add_up(*x, parts).unwrap());
    let sums: Vec<_> = sums.collect();
    for (helper, sum) in helpers.iter_mut().zip(&sums) {
        helper["sum"] = json!(hexed(sum.value()));
    }
    let share = checked.finish(&sums).unwrap();
    json!({ "helpers": helpers, "share": hexed(share.value()) })
}

fn outcome<C: Curve>(case: &Value) -> Outcome {
    match text(&case["call"]) {
        "plan" => Outcome::blaming(plan::<C>(case)),
        "check" => Outcome::blaming(checked::<C>(case)),
        "add up" => {
            let parts = sent::<C>(&case["parts"]);
            let helper = identifier(&case["helper"]);
            Outcome::blaming(checked::<C>(case).unwrap().add_up(helper, &parts))
        }
        "finish" => {
            let sums = sent::<C>(&case["sums"]);
            Outcome::blaming(checked::<C>(case).unwrap().finish(&sums))
        }
        call => panic!("no call {call}"),
    }
}

fn checked<C: Curve>(case: &Value) -> Result<CheckedRepair<C>, Error> {
    let plan = plan::<C>(case)?;
    let mut commitments = Vec::new();
    for dealt in list(&case["commitments"]) {
        let points: Vec<_> = list(&dealt["points"]).iter().map(bytes).collect();
        let from = identifier(&dealt["from"]);
        commitments.push(RepairCommitment::from_bytes(from, &points, &plan)?);
    }
    plan.check(&commitments)
}

/// Random cases for the reference.
pub(super) fn write<C: Scripted>(rng: &mut ChaCha20Rng) -> Value {
    let mut cases = Vec::new();
    while cases.len() < 6 {
        cases.extend(random_case::<C>(rng, cases.len() + 1));
    }
    let refusals: Vec<_> = cases
        .iter()
        .map(|case| random_refusal::<C>(rng, case))
        .collect();
    json!({ "curve": C::NAME, "repairs": cases, "refusals": refusals })
}

/// `None` for a holder whom the others cannot help.
fn random_case<C: Scripted>(rng: &mut ChaCha20Rng, i: usize) -> Option<Value> {
    let (of, holders) = random_structure(rng);
    let rho: Vec<_> = (0..of.coefficient_count())
        .map(|_| random_secret::<C>(rng))
        .collect();
    let rho = json!(scalars::<C>(&rho));
    let secret: SecretScalar<C> = scalar(&rho[0]);
    let mut script = script::<C>(&list(&rho)[1..]);
    let dealing = split(&secret, &of, &holders, &mut script).unwrap();
    let mixed = random_choice(rng, &holders, holders.len());
    let (lost, others) = mixed.split_first()?;
    let mut case = json!({
        "name": format!("random {i}"),
        "structure": shown_structure(&of),
        "coefficients": rho,
        "commitment": encoded(&dealing.commitment().to_bytes()),
        "present": decimals(others),
        "lost": lost.to_string(),
    });
    let names: Vec<_> = plan::<C>(&case).ok()?.helpers().collect();
    let mut helpers = Vec::new();
    for x in &names {
        let mut shares = dealing.shares().iter();
        let share = shares.find(|share| share.identifier() == *x)?;
        // The last one is what is left.
        let parts: Vec<_> = names.iter().map(|_| random_scalar::<C>(rng)).collect();
        helpers.push(json!({ "share": hexed(share.value()), "parts": scalars::<C>(&parts) }));
    }
    case["helpers"] = json!(helpers);
    for (name, value) in run::<C>(&case).as_object()? {
        case[name] = value.clone();
    }
    Some(case)
}

/// What one helper receives, or who lost a share, with this and that wrong.
fn random_refusal<C: Scripted>(rng: &mut ChaCha20Rng, case: &Value) -> Value {
    let helpers = list(&case["helpers"]);
    let commitments: Vec<_> = helpers
        .iter()
        .map(|helper| json!({ "from": helper["identifier"], "points": helper["points"] }))
        .collect();
    let mut made = json!({ "commitments": commitments });
    for name in ["name", "structure", "commitment", "present", "lost"] {
        made[name] = case[name].clone();
    }
    let j = below(rng, helpers.len());
    let mut message = |helper: &Value, to: &Value, value: &Value| {
        let random = json!(scalars::<C>(&[random_scalar::<C>(rng)])[0]);
        let value = if one_in(rng, 3) { &random } else { value };
        json!({ "from": helper["identifier"], "to": to, "value": value })
    };
    if texts(&made["present"]).len().is_multiple_of(2) {
        let sums = helpers.iter();
        let sums = sums.map(|helper| message(helper, &case["lost"], &helper["sum"]));
        made["sums"] = sums.collect();
        made["call"] = json!("finish");
    } else {
        let to = helpers[j]["identifier"].clone();
        let parts = helpers.iter();
        made["parts"] = parts
            .map(|helper| message(helper, &to, &helper["parts"][j]))
            .collect();
        made["helper"] = to;
        made["call"] = json!("add up");
    }
    outcome::<C>(&made).into_case(made)
}
