//! How access structures stand in files, and random ones.

use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use tki_math::{AccessStructure, Error, Gate, Identifier, Level, Member, Threshold};

use super::values::{below, identifier, list, one_in, random_bytes, random_identifiers, threshold};

/// The gate of a file, or why there is none.
pub(super) fn gate(value: &Value) -> Result<Gate, Error> {
    let mut levels = Vec::new();
    for level in list(&value["levels"]) {
        let members = list(&level["members"]).iter().map(member);
        let members = members.collect::<Result<Vec<_>, _>>()?;
        levels.push(Level::new(threshold(level), members));
    }
    Gate::ranked(levels)
}

/// The structure of a file: a gate, or the threshold of any holders.
pub(super) fn structure(value: &Value) -> AccessStructure {
    if value.get("levels").is_some() {
        gate(value).unwrap().into()
    } else {
        threshold(value).into()
    }
}

fn member(value: &Value) -> Result<Member, Error> {
    if let Some(holder) = value.get("holder") {
        return Ok(Member::Holder(identifier(holder)));
    }
    Ok(Member::Gate(
        identifier(&value["identifier"]),
        gate(&value["gate"])?,
    ))
}

pub(super) fn shown_structure(structure: &AccessStructure) -> Value {
    match structure {
        AccessStructure::Gate(gate) => shown(gate),
        AccessStructure::Threshold(threshold) => json!({ "threshold": threshold.get() }),
        other => panic!("{other:?}"),
    }
}

pub(super) fn shown(gate: &Gate) -> Value {
    let levels: Vec<_> = gate.levels().iter().map(shown_level).collect();
    json!({ "levels": levels })
}

fn shown_level(level: &Level) -> Value {
    let member = |member: &Member| match member {
        Member::Gate(x, gate) => json!({ "gate": shown(gate), "identifier": x.to_string() }),
        Member::Holder(x) => json!({ "holder": x.to_string() }),
    };
    json!({
        "threshold": level.threshold().get(),
        "members": level.members().iter().map(member).collect::<Vec<_>>(),
    })
}

/// A structure and holders that it has, or could have.
pub(super) fn random_structure(rng: &mut ChaCha20Rng) -> (AccessStructure, Vec<Identifier>) {
    if one_in(rng, 2) {
        let structure = AccessStructure::from(random_gate(rng, 1));
        let holders = structure.holders().unwrap();
        return (structure, holders);
    }
    let t = 1 + below(rng, 3);
    let more = below(rng, 3);
    let threshold = Threshold::new(u16::try_from(t).unwrap()).unwrap();
    (threshold.into(), random_identifiers(rng, t + more))
}

/// A gate of one to three levels; below `depth` some of its members are gates.
pub(super) fn random_gate(rng: &mut ChaCha20Rng, depth: usize) -> Gate {
    let (mut levels, mut before, mut members) = (Vec::new(), 0, 0);
    for _ in 0..=below(rng, 3) {
        let most = if depth == 0 { 3 } else { 2 };
        let added: Vec<_> = (0..=below(rng, most))
            .map(|_| random_member(rng, depth))
            .collect();
        members += added.len();
        if members > before {
            before += 1 + below(rng, members - before);
            let threshold = Threshold::new(u16::try_from(before).unwrap()).unwrap();
            levels.push(Level::new(threshold, added));
        }
    }
    Gate::ranked(levels).unwrap()
}

fn random_member(rng: &mut ChaCha20Rng, depth: usize) -> Member {
    let identifier = Identifier::random(rng);
    if depth > 0 && one_in(rng, 3) {
        Member::Gate(identifier, random_gate(rng, depth - 1))
    } else {
        Member::Holder(identifier)
    }
}

/// A gate with small numbers for identifiers, which may be refused for any reason.
pub(super) fn careless_gate(rng: &mut ChaCha20Rng, depth: usize) -> Value {
    let levels: Vec<_> = (0..=below(rng, 2))
        .map(|_| careless_level(rng, depth))
        .collect();
    json!({ "levels": levels })
}

fn careless_level(rng: &mut ChaCha20Rng, depth: usize) -> Value {
    let member = |rng: &mut ChaCha20Rng| {
        let x = (1 + random_bytes(rng, 1)[0] / 10).to_string();
        if depth > 0 && one_in(rng, 4) {
            json!({ "gate": careless_gate(rng, depth - 1), "identifier": x })
        } else {
            json!({ "holder": x })
        }
    };
    let members: Vec<_> = (0..=below(rng, 3)).map(|_| member(rng)).collect();
    json!({ "threshold": 1 + below(rng, 3), "members": members })
}
