//! Logs of events and signed receipts, which are verified with keys that a stranger may have chosen.

use tki_metadata::{
    Event, EventLog, EventSignature, Extensions, Happened, HolderKind, HolderName, OperationId,
    ReceiptFacts, SignedReceipt, Statement, limits,
};
use tki_math::{Epoch, Identifier};
use tki_metadata::AccountId;
use tki_seal::curve::CurveId;

use crate::Target;
use crate::memory::bounded_stored;

pub(crate) const EVENTS: Target = Target {
    name: "metadata_events",
    run: log,
    seeds: logs,
};

pub(crate) const RECEIPT: Target = Target {
    name: "metadata_receipt",
    run: receipt,
    seeds: receipts,
};

fn log(data: &[u8]) {
    let Ok(log) = bounded_stored(data.len(), || EventLog::decode(data)) else {
        return;
    };
    assert_eq!(log.encode().as_deref(), Ok(data));
    assert!((1..=limits::EVENTS).contains(&log.events().len()));
    for event in log.events() {
        assert_eq!(Event::shortened(&event.changes), event.changes);
        check_unsigned(event);
        for change in &event.changes {
            assert!(!change.to_string().is_empty());
        }
    }
    // One more, and the log still keeps to its bounds.
    let mut longer = log.clone();
    let (number, previous) = log.next();
    longer.push(event(number, previous));
    let encoded = longer.encode().expect("an event more");
    assert!(encoded.len() <= limits::EVENT_LOG_BYTES);
}

/// Nobody signed it under a key of which nobody knows the secret.
fn check_unsigned(event: &Event) {
    let account = AccountId::from_bytes([1; 32]);
    let mut key = [2; 33];
    key[32] = 7;
    for curve in CurveId::ALL {
        assert!(event.verify(&account, *curve, &key).is_err());
    }
}

fn receipt(data: &[u8]) {
    let Ok(receipt) = bounded_stored(data.len(), || SignedReceipt::decode(data)) else {
        return;
    };
    assert_eq!(receipt.encode().as_deref(), Ok(data));
    if let Some(who) = receipt.facts.who_suffices() {
        let mut facts = receipt.facts.clone();
        facts.set_who_suffices(&who);
        assert_eq!(facts, receipt.facts, "what is read is written");
    }
    let verified = receipt.verify().is_ok();
    let mut other = receipt;
    other.facts.can_lose ^= 1;
    assert!(other.verify().is_err());
    assert!(!verified || other.event.receipt != other.facts.digest());
}

fn name(number: u128) -> HolderName {
    HolderName {
        identifier: Identifier::new(number).expect("not zero"),
        kind: HolderKind::Words,
        label: "paper".to_owned(),
    }
}

fn event(number: u64, previous: [u8; 32]) -> Event {
    Event {
        number,
        version: number,
        epoch: Epoch::new(1),
        time: 2,
        operation: OperationId::from_bytes([3; 16]),
        previous,
        by: vec![name(1)],
        by_others: 0,
        changes: vec![Happened::Added(name(2)), Happened::Refreshed],
        receipt: [4; 32],
        signature: EventSignature::from_bytes([5; 64]),
        countersignature: None,
        extensions: Extensions::new(),
    }
}

fn logs() -> Vec<Vec<u8>> {
    let mut log = EventLog::default();
    let mut seeds = Vec::new();
    for _ in 0..2 {
        let (number, previous) = log.next();
        log.push(event(number, previous));
        seeds.push(log.encode().expect("a log"));
    }
    seeds
}

fn receipts() -> Vec<Vec<u8>> {
    let statement = Statement {
        kind: 8,
        about: vec![name(1)],
        others: vec![name(2), name(3)],
        numbers: vec![1],
    };
    let receipt = SignedReceipt {
        account: AccountId::from_bytes([1; 32]),
        curve: CurveId::Secp256k1,
        verifying_key: vec![2; 33],
        event: event(0, [0; 32]),
        facts: ReceiptFacts {
            changes: vec![Happened::Removed(name(4))],
            scalar_only: false,
            can_lose: 1,
            keeps_history: 2,
            retention: "a file".to_owned(),
            residuals: vec![statement],
            extensions: Extensions::new(),
        },
        extensions: Extensions::new(),
    };
    vec![receipt.encode().expect("a receipt")]
}
