//! The structures that an account had before, as far as they still open something.
//!
//! A change of the structure deals new shares into new records. Who kept the old records, and has
//! seeds that are the same since then, is asked for no more than the old structure.

use alloc::vec::Vec;

use tki_math::{AccessStructure, Identifier};
use tki_metadata::{Arrangement, Core, Event, EventLog, Happened, Holder};

/// A structure that the account had before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Earlier {
    /// Who sufficed, each factor by its first identifier. `None` if nobody knows.
    pub(super) needed: Option<Arrangement>,
    /// The factors that had the seed that they have now, ascending.
    pub(super) factors: Vec<Identifier>,
}

/// What an event tells of the structure from then on.
enum Told {
    /// It is this.
    This(Happened),
    /// It is as before.
    Nothing,
    /// Perhaps something that is not in the log.
    Unclear,
}

impl Earlier {
    /// Step 5.3: those of the versions in which the account had the key that it has, as far as its log
    /// reaches; where it does not reach, unknown ones.
    pub(super) fn of(core: &Core) -> Vec<Self> {
        let log = EventLog::of(core).ok().flatten();
        let log = log.filter(|log| log.verify(core).is_ok());
        let events = log.as_ref().map_or(&[][..], EventLog::events);
        let mut found: Vec<Self> = Vec::new();
        for (last, told) in eras(core, events) {
            if is_before_the_key(core, last) {
                continue;
            }
            let holders = core.holders.iter();
            let same = holders.filter(|holder| seed_since(events, holder) <= last);
            let same: Vec<&Holder> = same.collect();
            let needed = match told {
                Some(told) if is_as_now(core, &told) => continue,
                Some(told) => arrangement(&told, &same),
                None => None,
            };
            let mut factors: Vec<Identifier> = same.iter().filter_map(|h| h.identifier()).collect();
            factors.sort();
            let earlier = Self { needed, factors };
            if !earlier.factors.is_empty() && !found.contains(&earlier) {
                found.push(earlier);
            }
        }
        found
    }
}

/// Runs of versions with one structure: the last of them, and the structure if it is known.
fn eras(core: &Core, events: &[Event]) -> Vec<(u64, Option<Happened>)> {
    let Some(first) = events.first() else {
        // Nothing was changed before the first version.
        let before = core.version.checked_sub(1);
        return before.map(|last| (last, None)).into_iter().collect();
    };
    let is_whole = matches!(
        first.changes.first(),
        Some(Happened::Created | Happened::Imported)
    );
    let mut eras = Vec::new();
    if let (false, Some(last)) = (is_whole, first.version.checked_sub(1)) {
        eras.push((last, None));
    }
    // Whatever nothing later contradicts is as it is now.
    let unclear = |event: &&Event| !matches!(told(event), Told::Nothing);
    let settled = events.iter().rev().find(unclear);
    let settled = settled.map_or(0, |event| event.version);
    let mut structure = None;
    let next = events.iter().skip(1).map(|event| event.version);
    let next = next.chain([core.version.saturating_add(1)]);
    for (event, next) in events.iter().zip(next) {
        match told(event) {
            Told::This(told) => structure = Some(told),
            Told::Unclear => structure = None,
            Told::Nothing => {}
        }
        let is_now = structure.is_none() && event.version >= settled;
        if !is_now {
            eras.push((event.version, structure.clone()));
        }
        let last = next.saturating_sub(1);
        if last > event.version {
            // Versions of which the log says nothing.
            structure = None;
            eras.push((last, None));
        }
    }
    eras
}

fn told(event: &Event) -> Told {
    let mut changes = event.changes.iter();
    let is_structure =
        |happened: &&Happened| matches!(happened, Happened::Structure(_) | Happened::Arranged(_));
    if let Some(structure) = changes.clone().find(is_structure) {
        return Told::This(structure.clone());
    }
    let is_unclear =
        |happened: &Happened| matches!(happened, Happened::More(_) | Happened::Other { .. });
    if changes.any(is_unclear) {
        Told::Unclear
    } else {
        Told::Nothing
    }
}

/// Whether the account had another key then, and did not yet move to the one that it has.
fn is_before_the_key(core: &Core, version: u64) -> bool {
    let since = core.keys.first().and_then(tki_metadata::Key::since);
    since.is_some_and(|since| version < since)
}

/// The version since which a factor has the seed that it has, as far as the log says.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what else happened says nothing of it"
)]
fn seed_since(events: &[Event], holder: &Holder) -> u64 {
    let makes = |happened: &Happened| match happened {
        Happened::Added(name) | Happened::Renewed(name) => {
            holder.identifier() == Some(name.identifier)
        }
        _ => false,
    };
    let mut events = events.iter().rev();
    let made = events.find(|event| event.changes.iter().any(makes));
    made.map_or(0, |event| event.version)
}

/// Whether what suffices now sufficed then, and nothing less.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what else happened says nothing of it"
)]
fn is_as_now(core: &Core, told: &Happened) -> bool {
    match told {
        Happened::Structure(AccessStructure::Threshold(then)) => {
            matches!(&core.structure, AccessStructure::Threshold(now) if now <= then)
        }
        Happened::Arranged(then) => {
            matches!(&core.structure, AccessStructure::Gate(_)) && *then == Arrangement::of(core)
        }
        _ => false,
    }
}

/// Who sufficed, of those who still have the same seeds. `None` if this is not understood.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what else happened says nothing of it"
)]
fn arrangement(told: &Happened, same: &[&Holder]) -> Option<Arrangement> {
    match told {
        Happened::Structure(AccessStructure::Threshold(t)) => {
            let places = same.iter().flat_map(|holder| {
                let name = holder.identifier();
                holder.identifiers.iter().filter_map(move |_| name)
            });
            let places = places.map(Arrangement::Holder).collect();
            Some(Arrangement::gate(*t, places))
        }
        Happened::Arranged(then) => Some(then.clone()),
        _ => None,
    }
}

/// Whether these factors suffice; each may count several times.
pub(super) fn suffice(needed: &Arrangement, there: &[Identifier]) -> bool {
    match needed {
        Arrangement::Holder(x) => there.contains(x),
        Arrangement::Gate { threshold, members } => {
            let enough = members.iter().filter(|member| suffice(member, there));
            enough.count() >= usize::from(threshold.get())
        }
    }
}
