//! Who sufficed in earlier versions, as far as the log of events says: with records of then, they
//! still do if they kept their secrets.

use tki_math::AccessStructure;
use tki_metadata::{Arrangement, Core, EventLog, Happened};

use crate::receipt::{Residual, who_suffices};

/// What earlier versions leave beside what this one does; nothing if nobody else sufficed before.
pub(crate) fn structure(core: &Core) -> Option<Residual> {
    let now = who_suffices(core);
    let log = EventLog::of(core).ok().flatten().unwrap_or_default();
    let first = log.events().first();
    let reaches_back = first.is_some_and(|event| event.number == 0 && event.version == 0);
    // Who sufficed from which version on, of this key.
    let mut current: Option<&Happened> = None;
    let mut found: Option<(u64, usize)> = (!reaches_back && core.version > 0).then(|| {
        let until = first.map_or(core.version, |event| event.version);
        (until.saturating_sub(1), 0)
    });
    for event in log.events() {
        if event.rotation().is_some() {
            // The key of before; what is left of it is said elsewhere.
            found = None;
        }
        let is_structure =
            |what: &&Happened| matches!(what, Happened::Structure(_) | Happened::Arranged(_));
        let Some(next) = event.changes.iter().find(is_structure) else {
            continue;
        };
        if let Some(needed) = current.and_then(|old| weaker(old, &now)) {
            let fewest = found.map_or(needed, |(_, fewest)| fewest.min(needed));
            found = Some((event.version.saturating_sub(1), fewest));
        }
        current = Some(next);
    }
    found.map(|(until, needed)| Residual::EarlierStructure { until, needed })
}

/// The fewest that sufficed, if there may be sets that do not any more.
fn weaker(old: &Happened, now: &Happened) -> Option<usize> {
    if old == now {
        return None;
    }
    if let (Happened::Structure(old), Happened::Structure(now)) = (old, now) {
        let (old, now) = (old.threshold().get(), now.threshold().get());
        return (old < now).then_some(usize::from(old));
    }
    if let Happened::Arranged(arrangement) = old {
        return Some(fewest(arrangement));
    }
    let Happened::Structure(AccessStructure::Threshold(threshold)) = old else {
        return Some(1);
    };
    Some(usize::from(threshold.get()))
}

/// The fewest holders that suffice, or fewer: one that is named several times counts for as many.
fn fewest(arrangement: &Arrangement) -> usize {
    let mut holders = arrangement.holders();
    let places = holders.len();
    holders.sort();
    holders.dedup();
    if holders.len() < places {
        return 1;
    }
    let Arrangement::Gate { threshold, members } = arrangement else {
        return 1;
    };
    // Every member takes at least one holder.
    usize::from(threshold.get()).min(members.len())
}
