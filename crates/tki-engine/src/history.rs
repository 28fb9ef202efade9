//! The log of events: each change, signed, in the document that it makes.
//!
//! The steps are those of `docs/spec/history.md`, section 6.

use alloc::vec::Vec;

use tki_metadata::{
    Core, Event, EventError, EventLog, EventSignature, Extensions, Happened, HolderName,
    ReceiptFacts, SignedReceipt, limits,
};

use crate::{
    account::Account,
    error::{Error, Reason},
    receipt::Receipt,
};

/// Who made a change, and when.
pub(crate) struct Made {
    /// The factors that were at hand, as the account had them before the change.
    pub(crate) by: Vec<HolderName>,
    /// In seconds since 1970 by the clock of whoever made it.
    pub(crate) now: u64,
}

/// Signs a message of an event for a verifying key of the account.
pub(crate) type Sign<'a> = dyn Fn(&[u8], &[u8]) -> Result<EventSignature, Error> + 'a;

/// Appends the event of a change to the log of the version that it makes, and gives the receipt
/// signed. Nothing else of the core may change afterwards.
///
/// `sign` is asked for the key that the account had before the change, and, when it moves to another
/// key, for that one too.
pub(crate) fn record(
    core: &mut Core,
    receipt: &Receipt,
    made: Made,
    sign: &Sign<'_>,
) -> Result<SignedReceipt, Error> {
    let key = core.keys.first();
    let verifying_key = key.ok_or(Reason::Bug("an account without keys"))?;
    let verifying_key = verifying_key.verifying_key.clone();
    // Step 6.1: the log so far. One that cannot be read, or that is not
    // to be believed, begins anew, unless a newer version wrote it.
    let (mut log, is_kept) = match EventLog::of(core) {
        Ok(log) => {
            let log = log.filter(|log| is_believed(log, core, receipt));
            (log.unwrap_or_default(), true)
        }
        Err(error) => (EventLog::default(), !error.is_unsupported()),
    };
    let facts = receipt.facts();
    let mut event = unsigned(core, &log, &facts, made);
    // Step 6.2: signed with the key of before, and countersigned with a new one.
    let (before, countersigning) = match event.rotation() {
        Some((before, after)) => (before, Some(after)),
        None => (verifying_key.as_slice(), None),
    };
    let signed_by = |key: &[u8]| sign(key, &event.message(&core.account, core.curve, key));
    let signature = signed_by(before)?;
    let countersignature = countersigning.map(signed_by).transpose()?;
    event.signature = signature;
    event.countersignature = countersignature;
    // Step 6.3: appended; the oldest make room.
    if is_kept {
        log.push(event.clone());
        log.put(core)
            .map_err(|_| Reason::Bug("an event that the format refuses"))?;
    }
    Ok(SignedReceipt {
        account: core.account,
        curve: core.curve,
        verifying_key,
        event,
        facts,
        extensions: Extensions::new(),
    })
}

/// Whether the log so far verifies with the key that the account had before this change.
fn is_believed(log: &EventLog, core: &Core, receipt: &Receipt) -> bool {
    let mut before = core.clone();
    for what in &receipt.changes {
        if let (Happened::Rotated { before: old, .. }, Some(key)) = (what, before.keys.first_mut())
        {
            key.verifying_key.clone_from(old);
        }
    }
    log.verify(&before).is_ok()
}

/// The event with nothing in the place of its signatures.
fn unsigned(core: &Core, log: &EventLog, facts: &ReceiptFacts, made: Made) -> Event {
    let Made { mut by, now } = made;
    by.sort();
    by.dedup();
    let others = by.len().saturating_sub(limits::EVENT_ENTRIES);
    by.truncate(limits::EVENT_ENTRIES);
    let (number, previous) = log.next();
    Event {
        number,
        version: core.version,
        epoch: core.epoch,
        time: now,
        operation: core.operation,
        previous,
        by,
        by_others: u32::try_from(others).unwrap_or(u32::MAX),
        changes: Event::shortened(&facts.changes),
        receipt: facts.digest(),
        signature: EventSignature::from_bytes([0; 64]),
        countersignature: None,
        extensions: Extensions::new(),
    }
}

/// What two versions of an account's keys say happened to them.
pub(crate) fn of_keys(before: &Core, after: &Core) -> Option<Happened> {
    let key = |core: &Core, place: usize| {
        let key = core.keys.get(place)?;
        Some(key.verifying_key.clone())
    };
    let (old, new) = (key(before, 0)?, key(after, 0)?);
    if old != new {
        return Some(Happened::Rotated {
            before: old,
            after: new,
        });
    }
    match (key(before, 1), key(after, 1)) {
        (None, Some(next)) => Some(Happened::RotationBegun { next }),
        (Some(next), None) => Some(Happened::RotationCancelled { next }),
        (None, None) | (Some(_), Some(_)) => None,
    }
}

/// The log of an account, verified.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct History {
    /// The events that are kept, oldest first.
    pub events: Vec<Event>,
    /// For each of them the key that signed it, in the curve's canonical encoding: the account's,
    /// or one that it had before it moved.
    pub keys: Vec<Vec<u8>>,
}

/// Why an account's log says nothing.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// The log is damaged, or of a newer version.
    #[error("the log of events cannot be read")]
    Unreadable(#[source] tki_metadata::Error),
    /// The log can be read, and is not believed.
    #[error("the log of events is not to be believed")]
    Refused(#[source] EventError),
}

impl Account<'_> {
    /// Who changed what and when, each verified with the account's key; no events if nothing was
    /// changed since there are logs. One factor at hand is enough.
    ///
    /// # Errors
    /// [`HistoryError`]. The account itself is as good as without a log.
    ///
    /// # Security
    /// What is proven is that somebody who could use the key wrote it. Whoever can use the key can
    /// write another log; events before the oldest that is kept are gone; a version of this
    /// software that keeps no log leaves none of its changes in it.
    pub fn history(&self) -> Result<History, HistoryError> {
        let core = self.core();
        let log = EventLog::of(core).map_err(HistoryError::Unreadable)?;
        let log = log.unwrap_or_default();
        let keys = log.verify(core).map_err(HistoryError::Refused)?;
        let keys = keys.into_iter().map(<[u8]>::to_vec).collect();
        Ok(History {
            events: log.events().to_vec(),
            keys,
        })
    }
}

#[cfg(test)]
mod tests {
    use tki_math::Epoch;
    use tki_metadata::{Core, EventLog, EventSignature, Happened, HolderKind, HolderName};
    use tki_seal::curve::CurveId;
    use tki_storage::{MemoryStorage, Retention};

    use super::{Made, of_keys, record};
    use crate::{Factor, Plan, SeedFactor, create, receipt::Receipt};

    /// An account of version 7 with whatever in the place of its log.
    async fn core_with(log: Option<&[u8]>) -> Core {
        let mut rng = tki_testkit::rng("unit of history");
        let storage = MemoryStorage::new();
        let sheets = [(), ()].map(|()| SeedFactor::generate(HolderKind::Words, "", &mut rng));
        let factors = sheets.each_ref().map(|sheet| -> &dyn Factor { sheet });
        let plan = Plan::new(CurveId::Secp256k1, 2, 0);
        let created = create(&storage, &plan, &factors, &mut rng).await.unwrap();
        let mut core = created.core().clone();
        core.version = 7;
        core.extensions.remove(Core::EVENTS);
        if let Some(log) = log {
            core.extensions.insert(Core::EVENTS, log.to_vec());
        }
        core
    }

    fn recorded(core: &mut Core) {
        let mut before = core.clone();
        before.version -= 1;
        before.epoch = Epoch::ZERO;
        core.epoch = Epoch::new(1);
        let receipt = Receipt::new(Some(&before), core, &[], Retention::unknown());
        assert_eq!(receipt.changes, [Happened::Refreshed]);
        let by = core.holders.iter().map(HolderName::of).collect();
        let made = Made { by, now: 5 };
        let sign = |_: &[u8], _: &[u8]| Ok(EventSignature::from_bytes([7; 64]));
        record(core, &receipt, made, &sign).unwrap();
    }

    #[tokio::test]
    async fn the_first_change_of_an_account_without_a_log_begins_one() {
        let mut core = core_with(None).await;
        recorded(&mut core);
        let log = EventLog::of(&core).unwrap().unwrap();
        let [event] = log.events() else {
            panic!("{log:?}");
        };
        assert_eq!((event.number, event.version), (0, 7));
        assert_eq!(event.previous, [0; 32]);
    }

    #[tokio::test]
    async fn a_damaged_log_begins_anew_and_one_of_a_newer_version_is_kept() {
        let mut core = core_with(Some(&[1, 2, 3])).await;
        recorded(&mut core);
        assert_eq!(EventLog::of(&core).unwrap().unwrap().events().len(), 1);
        let mut core = core_with(Some(&[9, 2, 3])).await;
        recorded(&mut core);
        assert_eq!(core.extensions.get(Core::EVENTS), Some(&[9, 2, 3][..]));
    }

    #[tokio::test]
    async fn what_happened_to_the_keys_is_seen_from_the_versions() {
        let before = core_with(None).await;
        let mut moving = before.clone();
        let mut next = before.keys[0].clone();
        next.verifying_key[1] ^= 1;
        moving.keys.push(next.clone());
        let after = Core {
            keys: [next.clone()].to_vec(),
            ..before.clone()
        };
        let (old, next) = (before.keys[0].verifying_key.clone(), next.verifying_key);
        let begun = Happened::RotationBegun { next: next.clone() };
        assert_eq!(of_keys(&before, &moving), Some(begun));
        let cancelled = Happened::RotationCancelled { next: next.clone() };
        assert_eq!(of_keys(&moving, &before), Some(cancelled));
        let rotated = Happened::Rotated {
            before: old,
            after: next,
        };
        assert_eq!(of_keys(&moving, &after), Some(rotated));
        assert_eq!(of_keys(&before, &before), None);
        assert_eq!(of_keys(&moving, &moving), None);
    }
}
