//! H(core) tells any two cores apart.

use std::collections::BTreeMap;

use tki_math::{AccessStructure, Epoch, Threshold};
use tki_metadata::{AccountId, Core, HistoryEntry, HolderKind, OperationId, Origin};
use tki_seal::curve::CurveId;

use crate::samples::{self, extensions, identifier};

type Change = (&'static str, fn(&mut Core));

/// At least one change of every field, and changes that move content between neighbours.
const CHANGES: &[Change] = &[
    ("nothing", |_| {}),
    ("account", |core| {
        core.account = AccountId::from_bytes([0; 32]);
    }),
    ("version", |core| core.version += 1),
    ("operation", |core| {
        core.operation = OperationId::from_bytes([0; 16]);
    }),
    ("curve", |core| core.curve = CurveId::Ed25519),
    ("origin", |core| core.origin = Origin::Imported),
    ("first verifying key", |core| {
        core.first_verifying_key[5] ^= 1;
    }),
    ("first verifying key is the current one", |core| {
        core.first_verifying_key = core.keys[0].verifying_key.clone();
    }),
    ("no first verifying key", |core| {
        core.first_verifying_key.clear();
    }),
    ("no keys", |core| core.keys.clear()),
    ("key twice", |core| core.keys.push(core.keys[0].clone())),
    ("verifying key", |core| core.keys[0].verifying_key[5] ^= 1),
    ("commitment", |core| core.keys[0].commitments[1][5] ^= 1),
    ("commitments swapped", |core| {
        core.keys[0].commitments.swap(0, 1);
    }),
    ("commitments joined", |core| {
        let joined = core.keys[0].commitments.concat();
        core.keys[0].commitments = vec![joined];
    }),
    ("no commitments", |core| core.keys[0].commitments.clear()),
    ("sealed seed", |core| {
        core.keys[0].sealed_seed = Some(vec![1]);
    }),
    ("empty sealed seed", |core| {
        core.keys[0].sealed_seed = Some(Vec::new());
    }),
    ("key extension", |core| {
        core.keys[0].extensions.insert(1, Vec::new());
    }),
    ("epoch", |core| core.epoch = Epoch::new(2)),
    ("structure", |core| {
        core.structure = AccessStructure::Threshold(Threshold::new(3).expect("not zero"));
    }),
    ("structure is nested", |core| {
        core.structure = samples::nested().into();
    }),
    ("no holders", |core| core.holders.clear()),
    ("holders swapped", |core| core.holders.swap(0, 1)),
    ("holder gone", |core| drop(core.holders.pop())),
    ("identifier", |core| {
        core.holders[0].identifiers[0] = identifier(9);
    }),
    ("identifier more", |core| {
        core.holders[0].identifiers.push(identifier(9));
    }),
    ("no identifier", |core| core.holders[0].identifiers.clear()),
    ("kind", |core| core.holders[0].kind = HolderKind::Words),
    ("unknown kind", |core| {
        core.holders[0].kind = HolderKind::Other(99);
    }),
    ("label", |core| core.holders[0].label.push('!')),
    ("no label", |core| core.holders[0].label.clear()),
    ("added", |core| core.holders[0].added += 1),
    ("box key", |core| {
        core.holders[0].box_key = core.holders[1].box_key;
    }),
    ("mailbox", |core| {
        core.holders[0].mailbox = core.holders[1].mailbox;
    }),
    ("offline", |core| core.holders[0].offline = true),
    ("holder extension", |core| {
        core.holders[0].extensions.insert(1, Vec::new());
    }),
    ("holder extension value", |core| {
        core.holders[2].extensions.insert(7, b"other".to_vec());
    }),
    ("extension moves to another holder", |core| {
        core.holders[1].extensions = core.holders[2].extensions.clone();
        core.holders[2].extensions = extensions(&[]);
    }),
    ("next identifier", |core| {
        core.next_identifier = identifier(6);
    }),
    ("no history", |core| core.history.clear()),
    ("history hash", |core| core.history[0].hash[0] ^= 1),
    ("history version", |core| core.history[0].version = 9),
    ("history longer", |core| {
        core.history.push(HistoryEntry {
            version: 3,
            hash: [0; 32],
        });
    }),
    ("no settings", |core| core.settings = extensions(&[])),
    ("setting tag", |core| {
        core.settings = extensions(&[(1, b""), (3, b"two")]);
    }),
    ("setting value", |core| {
        core.settings = extensions(&[(1, b""), (2, b"tw")]);
    }),
    ("value moves between settings", |core| {
        core.settings = extensions(&[(1, b"two"), (2, b"")]);
    }),
    ("no extensions", |core| core.extensions = extensions(&[])),
    ("extension value", |core| {
        core.extensions = extensions(&[(0x7fff, b"\x00")]);
    }),
    ("extensions and settings swapped", |core| {
        core::mem::swap(&mut core.settings, &mut core.extensions);
    }),
    ("extension becomes a setting", |core| {
        core.settings = extensions(&[(1, b""), (2, b"two"), (0x7fff, b"\x00\x01")]);
        core.extensions = extensions(&[]);
    }),
];

#[test]
fn any_change_changes_the_hash() {
    let mut seen = BTreeMap::new();
    for (name, change) in CHANGES {
        let mut core = samples::core();
        change(&mut core);
        if let Some(other) = seen.insert(core.hash(), name) {
            panic!("{name} and {other} have one hash");
        }
    }
}

#[test]
fn the_hash_is_not_that_of_the_encoding() {
    // Encodings may change with the format; the hash must not.
    let document = samples::document();
    let mut other = document.clone();
    other.extensions.insert(1, b"outside the core".to_vec());
    other.mailbox_hashes[0] = [0; 32];
    assert_eq!(document.core.hash(), other.core.hash());
    assert_ne!(document.encode(), other.encode());
}
