//! Secrets from before somebody was removed.

use alloc::vec::Vec;

use tki_math::AccessStructure;
use tki_metadata::{Core, Event, EventLog, Happened, Holder, HolderName, Key};

use super::Finding;
use crate::receipt::first_identifier;

/// Factors that could be renewed, and have had their secrets since before somebody was removed, if
/// there are as many as whoever was removed would need. As far as the account's log reaches.
pub(super) fn old_secrets(core: &Core) -> Option<Finding> {
    let log = EventLog::of(core).ok().flatten()?;
    let events = log.events();
    let is_removal = |happened: &Happened| matches!(happened, Happened::Removed(_));
    let mut removals = events.iter().rev();
    let removal = removals.find(|event| event.changes.iter().any(is_removal))?;
    // The old secrets give a key that the account does not have any more; a key that was listed
    // before the removal is one that they give.
    let key_since = core.keys.first().and_then(Key::since);
    if key_since.is_some_and(|version| version >= removal.version) {
        return None;
    }
    let is_newer = |holder: &Holder| {
        let mut since = events
            .iter()
            .filter(|event| event.version >= removal.version);
        since.any(|event| event.changes.iter().any(|happened| makes(happened, holder)))
    };
    let old = core.holders.iter().filter(|holder| !is_newer(holder));
    let (all, renewable): (Vec<&Holder>, Vec<&Holder>) = (
        old.clone().collect(),
        old.filter(|holder| holder.kind.is_renewable()).collect(),
    );
    let needed = companions_then(core, events, removal.version);
    let holders: Vec<HolderName> = renewable.into_iter().map(HolderName::of).collect();
    (all.len() >= needed && !holders.is_empty()).then_some(Finding::OldSecrets { holders })
}

/// How many old secrets whoever was removed at this version needed beside his own: by the weakest of
/// the structures that were in force before, for old records are of all of them. One, where the log
/// does not say, or where some sets are smaller than others.
fn companions_then(core: &Core, events: &[Event], removal: u64) -> usize {
    // Step 4.4: the structures from before the removal; none since, then also the present one.
    let is_whole = events.first().is_some_and(|event| event.number == 0);
    let since = core.keys.first().and_then(Key::since).unwrap_or(0);
    let mut fewest = is_whole.then_some(u16::MAX);
    let mut is_changed_since = false;
    for event in events {
        for told in event.changes.iter().filter_map(told) {
            if event.version >= removal {
                is_changed_since = true;
            } else if event.version < since {
                // Of an older key: only what was in force when that of now was made counts.
                fewest = told;
            } else {
                fewest = lower(fewest, told);
            }
        }
    }
    if !is_changed_since {
        let AccessStructure::Threshold(threshold) = &core.structure else {
            return 1;
        };
        fewest = lower(fewest, Some(threshold.get()));
    }
    let needed = fewest.map_or(1, |threshold| usize::from(threshold).saturating_sub(1));
    needed.max(1)
}

/// The threshold that an event tells of, or that it tells of something else; nothing if of none.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what else happened says nothing of it"
)]
const fn told(happened: &Happened) -> Option<Option<u16>> {
    match happened {
        Happened::Structure(AccessStructure::Threshold(threshold)) => Some(Some(threshold.get())),
        // What is cut off, or of a later version, may be a structure too.
        Happened::Structure(_)
        | Happened::Arranged(_)
        | Happened::More(_)
        | Happened::Other { .. } => Some(None),
        _ => None,
    }
}

/// The lower of two thresholds, if both are known.
fn lower(one: Option<u16>, other: Option<u16>) -> Option<u16> {
    Some(one?.min(other?))
}

/// Whether a factor got the secret that it has by this.
fn makes(happened: &Happened, holder: &Holder) -> bool {
    let (Happened::Added(name) | Happened::Renewed(name)) = happened else {
        return false;
    };
    name.identifier == first_identifier(holder)
}
