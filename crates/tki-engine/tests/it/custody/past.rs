//! Random pasts of accounts: events, some that tell a structure, and gaps between them.

use rand_chacha::ChaCha20Rng;
use tki_engine::custody::{Listed, Past};
use tki_math::{AccessStructure, Epoch, Gate, Identifier, Level, Member, Threshold};
use tki_metadata::{
    Arrangement, Event, EventSignature, Extensions, Happened, HolderName, OperationId,
};

use super::enumeration::{below, list, object, one_in, pick};

/// What an account with this structure may have been before.
pub(super) fn of(rng: &mut ChaCha20Rng, structure: &AccessStructure, factors: &[Listed]) -> Past {
    let mut version = u64::from(one_in(rng, 3));
    let mut events = Vec::new();
    for number in 0..below(rng, 5) {
        let mut changes = Vec::new();
        if number == 0 && !one_in(rng, 4) {
            let begun = [Happened::Created, Happened::Imported];
            changes.push(pick(rng, &begun));
        }
        for _ in 0..below(rng, 3) {
            changes.push(piece(rng, structure, factors));
        }
        events.push(event(version, changes));
        version += if one_in(rng, 4) { 2 } else { 1 };
    }
    // The last event is the account's own version, or one before.
    let is_behind = one_in(rng, 5) && version > 0;
    Past {
        version: if is_behind {
            version
        } else {
            version.saturating_sub(1)
        },
        key_since: one_in(rng, 5).then(|| u64::from(below(rng, 5))),
        events,
    }
}

fn piece(rng: &mut ChaCha20Rng, structure: &AccessStructure, factors: &[Listed]) -> Happened {
    let name = |factor: &Listed| HolderName::new(factor.identifier(), factor.kind, "");
    let places: usize = factors.iter().map(|f| f.identifiers.len()).sum();
    let most = u32::try_from(places).unwrap();
    match below(rng, 9) {
        0 | 1 => {
            let t = 1 + u16::try_from(below(rng, most)).unwrap();
            Happened::Structure(Threshold::new(t).unwrap().into())
        }
        2 => Happened::Arranged(arrangement(rng, factors)),
        3 => {
            if let AccessStructure::Gate(gate) = structure {
                Happened::Arranged(as_told(gate, factors))
            } else {
                Happened::Structure(structure.clone())
            }
        }
        4 => Happened::Added(name(&pick(rng, factors))),
        5 => Happened::Renewed(name(&pick(rng, factors))),
        6 => Happened::Refreshed,
        7 => Happened::Removed(name(&pick(rng, factors))),
        _ if one_in(rng, 2) => Happened::More(1),
        _ => Happened::Other {
            kind: 4000,
            body: Vec::new(),
        },
    }
}

/// So many of some factors, one of which may have been removed, with a gate among them.
fn arrangement(rng: &mut ChaCha20Rng, factors: &[Listed]) -> Arrangement {
    let gone = Identifier::new(99).unwrap();
    let mut members: Vec<Arrangement> = Vec::new();
    for factor in factors {
        if !one_in(rng, 4) {
            members.push(Arrangement::Holder(factor.identifier()));
        }
    }
    members.push(Arrangement::Holder(gone));
    if members.len() > 2 && one_in(rng, 2) {
        let inner = members.split_off(members.len() - 2);
        members.push(Arrangement::gate(Threshold::ONE, inner));
    }
    let most = u32::try_from(members.len()).unwrap();
    let t = 1 + u16::try_from(below(rng, most)).unwrap();
    Arrangement::gate(Threshold::new(t).unwrap(), members)
}

/// The structure that the account has, as an event tells it.
fn as_told(gate: &Gate, factors: &[Listed]) -> Arrangement {
    let members = gate.levels().iter().flat_map(Level::members);
    let members = members.map(|member| match member {
        Member::Gate(_, inner) => as_told(inner, factors),
        Member::Holder(x) => {
            let factor = factors.iter().find(|f| f.identifiers.contains(x)).unwrap();
            Arrangement::Holder(factor.identifier())
        }
    });
    Arrangement::gate(gate.threshold(), members.collect())
}

fn event(version: u64, changes: Vec<Happened>) -> Event {
    Event {
        number: version,
        version,
        epoch: Epoch::ZERO,
        time: 0,
        operation: OperationId::from_bytes([0; 16]),
        previous: [0; 32],
        by: Vec::new(),
        by_others: 0,
        changes,
        receipt: [0; 32],
        signature: EventSignature::from_bytes([0; 64]),
        countersignature: None,
        extensions: Extensions::new(),
    }
}

/// The same for the other program.
pub(super) fn json(past: &Past) -> String {
    let events = past.events.iter().map(|event| {
        object([
            ("version".into(), event.version.to_string()),
            ("changes".into(), list(event.changes.iter().map(piece_json))),
        ])
    });
    let since = past.key_since.map_or("null".to_owned(), |v| v.to_string());
    object([
        ("version".into(), past.version.to_string()),
        ("key_since".into(), since),
        ("events".into(), list(events)),
    ])
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all that is made here and tells nothing"
)]
fn piece_json(piece: &Happened) -> String {
    match piece {
        Happened::Created => "[\"created\"]".into(),
        Happened::Imported => "[\"imported\"]".into(),
        Happened::Structure(AccessStructure::Threshold(t)) => {
            format!("[\"threshold\",{}]", t.get())
        }
        Happened::Arranged(arrangement) => {
            format!("[\"arranged\",{}]", arrangement_json(arrangement))
        }
        Happened::Added(name) | Happened::Renewed(name) => {
            format!("[\"made\",{}]", name.identifier)
        }
        Happened::More(_) => "[\"more\"]".into(),
        Happened::Other { .. } => "[\"other\"]".into(),
        _ => "[\"silent\"]".into(),
    }
}

fn arrangement_json(arrangement: &Arrangement) -> String {
    match arrangement {
        Arrangement::Holder(x) => x.to_string(),
        Arrangement::Gate { threshold, members } => object([
            ("threshold".into(), threshold.get().to_string()),
            ("members".into(), list(members.iter().map(arrangement_json))),
        ]),
    }
}
