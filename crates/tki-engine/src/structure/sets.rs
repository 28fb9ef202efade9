//! The smallest sets of holders that suffice, and what is missing to those at hand.
//!
//! A holder counts with all of its identifiers at once. With a plain threshold and one identifier
//! each, any t holders will do, and nobody lists them; else they are listed, up to a limit.

use alloc::{collections::BTreeSet, vec::Vec};

use tki_math::{AccessStructure, Identifier};
use tki_metadata::{Core, Holder, HolderName};

/// How many sets are shown to people.
pub(crate) const MOST_SETS: usize = 8;

/// How many sets are looked at.
const MOST_LISTED: usize = 512;

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
