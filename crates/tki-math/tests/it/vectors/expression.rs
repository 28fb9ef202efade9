//! `docs/spec/access.md`, section "Expressions": read, printed, compiled, and held against the
//! formula on every set of names.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};
use tki_math::{AccessStructure, Compiled, Expression, Identifier};

use super::{
    check_committed,
    structures::shown,
    values::{Outcome, below, decimals, list, one_in, text},
};
use crate::random::Script;

pub(super) const NAME: &str = "expression";

#[test]
fn expressions_are_those_of_the_reference() {
    check_committed(NAME);
}

pub(super) fn check(file: &Value) {
    for case in list(&file["expressions"]) {
        let expression: Expression = text(&case["text"]).parse().unwrap();
        assert_eq!(expression.to_string(), text(&case["printed"]));
        let identifiers = list(&case["random"]).iter();
        let random = identifiers.map(|x| text(x).parse::<u128>().unwrap());
        let mut script = Script::new(random.flat_map(u128::to_le_bytes).collect());
        let compiled = expression.compile(&mut script).unwrap();
        assert!(script.is_used_up());
        assert_eq!(worked_out(&expression, &compiled, case), *case);
        let again: Expression = text(&case["printed"]).parse().unwrap();
        assert_eq!(again, expression);
    }
    for case in list(&file["refusals"]) {
        assert_eq!(
            outcome(case),
            Outcome::expected(case),
            "{}",
            text(&case["text"])
        );
    }
}

/// Everything that a case holds.
fn worked_out(expression: &Expression, compiled: &Compiled, case: &Value) -> Value {
    let AccessStructure::Gate(gate) = compiled.structure() else {
        panic!("an expression is a gate")
    };
    let names = compiled.holders().iter();
    let names: Value = names
        .map(|(name, own)| (name.clone(), json!(decimals(own))))
        .collect();
    json!({
        "text": case["text"],
        "random": case["random"],
        "printed": expression.to_string(),
        "structure": shown(gate),
        "names": names,
        "satisfied": satisfied(compiled),
    })
}

/// The sets of names that suffice, shorter ones first, and in the order of the alphabet.
fn satisfied(compiled: &Compiled) -> Vec<Vec<&str>> {
    let names: Vec<&str> = compiled.holders().keys().map(String::as_str).collect();
    let mut found: Vec<Vec<&str>> = (0_usize..1 << names.len())
        .map(|set| {
            let chosen = names.iter().enumerate();
            chosen
                .filter(|(i, _)| set >> i & 1 == 1)
                .map(|(_, name)| *name)
                .collect()
        })
        .collect();
    found.retain(|present: &Vec<&str>| {
        let identifiers = present
            .iter()
            .flat_map(|name| compiled.identifiers_of(name));
        let identifiers: Vec<Identifier> = identifiers.copied().collect();
        compiled.structure().is_satisfied_by(&identifiers)
    });
    found.sort_by_key(|present| (present.len(), present.clone()));
    found
}

fn outcome(case: &Value) -> Outcome {
    let read = text(&case["text"]).parse::<Expression>();
    Outcome::of(read.map_err(|error| error.refusal().clone()))
}

/// Random cases for the reference.
pub(super) fn write(rng: &mut ChaCha20Rng) -> Value {
    let (mut expressions, mut refusals) = (Vec::new(), Vec::new());
    for i in 1..=60 {
        let given = random_text(rng, 2);
        let Ok(expression) = given.parse::<Expression>() else {
            let case = json!({ "call": "parse", "name": format!("random {i}"), "text": given });
            refusals.push(outcome(&case).into_case(case));
            continue;
        };
        let compiled = expression
            .compile(&mut ChaCha20Rng::from_seed([9; 32]))
            .unwrap();
        // Names of plain gates are numbered from 1, those of ranked ones are random and large.
        let AccessStructure::Gate(gate) = compiled.structure() else {
            panic!("an expression is a gate")
        };
        let random = drawn(&shown(gate));
        let case = json!({ "text": given, "random": random });
        expressions.push(worked_out(&expression, &compiled, &case));
    }
    json!({ "expressions": expressions, "refusals": refusals })
}

/// The identifiers of ranked members, in the order in which they were drawn.
fn drawn(gate: &Value) -> Vec<String> {
    let levels = list(&gate["levels"]);
    let mut found = Vec::new();
    for member in levels.iter().flat_map(|level| list(&level["members"])) {
        let own = member.get("holder").unwrap_or(&member["identifier"]);
        if levels.len() > 1 {
            found.push(text(own).to_owned());
        }
        if let Some(inner) = member.get("gate") {
            found.extend(drawn(inner));
        }
    }
    found
}

/// An expression, or almost one.
fn random_text(rng: &mut ChaCha20Rng, depth: usize) -> String {
    if depth == 0 || one_in(rng, 4) {
        let name = ["a", "b", "c", "d-1", "e_"][below(rng, 5)];
        let weight = 1 + below(rng, 3);
        return if one_in(rng, 4) {
            format!("{name} *{weight}")
        } else {
            name.to_owned()
        };
    }
    let mut list = || {
        let parts: Vec<_> = (0..=below(rng, 3))
            .map(|_| random_text(rng, depth - 1))
            .collect();
        (parts.join(" ,"), below(rng, 4))
    };
    let ((one, number), (other, more)) = (list(), list());
    match below(rng, 8) {
        0 => format!("any ({one})"),
        1 => format!("all({one} )"),
        2 => format!(
            "ranked({number} of ({one}), {} of ({other}))",
            number + more
        ),
        3 => format!("ranked({number} of ({one}))"),
        4 if one_in(rng, 4) => format!("{number} of ({one}"),
        _ => format!("{number} of ({one})"),
    }
}
