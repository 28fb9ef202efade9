//! `docs/spec/access.md`: shares under gates, their quorums, and what is refused.

use ff::Field;
use group::GroupEncoding as _;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use tki_math::{
    AccessStructure, Curve, Dealing, Identifier, PolynomialCommitment, Quorum, RefreshPolynomial,
    Share, split,
};

use super::{
    check_committed,
    structures::{careless_gate, gate, random_gate, shown},
    values::{
        Outcome, Scripted, Shown, below, bytes, decimals, encoded, hexed, identifiers, list,
        random_choice, random_scalar, random_secret, scalar, scalars, script, text, texts,
    },
};

pub(super) const NAME: &str = "access";

#[test]
fn structures_are_those_of_the_reference() {
    check_committed(NAME);
}

pub(super) fn check<C: Scripted>(file: &Value) {
    for case in list(&file["structures"]) {
        let _shown = Shown::of::<C>(case);
        let structure = AccessStructure::from(gate(&case["structure"]).unwrap());
        let dealing = dealing::<C>(case, &structure);
        check_dealing(case, &structure, &dealing);
        check_minimal_quorums(case, &structure);
        for quorum in list(&case["quorums"]) {
            assert_eq!(of_quorum(&structure, &dealing, quorum), *quorum);
        }
        for at in list(&case["interpolations"]) {
            assert_eq!(interpolated(&structure, &dealing, at), *at);
        }
        if structure.coefficient_count() > 1 {
            assert_eq!(
                refreshed(&structure, &dealing, &case["refresh"]),
                case["refresh"]
            );
        }
    }
    for case in list(&file["refusals"]) {
        let _shown = Shown::of::<C>(case);
        assert_eq!(outcome::<C>(case), Outcome::expected(case));
    }
}

/// The sharing with the coefficients of a case.
fn dealing<C: Scripted>(case: &Value, structure: &AccessStructure) -> Dealing<C> {
    let coefficients = list(&case["coefficients"]);
    assert_eq!(coefficients.len(), structure.coefficient_count());
    let secret = scalar::<C>(&coefficients[0]);
    let mut script = script::<C>(&coefficients[1..]);
    let holders = structure.holders().unwrap();
    let dealing = split(&secret, structure, &holders, &mut script).unwrap();
    assert!(script.is_used_up());
    dealing
}

fn check_dealing<C: Curve>(case: &Value, structure: &AccessStructure, dealing: &Dealing<C>) {
    let A = dealing.commitment();
    assert_eq!(encoded(&A.to_bytes()), texts(&case["commitment"]));
    let points: Vec<_> = list(&case["commitment"]).iter().map(bytes).collect();
    assert_eq!(
        PolynomialCommitment::from_bytes(&points, structure).as_ref(),
        Ok(A)
    );
    let holders = list(&case["holders"]);
    assert_eq!(holders.len(), dealing.shares().len());
    for (share, expected) in dealing.shares().iter().zip(holders) {
        assert_eq!(
            share.identifier().to_string(),
            text(&expected["identifier"])
        );
        assert_eq!(hexed(share.value()), text(&expected["share"]));
        assert_eq!(A.verify(share), Ok(()));
        let image = share.value().public_point().to_bytes();
        assert_eq!(hex::encode(image), text(&expected["verifying_share"]));
        // The factors that the reference found, applied to the commitment.
        if let Some(factors) = expected.get("factors") {
            let factors = list(factors)
                .iter()
                .map(|a| *scalar::<C>(a).expose_secret());
            let terms: Vec<_> = factors.zip(A.as_points().iter().copied()).collect();
            let found = C::multi_scalar_mul_vartime(&terms);
            assert_eq!(found, share.value().public_point());
        }
    }
}

fn check_minimal_quorums(case: &Value, structure: &AccessStructure) {
    let expected = &case["minimal_quorums"];
    if expected.is_null() {
        return;
    }
    assert_eq!(*expected, minimal_quorums(structure));
}

/// Each ascending, and all in order.
fn minimal_quorums(structure: &AccessStructure) -> Value {
    let holders = structure.holders().unwrap();
    let mut quorums = structure.minimal_quorums(&holders, 1000).unwrap();
    quorums.iter_mut().for_each(|quorum| quorum.sort_unstable());
    quorums.sort_unstable();
    quorums.iter().map(|quorum| decimals(quorum)).collect()
}

/// The weights, ascending by identifier.
fn weights<C: Curve>(quorum: &Quorum<C>) -> Value {
    let mut weights = quorum.weights().to_vec();
    weights.sort_unstable_by_key(|(x, _)| *x);
    let shown = weights
        .iter()
        .map(|(x, c)| json!({ "identifier": x.to_string(), "weight": scalars::<C>(&[*c])[0] }));
    shown.collect()
}

fn pick<C: Curve>(dealing: &Dealing<C>, present: &[Identifier]) -> Vec<Share<C>> {
    let of = |x: &Identifier| {
        let mut shares = dealing.shares().iter();
        let share = shares.find(|share| share.identifier() == *x).unwrap();
        Share::new(*x, share.value().clone())
    };
    present.iter().map(of).collect()
}

/// The case of a quorum among those of a case who are present.
fn of_quorum<C: Curve>(structure: &AccessStructure, dealing: &Dealing<C>, case: &Value) -> Value {
    let present = identifiers(&case["present"]);
    let satisfied = structure.is_satisfied_by(&present);
    let quorum = structure.quorum::<C>(&present);
    if let Ok(quorum) = &quorum {
        let secret = quorum.combine(&pick(dealing, &present)).unwrap();
        let key = dealing.commitment().verifying_key();
        assert_eq!(secret.public_point(), *key.as_point());
    }
    json!({
        "present": case["present"],
        "satisfied": satisfied,
        "weights": quorum.ok().map(|quorum| weights(&quorum)),
    })
}

fn interpolated<C: Curve>(
    structure: &AccessStructure,
    dealing: &Dealing<C>,
    case: &Value,
) -> Value {
    let present = identifiers(&case["present"]);
    let x = text(&case["at"]).parse().unwrap();
    let quorum = structure.quorum_at::<C>(&present, x).unwrap();
    let share = quorum.combine(&pick(dealing, &present)).unwrap();
    json!({
        "present": case["present"],
        "at": case["at"],
        "weights": weights(&quorum),
        "share": hexed(&share),
    })
}

fn refreshed<C: Scripted>(
    structure: &AccessStructure,
    dealing: &Dealing<C>,
    case: &Value,
) -> Value {
    let mut script = script::<C>(&list(&case["coefficients"])[1..]);
    let polynomial = RefreshPolynomial::<C>::random(structure, &mut script).unwrap();
    assert!(script.is_used_up());
    let published = polynomial.commit();
    let after = dealing.commitment().refresh(&published).unwrap();
    let mut shares = Vec::new();
    for share in dealing.shares() {
        let delta = polynomial.evaluate(share.identifier()).unwrap();
        let before = Share::new(share.identifier(), share.value().clone());
        let share = before.refresh(&delta).unwrap();
        assert_eq!(after.verify(&share), Ok(()));
        shares.push(hexed(share.value()));
    }
    json!({
        "coefficients": case["coefficients"],
        "commitment": encoded(&published.to_bytes()),
        "refreshed_shares": shares,
    })
}

fn outcome<C: Curve>(case: &Value) -> Outcome {
    let gate = gate(&case["structure"]);
    match text(&case["call"]) {
        "structure" => Outcome::of(gate),
        "quorum" => {
            let structure = AccessStructure::from(gate.unwrap());
            Outcome::of(structure.quorum::<C>(&identifiers(&case["present"])))
        }
        "check" => Outcome::of(AccessStructure::from(gate.unwrap()).check::<C>()),
        call => panic!("no call {call}"),
    }
}

/// Random cases for the reference.
pub(super) fn write<C: Scripted>(rng: &mut ChaCha20Rng) -> Value {
    let structures: Vec<_> = (1..=10).map(|i| random_structure::<C>(rng, i)).collect();
    let mut refusals = Vec::new();
    for i in 1..=40 {
        let structure = careless_gate(rng, 1);
        let mut calls = vec![json!({ "call": "structure", "structure": structure })];
        if let Ok(gate) = gate(&structure) {
            let holders = gate.holders();
            let count = below(rng, holders.len() + 1);
            let present = decimals(&random_choice(rng, &holders, count));
            calls.push(json!({ "call": "quorum", "structure": structure, "present": present }));
        }
        for mut case in calls {
            case["name"] = json!(format!("random {i}"));
            refusals.push(outcome::<C>(&case).into_case(case));
        }
    }
    json!({ "curve": C::NAME, "structures": structures, "refusals": refusals })
}

fn random_structure<C: Scripted>(rng: &mut ChaCha20Rng, i: usize) -> Value {
    let structure = AccessStructure::from(random_gate(rng, 2));
    let AccessStructure::Gate(gate) = &structure else {
        panic!("it is made of a gate")
    };
    let d = structure.coefficient_count();
    let mut rho: Vec<_> = (0..d).map(|_| random_scalar::<C>(rng)).collect();
    rho[0] = random_secret::<C>(rng);
    let mut case = json!({
        "name": format!("random {i}"),
        "structure": shown(gate),
        "coefficients": scalars::<C>(&rho),
    });
    let dealing = dealing::<C>(&case, &structure);
    case["commitment"] = json!(encoded(&dealing.commitment().to_bytes()));
    let holder = |share: &Share<C>| {
        json!({
            "identifier": share.identifier().to_string(),
            "share": hexed(share.value()),
            "verifying_share": hex::encode(share.value().public_point().to_bytes()),
        })
    };
    case["holders"] = dealing.shares().iter().map(holder).collect();
    let holders = structure.holders().unwrap();
    case["minimal_quorums"] = Value::Null;
    if holders.len() <= 8 {
        case["minimal_quorums"] = minimal_quorums(&structure);
    }
    let mut quorums = Vec::new();
    for _ in 0..6 {
        let count = below(rng, holders.len() + 1);
        let present = decimals(&random_choice(rng, &holders, count));
        quorums.push(of_quorum(
            &structure,
            &dealing,
            &json!({ "present": present }),
        ));
    }
    case["quorums"] = json!(quorums);
    let everyone = random_choice(rng, &holders, holders.len());
    let others =
        |x: &Identifier| -> Vec<_> { everyone.iter().copied().filter(|y| y != x).collect() };
    let targets = holders
        .iter()
        .filter(|x| structure.quorum_at::<C>(&others(x), **x).is_ok());
    let at = targets.map(|x| {
        let case = json!({ "present": decimals(&others(x)), "at": x.to_string() });
        interpolated(&structure, &dealing, &case)
    });
    case["interpolations"] = at.collect();
    let mut beta: Vec<_> = (0..d).map(|_| random_scalar::<C>(rng)).collect();
    beta[0] = C::Scalar::ZERO;
    let refresh = json!({ "coefficients": scalars::<C>(&beta) });
    case["refresh"] = if d > 1 {
        refreshed(&structure, &dealing, &refresh)
    } else {
        refresh
    };
    case
}
