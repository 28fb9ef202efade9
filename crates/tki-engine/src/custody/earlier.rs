//! The structures that an account had before, as far as they still open something.
//!
//! A change of the structure deals new shares into new records. Who kept the old records, and has
//! seeds that are the same since then, is asked for no more than the old structure.

use alloc::vec::Vec;

use tki_math::{AccessStructure, Gate, Identifier, Level, Member};
use tki_metadata::{Arrangement, Core, Event, EventLog, Happened};

use super::listed::Listed;

/// What an account tells of its earlier versions.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Past {
    /// The version that it has.
    pub version: u64,
    /// The version in which it took up its key; none for the one that it was created with.
    pub key_since: Option<u64>,
    /// The events of its log, oldest first, which were verified; none where it has no log, or one
    /// that is refused.
    pub events: Vec<Event>,
}

impl Past {
    /// Of an account.
    #[must_use]
    pub fn of(core: &Core) -> Self {
        let log = EventLog::of(core).ok().flatten();
        // Step 5.3: a log that is refused tells nothing.
        let log = log.filter(|log| log.verify(core).is_ok());
        Self {
            version: core.version,
            key_since: core.keys.first().and_then(tki_metadata::Key::since),
            events: log.map_or_else(Vec::new, |log| log.events().to_vec()),
        }
    }
}

/// A structure that the account had before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Earlier {
    /// The first of the versions that had it, and the last.
    pub(crate) versions: (u64, u64),
    /// Who sufficed, each factor by its first identifier. `None` if nobody knows.
    pub(crate) needed: Option<Arrangement>,
    /// How many sufficed, if any so many did.
    pub(crate) threshold: Option<u16>,
    /// The factors that had the seed that they have now, ascending.
    pub(crate) factors: Vec<Identifier>,
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
    /// Steps 5.3 to 5.6: those of the versions in which the account had the key that it has, as far
    /// as its log reaches; where it does not reach, unknown ones.
    pub(crate) fn of(past: &Past, structure: &AccessStructure, listed: &[Listed]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for Era { first, last, told } in eras(past) {
            // Step 5.5: what the account had with another key opens that one.
            if past.key_since.is_some_and(|since| last < since) {
                continue;
            }
            // Step 5.6: the factors whose seeds are no younger.
            let same = listed.iter();
            let same = same.filter(|factor| seed_since(&past.events, factor) <= last);
            let same: Vec<&Listed> = same.collect();
            let threshold = told.as_ref().and_then(threshold);
            let needed = match told {
                Some(told) if is_as_now(structure, listed, &told) => continue,
                Some(told) => arrangement(&told, &same),
                None => None,
            };
            let mut factors: Vec<Identifier> = same.iter().map(|f| f.identifier()).collect();
            factors.sort();
            if factors.is_empty() {
                continue;
            }
            let run = found.last_mut().filter(|run| {
                run.versions.1.checked_add(1) == Some(first)
                    && run.needed == needed
                    && run.factors == factors
            });
            match run {
                Some(run) => run.versions.1 = last,
                None => found.push(Self {
                    versions: (first, last),
                    needed,
                    threshold,
                    factors,
                }),
            }
        }
        found
    }
}

/// Versions that follow on one another.
struct Era {
    first: u64,
    last: u64,
    /// Their structure, if it is known.
    told: Option<Happened>,
}

impl Era {
    /// From the first up to this one; `None` if there is none.
    fn unknown(first: u64, end: u64) -> Option<Self> {
        let last = end.checked_sub(1).filter(|last| *last >= first)?;
        let told = None;
        Some(Self { first, last, told })
    }
}

/// Steps 5.3 and 5.4: runs of versions with one structure, oldest first, but for those that have the
/// present one.
fn eras(past: &Past) -> Vec<Era> {
    let events = past.events.as_slice();
    let Some(oldest) = events.first() else {
        // Step 5.3: all versions before this one; nothing was changed before the first.
        return Era::unknown(0, past.version).into_iter().collect();
    };
    let is_whole = matches!(
        oldest.changes.first(),
        Some(Happened::Created | Happened::Imported)
    );
    let mut eras = Vec::new();
    if !is_whole {
        eras.extend(Era::unknown(0, oldest.version));
    }
    // Step 5.4: each event's version, and versions without events. Whatever nothing later
    // contradicts is as it is now.
    let unclear = |event: &&Event| !matches!(told(event), Told::Nothing);
    let settled = events.iter().rev().find(unclear);
    let settled = settled.map_or(0, |event| event.version);
    let mut structure = None;
    let next = events.iter().skip(1).map(|event| event.version);
    let next = next.chain([past.version.saturating_add(1)]);
    for (event, next) in events.iter().zip(next) {
        match told(event) {
            Told::This(told) => structure = Some(told),
            Told::Unclear => structure = None,
            Told::Nothing => {}
        }
        let is_now = structure.is_none() && event.version >= settled;
        if !is_now {
            eras.push(Era {
                first: event.version,
                last: event.version,
                told: structure.clone(),
            });
        }
        // Versions of which the log says nothing.
        let silent = Era::unknown(event.version.saturating_add(1), next);
        if silent.is_some() {
            structure = None;
        }
        eras.extend(silent);
    }
    eras
}

/// How many sufficed, if any so many did.
const fn threshold(told: &Happened) -> Option<u16> {
    if let Happened::Structure(AccessStructure::Threshold(threshold)) = told {
        Some(threshold.get())
    } else {
        None
    }
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

/// The version since which a factor has the seed that it has, as far as the log says.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what else happened says nothing of it"
)]
fn seed_since(events: &[Event], factor: &Listed) -> u64 {
    let makes = |happened: &Happened| match happened {
        Happened::Added(name) | Happened::Renewed(name) => factor.identifier() == name.identifier,
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
fn is_as_now(structure: &AccessStructure, listed: &[Listed], told: &Happened) -> bool {
    match told {
        Happened::Structure(AccessStructure::Threshold(then)) => {
            matches!(structure, AccessStructure::Threshold(now) if now <= then)
        }
        Happened::Arranged(then) => {
            matches!(structure, AccessStructure::Gate(now) if written(now, listed).as_ref() == Some(then))
        }
        _ => false,
    }
}

/// A gate as its owner would write it; `None` if it has ranks, which nobody writes.
fn written(gate: &Gate, listed: &[Listed]) -> Option<Arrangement> {
    let [level] = gate.levels() else {
        return None;
    };
    let named_by = |x: &Identifier| {
        let factor = listed.iter().find(|f| f.identifiers.contains(x));
        Arrangement::Holder(factor.map_or(*x, Listed::identifier))
    };
    let members = Level::members(level).iter().map(|member| match member {
        Member::Gate(_, inner) => written(inner, listed),
        Member::Holder(x) => Some(named_by(x)),
    });
    let members = members.collect::<Option<Vec<_>>>()?;
    Some(Arrangement::gate(level.threshold(), members))
}

/// Who sufficed, of those who still have the same seeds. `None` if this is not understood.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what else happened says nothing of it"
)]
fn arrangement(told: &Happened, same: &[&Listed]) -> Option<Arrangement> {
    match told {
        Happened::Structure(AccessStructure::Threshold(t)) => {
            let places = same.iter().flat_map(|factor| {
                let name = factor.identifier();
                factor.identifiers.iter().map(move |_| name)
            });
            let places = places.map(Arrangement::Holder).collect();
            Some(Arrangement::gate(*t, places))
        }
        Happened::Arranged(then) => Some(then.clone()),
        _ => None,
    }
}
