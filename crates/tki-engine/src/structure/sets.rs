//! The smallest sets of holders that suffice, and what is missing to those at hand.
//!
//! A holder counts with all of its identifiers at once. With a plain threshold and one identifier
//! each, any t holders will do, and nobody lists them; else they are listed, up to a limit.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use tki_math::{AccessStructure, Gate, Identifier, Member};
use tki_metadata::{Arrangement, Core, Holder, HolderName};

/// How many sets are shown to people.
pub(crate) const MOST_SETS: usize = 8;

/// How many sets are looked at.
pub(crate) const MOST_LISTED: usize = 512;

/// The smallest sets of holders that suffice, fewest holders first: each suffices, and none of its
/// parts does. `None` if there are more than `limit`, or too many to look at.
///
/// # Examples
/// ```
/// use tki_engine::minimal_quorums;
/// # fn show(core: &tki_metadata::Core) {
/// for quorum in minimal_quorums(core, 100).unwrap_or_default() {
///     let labels: Vec<&str> = quorum.iter().map(|holder| holder.label.as_str()).collect();
///     println!("{}", labels.join(" and "));
/// }
/// # }
/// ```
#[must_use]
pub fn minimal_quorums(core: &Core, limit: usize) -> Option<Vec<Vec<&Holder>>> {
    let all: Vec<&Holder> = core.holders.iter().collect();
    minimal_sets(core, &all, limit)
}

/// The fewest further holders that these need, who are named by any of their identifiers; 0 when
/// they suffice. Where that takes too long to find out, at most so many.
#[must_use]
pub fn fewest_missing(core: &Core, present: &[Identifier]) -> usize {
    let is_present = |holder: &&Holder| holder.identifiers.iter().any(|x| present.contains(x));
    let (present, others): (Vec<&Holder>, Vec<&Holder>) = core.holders.iter().partition(is_present);
    match companions(core, &present, &others) {
        Some(companions) => companions.needed,
        None => others.len(),
    }
}

/// Whether these holders suffice.
pub(crate) fn is_satisfied_by(core: &Core, holders: &[&Holder]) -> bool {
    core.structure.is_satisfied_by(&identifiers(holders))
}

/// Whom some holders need beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Companions {
    /// The fewest that it takes.
    pub(crate) needed: usize,
    /// Which of them will do, fewest first and at most [`MOST_SETS`]; none are listed where any
    /// `needed` of them will.
    pub(crate) sets: Vec<Vec<HolderName>>,
}

/// Whom of `others` these holders need so that together they suffice; `None` if they never do.
pub(crate) fn companions(
    core: &Core,
    holders: &[&Holder],
    others: &[&Holder],
) -> Option<Companions> {
    let all = [holders, others].concat();
    if !is_satisfied_by(core, &all) {
        return None;
    }
    if let Some(threshold) = counts_alike(core) {
        let needed = threshold.saturating_sub(holders.len());
        let sets = Vec::new();
        return Some(Companions { needed, sets });
    }
    let sets = match minimal_sets(core, &all, MOST_LISTED) {
        Some(sets) => sets,
        None => Vec::from([one_set(core, holders, others)]),
    };
    let without = sets.into_iter().map(|set| {
        let rest = set.into_iter().filter(|holder| !holders.contains(holder));
        rest.collect::<Vec<_>>()
    });
    let sets = minimal(without.collect());
    let needed = sets.first().map_or(0, Vec::len);
    let names = |set: &Vec<&Holder>| set.iter().map(|holder| HolderName::of(holder)).collect();
    Some(Companions {
        needed,
        sets: sets.iter().take(MOST_SETS).map(names).collect(),
    })
}

/// Whom of `others` this one needs so that together they suffice, where they do not without it; `None`
/// if they never do.
pub(crate) fn companions_of(
    core: &Core,
    holder: &Holder,
    others: &[&Holder],
) -> Option<Companions> {
    let alone = core::slice::from_ref(&holder);
    let all = [alone, others].concat();
    if counts_alike(core).is_some() || !is_satisfied_by(core, &all) {
        return companions(core, alone, others);
    }
    let sets = match minimal_sets(core, &all, MOST_LISTED) {
        Some(sets) => sets,
        None => Vec::from([one_set(core, alone, others)]),
    };
    let with_it = sets.into_iter().filter(|set| set.contains(&holder));
    let rest = |set: Vec<&Holder>| -> Vec<HolderName> {
        let rest = set.into_iter().filter(|other| *other != holder);
        rest.map(HolderName::of).collect()
    };
    let sets: Vec<Vec<HolderName>> = with_it.map(rest).take(MOST_SETS).collect();
    let needed = sets.first()?.len();
    Some(Companions { needed, sets })
}

/// The smallest sets among these holders, who are named by their first identifiers, that satisfy an
/// arrangement: fewest first, each satisfies it and none of its parts does. `None` if there are more
/// than `limit`, or too many to look at.
#[must_use]
pub fn minimal_sets_of(
    arrangement: &Arrangement,
    among: &[Identifier],
    limit: usize,
) -> Option<Vec<Vec<Identifier>>> {
    arrangement.check().ok()?;
    let mut places = Places::default();
    let structure = AccessStructure::Gate(places.gate(arrangement)?);
    let holder_of = |place: &Identifier| places.holders.get(place).copied();
    let present = places.holders.iter().filter(|(_, x)| among.contains(x));
    let present: Vec<Identifier> = present.map(|(place, _)| *place).collect();
    let quorums = structure.minimal_quorums(&present, limit).ok()?;
    let sets = quorums.into_iter().map(|quorum| {
        let holders: BTreeSet<Identifier> = quorum.iter().filter_map(holder_of).collect();
        holders
    });
    let mut sets: Vec<BTreeSet<Identifier>> = sets.collect();
    sets.sort_by_cached_key(|set| (set.len(), set.clone()));
    let mut kept: Vec<BTreeSet<Identifier>> = Vec::new();
    for set in sets {
        if !kept.iter().any(|smaller| smaller.is_subset(&set)) {
            kept.push(set);
        }
    }
    Some(
        kept.into_iter()
            .map(|set| set.into_iter().collect())
            .collect(),
    )
}

/// The same, or, of very many, one; none if there is none.
pub(crate) fn sets_of(
    arrangement: &Arrangement,
    among: &[Identifier],
    limit: usize,
) -> Vec<Vec<Identifier>> {
    if let Some(sets) = minimal_sets_of(arrangement, among, limit) {
        return sets;
    }
    let mut set = among.to_vec();
    for x in among.iter().rev() {
        let without: Vec<Identifier> = set.iter().copied().filter(|other| other != x).collect();
        if suffice(arrangement, &without) {
            set = without;
        }
    }
    if suffice(arrangement, &set) {
        Vec::from([set])
    } else {
        Vec::new()
    }
}

/// Whether these holders satisfy an arrangement; each may count several times.
pub(crate) fn suffice(arrangement: &Arrangement, there: &[Identifier]) -> bool {
    match arrangement {
        Arrangement::Holder(x) => there.contains(x),
        Arrangement::Gate { threshold, members } => {
            let enough = members.iter().filter(|member| suffice(member, there));
            enough.count() >= usize::from(threshold.get())
        }
    }
}

/// A number for each place of an arrangement, in which a holder may have several.
#[derive(Default)]
struct Places {
    holders: BTreeMap<Identifier, Identifier>,
    last: u128,
}

impl Places {
    fn gate(&mut self, arrangement: &Arrangement) -> Option<Gate> {
        let Arrangement::Gate { threshold, members } = arrangement else {
            return None;
        };
        let mut placed = Vec::with_capacity(members.len());
        for member in members {
            self.last = self.last.checked_add(1)?;
            let place = Identifier::new(self.last).ok()?;
            placed.push(match member {
                Arrangement::Holder(x) => {
                    self.holders.insert(place, *x);
                    Member::Holder(place)
                }
                Arrangement::Gate { .. } => Member::Gate(place, self.gate(member)?),
            });
        }
        Gate::new(*threshold, placed).ok()
    }
}

/// The smallest sets among these that suffice, or, of very many, one; `None` if there is none.
pub(crate) fn some_sets<'c>(core: &Core, among: &[&'c Holder]) -> Option<Vec<Vec<&'c Holder>>> {
    if !is_satisfied_by(core, among) {
        return None;
    }
    let sets = minimal_sets(core, among, MOST_LISTED);
    Some(sets.unwrap_or_else(|| Vec::from([one_set(core, &[], among)])))
}

/// The threshold of a structure in which any so many holders suffice.
pub(crate) fn counts_alike(core: &Core) -> Option<usize> {
    let AccessStructure::Threshold(threshold) = &core.structure else {
        return None;
    };
    let one_each = core.holders.iter().all(|h| h.identifiers.len() == 1);
    one_each.then_some(usize::from(threshold.get()))
}

/// The smallest sets among these holders that suffice.
fn minimal_sets<'c>(
    core: &Core,
    among: &[&'c Holder],
    limit: usize,
) -> Option<Vec<Vec<&'c Holder>>> {
    let quorums = core.structure.minimal_quorums(&identifiers(among), limit);
    let sets = quorums.ok()?.into_iter().map(|quorum| {
        let takes_part = |holder: &&&Holder| quorum.iter().any(|x| holder.identifiers.contains(x));
        among.iter().filter(takes_part).copied().collect()
    });
    Some(minimal(sets.collect()))
}

/// The sets no part of which is another of them, each once, the smallest first.
fn minimal(mut sets: Vec<Vec<&Holder>>) -> Vec<Vec<&Holder>> {
    let key = |set: &Vec<&Holder>| {
        let identifiers: BTreeSet<_> = set.iter().map(|holder| holder.identifier()).collect();
        (identifiers.len(), identifiers)
    };
    sets.sort_by_cached_key(key);
    let mut kept: Vec<Vec<&Holder>> = Vec::new();
    for set in sets {
        let contains = |smaller: &Vec<&Holder>| smaller.iter().all(|holder| set.contains(holder));
        if !kept.iter().any(contains) {
            kept.push(set);
        }
    }
    kept
}

/// One set that suffices, with these holders and without whoever of the others can be spared.
fn one_set<'c>(core: &Core, holders: &[&'c Holder], others: &[&'c Holder]) -> Vec<&'c Holder> {
    let mut set = [holders, others].concat();
    for other in others {
        let without: Vec<&Holder> = set
            .iter()
            .copied()
            .filter(|holder| holder != other)
            .collect();
        if is_satisfied_by(core, &without) {
            set = without;
        }
    }
    set
}

fn identifiers(holders: &[&Holder]) -> Vec<Identifier> {
    let identifiers = holders.iter().flat_map(|holder| &holder.identifiers);
    identifiers.copied().collect()
}
