//! Events and receipts: what is signed is what counts, and nothing else is signed by it.

use tki_metadata::{
    Core, Error, Event, EventError, EventLog, EventSignature, Happened, HolderKind, Notice, Rule,
    SignedReceipt, event_scheme, event_verifying_key, limits,
};
use tki_seal::{
    curve::CurveId,
    signature::{self, Input},
};

use crate::{
    event_samples::{
        SECRETS, account, changes, facts, first, name, receipt, sign, sign_as_owner, signed,
        verifying_key,
    },
    samples,
};

#[test]
fn a_log_is_read_back_and_verified_on_every_curve_across_a_rotation() {
    for curve in CurveId::ALL.iter().copied() {
        let (core, log) = account(curve);
        let read = EventLog::of(&core).unwrap().unwrap();
        assert_eq!(read, log);
        let keys = read.verify(&core).unwrap();
        let [old, new] = SECRETS.map(|secret| verifying_key(curve, secret));
        assert_eq!(keys, [&*old, &*old, &*new], "{curve}");
        let document = tki_metadata::Document::new(core.clone(), vec![[1; 32]; 3]);
        let again = tki_metadata::Document::decode(&document.encode().unwrap()).unwrap();
        assert_eq!(again.core, core);
    }
}

#[test]
fn a_document_without_a_log_has_none_and_that_is_no_error() {
    let core = samples::core();
    assert!(EventLog::of(&core).unwrap().is_none());
    assert_eq!(EventLog::default().next(), (0, [0; 32]));
}

/// Everything that is signed, changed piece by piece.
#[test]
fn whatever_is_changed_in_an_event_is_noticed() {
    let (core, log) = account(CurveId::Secp256k1);
    let edits: [fn(&mut Event); 13] = [
        |event| event.number += 1,
        |event| event.version -= 1,
        |event| event.epoch = tki_math::Epoch::new(9),
        |event| event.time += 1,
        |event| event.operation = tki_metadata::OperationId::from_bytes([1; 16]),
        |event| event.previous[0] ^= 1,
        |event| event.by.clear(),
        |event| event.by_others = 1,
        |event| event.changes.clear(),
        |event| event.receipt[31] ^= 1,
        |event| event.by[0].label = "desktop".into(),
        |event| event.by[0].kind = HolderKind::Words,
        |event| event.extensions.insert(4, vec![4]),
    ];
    let last = log.events().last().unwrap();
    let key = verifying_key(core.curve, SECRETS[1]);
    last.verify(&core.account, core.curve, &key).unwrap();
    for (number, edit) in edits.iter().enumerate() {
        let mut event = last.clone();
        edit(&mut event);
        assert_ne!(event.hash(), last.hash(), "{number}");
        let verified = event.verify(&core.account, core.curve, &key);
        assert_eq!(verified, Err(EventError::Signature), "{number}");
    }
    // For another account, and for another key.
    let other = tki_metadata::AccountId::from_bytes([3; 32]);
    let verified = last.verify(&other, core.curve, &key);
    assert_eq!(verified, Err(EventError::Signature));
    let old = verifying_key(core.curve, SECRETS[0]);
    let verified = last.verify(&core.account, core.curve, &old);
    assert_eq!(verified, Err(EventError::Signature));
}

#[test]
fn every_byte_of_a_log_and_of_a_receipt_counts() {
    let (core, log) = account(CurveId::Ed25519);
    let bytes = log.encode().unwrap();
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1;
        let believed = EventLog::decode(&damaged).is_ok_and(|log| log.verify(&core).is_ok());
        assert!(!believed, "byte {place} of {} of the log", bytes.len());
    }
    let receipt = receipt(CurveId::Ed25519);
    receipt.verify().unwrap();
    let bytes = receipt.encode().unwrap();
    assert_eq!(SignedReceipt::decode(&bytes).unwrap(), receipt);
    // What stands after the facts says nothing that is signed.
    let signed = bytes.len() - "five".len() - 8 - 2 - 8;
    for place in 0..signed {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1;
        let believed = SignedReceipt::decode(&damaged).is_ok_and(|r| r.verify().is_ok());
        assert!(!believed, "byte {place} of {} of the receipt", bytes.len());
    }
}

#[test]
fn no_event_is_left_out_moved_or_dated_beyond_the_account() {
    let curve = CurveId::Secp256k1;
    let (core, log) = account(curve);
    let rebuilt = |events: &[Event]| {
        let mut log = EventLog::default();
        events.iter().cloned().for_each(|event| log.push(event));
        log
    };
    let [first, second, third] = log.events() else {
        panic!("three events");
    };
    let all = [first.clone(), second.clone(), third.clone()];
    assert_eq!(rebuilt(&all), log);
    let missing = rebuilt(&[first.clone(), third.clone()]);
    assert_eq!(missing.verify(&core), Err(EventError::Chain));
    let swapped = rebuilt(&[second.clone(), first.clone(), third.clone()]);
    assert_eq!(swapped.verify(&core), Err(EventError::Chain));
    // The oldest may be gone: what is left says how many there were before.
    let cut = rebuilt(&[second.clone(), third.clone()]);
    assert_eq!(cut.verify(&core).unwrap().len(), 2);
    assert_eq!(cut.events()[0].number, 1);
    // The newest may be gone where an older version changed the account, but not the other way.
    let older = rebuilt(&[first.clone(), second.clone()]);
    older.verify(&core).unwrap();
    let mut behind = core.clone();
    behind.version -= 1;
    assert_eq!(log.verify(&behind), Err(EventError::Version));
    let mut other = core.clone();
    other.operation = tki_metadata::OperationId::from_bytes([1; 16]);
    assert_eq!(log.verify(&other), Err(EventError::Version));
    // An account with another key.
    let mut stolen = core;
    stolen.keys[0].verifying_key = verifying_key(curve, 0x33);
    assert_eq!(log.verify(&stolen), Err(EventError::Signature));
}

#[test]
fn a_rotation_is_signed_by_both_keys() {
    let (core, log) = account(CurveId::P256);
    let rotation = &log.events()[1];
    let new = verifying_key(core.curve, SECRETS[1]);
    let old = verifying_key(core.curve, SECRETS[0]);
    let verify = |event: &Event| {
        let verified = event.verify(&core.account, core.curve, &new);
        verified.map(<[u8]>::to_vec)
    };
    assert_eq!(verify(rotation), Ok(old));
    let mut alone = rotation.clone();
    alone.countersignature = None;
    assert_eq!(verify(&alone), Err(EventError::Signature));
    let mut swapped = rotation.clone();
    swapped.countersignature = Some(rotation.signature);
    assert_eq!(verify(&swapped), Err(EventError::Signature));
    let mut swapped = rotation.clone();
    swapped.signature = rotation.countersignature.unwrap();
    assert_eq!(verify(&swapped), Err(EventError::Signature));
    // Nobody moves an account to a key that it does not have.
    let third = verifying_key(core.curve, 9);
    let verified = rotation.verify(&core.account, core.curve, &third);
    assert_eq!(verified, Err(EventError::Key));
    // A second signature where there is one key says nothing.
    let mut superfluous = log.events()[2].clone();
    superfluous.countersignature = Some(superfluous.signature);
    assert_eq!(verify(&superfluous), Err(EventError::Signature));
}

/// The key that signs events is another: whatever the owner is made to sign, message or digest, is
/// no event, and an event is nothing that he signed.
#[test]
fn no_signature_of_the_account_is_one_of_an_event_and_none_of_an_event_is_the_accounts() {
    for curve in CurveId::ALL.iter().copied() {
        let (core, log) = account(curve);
        let event = log.events().last().unwrap();
        let key = verifying_key(curve, SECRETS[1]);
        let message = event.message(&core.account, curve, &key);
        let mut forged = event.clone();
        forged.signature = sign_as_owner(curve, SECRETS[1], Input::Message(&message));
        let verified = forged.verify(&core.account, curve, &key);
        assert_eq!(verified, Err(EventError::Signature), "{curve}");
        let bytes = event.signature.to_bytes();
        for scheme in signature::Scheme::ALL {
            let input = Input::Message(&message);
            assert!(signature::verify(*scheme, &key, input, &bytes).is_err());
        }
        // It is one under E, which anybody computes.
        let event_key = event_verifying_key(curve, &key).unwrap();
        let input = Input::Message(&message);
        signature::verify(event_scheme(curve), &event_key, input, &bytes).unwrap();
        assert_eq!(sign(curve, SECRETS[1], &message), event.signature);
    }
    assert!(event_verifying_key(CurveId::Secp256k1, &[0; 33]).is_none());
    assert!(event_verifying_key(CurveId::Ed25519, &[7; 3]).is_none());
}

/// An event of ordinary size, for what nobody verifies.
fn small(number: u64) -> Event {
    let (_, log) = account(CurveId::Secp256k1);
    let mut event = log.events()[2].clone();
    event.number = number;
    event.version = number;
    if number == 0 {
        event.previous = [0; 32];
    }
    event
}

#[test]
fn the_newest_events_are_kept_and_their_bytes_are_bounded() {
    let event = small(1);
    let mut log = EventLog::default();
    for number in 0..200 {
        let mut event = event.clone();
        event.number = number;
        event.version = number;
        if number == 0 {
            event.previous = [0; 32];
        }
        log.push(event);
    }
    assert_eq!(log.events().len(), limits::EVENTS);
    assert_eq!(log.events()[0].number, 200 - 64);
    assert!(log.encode().unwrap().len() <= limits::EVENT_LOG_BYTES);
    // Long ones make room sooner.
    for number in 200..300 {
        let mut event = event.clone();
        event.number = number;
        let all = (1..=40).map(|x| Happened::Added(name(x, HolderKind::Words, &"x".repeat(64))));
        event.changes = Event::shortened(&all.collect::<Vec<_>>());
        log.push(event);
    }
    let bytes = log.encode().unwrap().len();
    assert!(bytes <= limits::EVENT_LOG_BYTES, "{bytes}");
    assert!((4..64).contains(&log.events().len()));
    assert_eq!(log.events().last().unwrap().number, 299);
}

#[test]
fn more_than_an_event_has_room_for_is_counted() {
    let added = |x: u128| Happened::Added(name(x, HolderKind::Words, ""));
    let fitting: Vec<Happened> = (1..=32).map(added).collect();
    assert_eq!(Event::shortened(&fitting), fitting);
    let more: Vec<Happened> = (1..=40).map(added).collect();
    let shortened = Event::shortened(&more);
    assert_eq!(shortened.len(), limits::EVENT_ENTRIES);
    assert_eq!(shortened[..31], more[..31]);
    assert_eq!(shortened[31], Happened::More(9));
    let long = Happened::Other {
        kind: 0x7000,
        body: vec![0; limits::EVENT_BODY_BYTES + 1],
    };
    let shortened = Event::shortened(&[added(1), long, added(2)]);
    assert_eq!(shortened, [added(1), added(2), Happened::More(1)]);
}

#[test]
fn what_breaks_a_rule_has_no_stored_form() {
    type Edit = fn(&mut Event);
    let edits: [(&str, Edit, Rule); 7] = [
        (
            "too many",
            |e| e.changes = vec![Happened::Refreshed; 33],
            Rule::Event,
        ),
        ("first with a previous", |e| e.number = 0, Rule::Event),
        ("later without", |e| e.previous = [0; 32], Rule::Event),
        (
            "label",
            |e| e.by[0].label = "\u{1b}[2J".into(),
            Rule::LabelText,
        ),
        (
            "kind",
            |e| e.by[0].kind = HolderKind::Other(1),
            Rule::HolderKind,
        ),
        (
            "a known piece as an unknown one",
            |e| {
                e.changes = vec![Happened::Other {
                    kind: 9,
                    body: Vec::new(),
                }];
            },
            Rule::Event,
        ),
        (
            "a piece that is too long",
            |e| {
                e.changes = vec![Happened::Other {
                    kind: 0x7000,
                    body: vec![0; 513],
                }];
            },
            Rule::Event,
        ),
    ];
    for (what, edit, rule) in edits {
        let mut event = small(1);
        edit(&mut event);
        let mut log = EventLog::default();
        log.push(event);
        assert_eq!(log.encode(), Err(Error::Refused { rule }), "{what}");
    }
    let empty = EventLog::default().encode();
    assert_eq!(empty, Err(Error::Refused { rule: Rule::Event }));
    let mut receipt = receipt(CurveId::Secp256k1);
    receipt.facts.retention = "\u{7}".into();
    assert_eq!(
        receipt.encode(),
        Err(Error::Refused {
            rule: Rule::Receipt
        })
    );
}

#[test]
fn a_receipt_that_says_something_else_than_its_event_is_refused() {
    for curve in CurveId::ALL.iter().copied() {
        let whole = receipt(curve);
        whole.verify().unwrap();
        let mut edited = whole.clone();
        edited.facts.residuals.pop();
        assert_eq!(edited.verify(), Err(EventError::Receipt));
        let mut edited = whole.clone();
        edited.facts.can_lose = 2;
        assert_eq!(edited.verify(), Err(EventError::Receipt));
        let mut edited = whole.clone();
        edited.facts.residuals[0].others.reverse();
        assert_eq!(edited.verify(), Err(EventError::Receipt));
        let mut edited = whole.clone();
        edited.verifying_key = verifying_key(curve, SECRETS[0]);
        assert_eq!(edited.verify(), Err(EventError::Key));
        // Facts of another change, under an event whose pieces do not say so.
        let (core, _) = account(curve);
        let mut other = whole.clone();
        other.facts = facts(changes(curve));
        other.event.receipt = other.facts.digest();
        other.event = signed(&core, other.event, SECRETS[0]);
        assert_eq!(other.verify(), Err(EventError::Receipt));
    }
}

#[test]
fn a_signature_of_zeros_is_none() {
    let (core, log) = account(CurveId::Secp256k1);
    let mut event = log.events()[2].clone();
    event.signature = EventSignature::from_bytes([0; 64]);
    let key = verifying_key(core.curve, SECRETS[1]);
    let verified = event.verify(&core.account, core.curve, &key);
    assert_eq!(verified, Err(EventError::Signature));
}

#[test]
fn a_log_of_a_newer_format_is_told_from_a_damaged_one() {
    let (mut core, log) = account(CurveId::Secp256k1);
    let mut bytes = log.encode().unwrap();
    bytes[0] = 9;
    core.extensions.insert(Core::EVENTS, bytes);
    let error = EventLog::of(&core).unwrap_err();
    assert!(error.is_unsupported());
    core.extensions.insert(Core::EVENTS, vec![1, 2, 3]);
    assert!(!EventLog::of(&core).unwrap_err().is_unsupported());
}

/// The same lines as `reader.py history`.
fn written() -> String {
    let (core, log, receipt) = first();
    let event = &log.events()[0];
    let key = &receipt.verifying_key;
    let mut notice = samples::notice();
    notice.set_by(&event.by).unwrap();
    assert_eq!(notice.by(), event.by);
    let event_key = event_verifying_key(core.curve, key).unwrap();
    let lines: [(&str, Vec<u8>); 9] = [
        ("facts", receipt.facts.digest().to_vec()),
        ("hash", event.hash().to_vec()),
        ("verifying_key", key.clone()),
        ("message", event.message(&core.account, core.curve, key)),
        ("event_key", event_key),
        ("signature", event.signature.to_bytes().to_vec()),
        ("log", log.encode().unwrap()),
        ("receipt", receipt.encode().unwrap()),
        ("by", notice.extensions.get(Notice::BY).unwrap().to_vec()),
    ];
    let lines = lines.map(|(name, value)| format!("{name} = {}\n", hex::encode(value)));
    lines.concat()
}

#[test]
fn events_and_receipts_are_those_of_the_specification() {
    assert_eq!(written(), include_str!("../vectors/history.txt"));
}
