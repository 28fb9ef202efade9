//! A log of events as it may be: the account of the other samples, which moves to another key.

use tki_math::{Epoch, SecretScalar, Threshold, VerifyingKey};
use tki_metadata::{
    Arrangement, Core, Event, EventLog, EventSignature, Extensions, Happened, HolderKind,
    HolderName, Key, OperationId, ReceiptFacts, SignedReceipt, Statement, event_key, event_scheme,
};
use tki_seal::{
    curve::CurveId,
    on_curve,
    signature::{self, Input},
};

use crate::samples::{self, extensions, identifier};

/// The secrets of the old key and of the new one.
pub(crate) const SECRETS: [u8; 2] = [0x21, 0x22];

/// s with this byte in it, and Y = s·G.
pub(crate) fn verifying_key(curve: CurveId, secret: u8) -> Vec<u8> {
    on_curve!(curve, C => {
        VerifyingKey::from_secret(&scalar::<C>(secret)).expect("not zero").to_bytes()
    })
}

fn scalar<C: tki_math::Curve>(secret: u8) -> SecretScalar<C> {
    let mut bytes = [0; 32];
    bytes[15] = secret;
    SecretScalar::from_canonical_bytes(&bytes).expect("below the order")
}

/// Signs a message with the event key of s.
pub(crate) fn sign(curve: CurveId, secret: u8, message: &[u8]) -> EventSignature {
    let key = verifying_key(curve, secret);
    let signature = on_curve!(curve, C => {
        let e = event_key::<C>(&scalar(secret), &key);
        signature::sign(event_scheme(curve), &e, Input::Message(message))
    });
    EventSignature::from_bytes(signature.expect("signs").to_bytes())
}

/// Signs a message with s itself, as an owner signs what he is asked to.
pub(crate) fn sign_as_owner(curve: CurveId, secret: u8, input: Input<'_>) -> EventSignature {
    let signature = on_curve!(curve, C => {
        signature::sign(event_scheme(curve), &scalar::<C>(secret), input)
    });
    EventSignature::from_bytes(signature.expect("signs").to_bytes())
}

pub(crate) fn name(number: u128, kind: HolderKind, label: &str) -> HolderName {
    HolderName {
        identifier: identifier(number),
        kind,
        label: label.to_owned(),
    }
}

/// One of (4, both of 1 and 2).
fn arrangement() -> Arrangement {
    let holder = |x| Arrangement::Holder(identifier(x));
    let of = |t, members| Arrangement::gate(Threshold::new(t).expect("not zero"), members);
    of(1, vec![holder(4), of(2, vec![holder(1), holder(2)])])
}

/// One piece of each kind, but for a rotation.
pub(crate) fn changes(curve: CurveId) -> Vec<Happened> {
    let words = || name(4, HolderKind::Words, "paper, grün");
    let next = verifying_key(curve, SECRETS[1]);
    vec![
        Happened::Created,
        Happened::Imported,
        Happened::Added(words()),
        Happened::Removed(name(3, HolderKind::Other(0x1234), "")),
        Happened::Renamed {
            holder: words(),
            before: "papier".to_owned(),
        },
        Happened::Renewed(words()),
        Happened::Repaired(words()),
        Happened::Structure(samples::core().structure),
        Happened::Arranged(arrangement()),
        Happened::Refreshed,
        Happened::RotationBegun { next: next.clone() },
        Happened::RotationCancelled { next },
        Happened::More(7),
        Happened::Other {
            kind: 0x7000,
            body: b"later".to_vec(),
        },
    ]
}

/// What a receipt of these changes may say.
pub(crate) fn facts(changes: Vec<Happened>) -> ReceiptFacts {
    ReceiptFacts {
        changes,
        scalar_only: false,
        can_lose: 1,
        keeps_history: 2,
        retention: "a file, of which there may be snapshots".to_owned(),
        residuals: vec![
            Statement {
                kind: 8,
                about: vec![name(3, HolderKind::Device, "laptop")],
                others: vec![
                    name(1, HolderKind::Device, ""),
                    name(2, HolderKind::Provider, "x"),
                ],
                numbers: vec![1],
            },
            Statement {
                kind: 4,
                about: Vec::new(),
                others: Vec::new(),
                numbers: Vec::new(),
            },
        ],
        extensions: extensions(&[(6, b"six")]),
    }
}

/// An event with nothing in the place of its signatures.
fn unsigned(log: &EventLog, version: u64, facts: &ReceiptFacts) -> Event {
    let (number, previous) = log.next();
    Event {
        number,
        version,
        epoch: Epoch::new(number),
        time: 1_700_000_000 + version,
        operation: OperationId::from_bytes([0x0b; 16]),
        previous,
        by: vec![
            name(1, HolderKind::Device, "laptop"),
            name(2, HolderKind::Provider, ""),
        ],
        by_others: 0,
        changes: Event::shortened(&facts.changes),
        receipt: facts.digest(),
        signature: EventSignature::from_bytes([0; 64]),
        countersignature: None,
        extensions: Extensions::new(),
    }
}

/// Signs an event, with the old key or, where it moves the account, with both.
pub(crate) fn signed(core: &Core, mut event: Event, secret: u8) -> Event {
    let curve = core.curve;
    let sign_for = |secret: u8| {
        let key = verifying_key(curve, secret);
        sign(curve, secret, &event.message(&core.account, curve, &key))
    };
    let signature = sign_for(secret);
    let countersignature = event.rotation().is_some().then(|| sign_for(SECRETS[1]));
    event.signature = signature;
    event.countersignature = countersignature;
    event
}

/// An account on this curve whose log has three events: everything, a rotation in the version of
/// the sample less one, and in its own a refresh.
pub(crate) fn account(curve: CurveId) -> (Core, EventLog) {
    let mut core = samples::core_on(curve);
    let key = verifying_key(curve, SECRETS[1]);
    let commitments = vec![key.clone(), key.clone()];
    core.keys = vec![Key::new(key.clone(), commitments, None)];
    let mut log = EventLog::default();
    let rotation = Happened::Rotated {
        before: verifying_key(curve, SECRETS[0]),
        after: key,
    };
    let all = [
        (core.version - 2, changes(curve), SECRETS[0]),
        (core.version - 1, vec![rotation], SECRETS[0]),
        (core.version, vec![Happened::Refreshed], SECRETS[1]),
    ];
    for (version, changes, secret) in all {
        let event = unsigned(&log, version, &facts(changes));
        log.push(signed(&core, event, secret));
    }
    log.put(&mut core).expect("valid");
    (core, log)
}

/// The receipt of the rotation.
pub(crate) fn receipt(curve: CurveId) -> SignedReceipt {
    let (core, log) = account(curve);
    let event = log.events()[1].clone();
    SignedReceipt {
        account: core.account,
        curve,
        verifying_key: verifying_key(curve, SECRETS[1]),
        facts: facts(event.changes.clone()),
        event,
        extensions: extensions(&[(5, b"five")]),
    }
}

/// The first event of an account and its receipt: those of `reader.py history`.
pub(crate) fn first() -> (Core, EventLog, SignedReceipt) {
    let core = samples::core();
    let changes = vec![
        Happened::Created,
        Happened::Added(name(4, HolderKind::Words, "paper, grün")),
        Happened::Removed(name(3, HolderKind::Other(0x1234), "")),
        Happened::Renamed {
            holder: name(4, HolderKind::Words, "paper, grün"),
            before: "papier".to_owned(),
        },
        Happened::Structure(core.structure.clone()),
        Happened::Refreshed,
    ];
    let facts = facts(changes);
    let mut log = EventLog::default();
    let event = signed(&core, unsigned(&log, 1, &facts), SECRETS[0]);
    log.push(event.clone());
    let receipt = SignedReceipt {
        account: core.account,
        curve: core.curve,
        verifying_key: verifying_key(core.curve, SECRETS[0]),
        event,
        facts,
        extensions: Extensions::new(),
    };
    (core, log, receipt)
}
