//! How many of any holders can be lost: one fewer than the smallest set whose loss leaves too few.
//!
//! Where every holder has its places in one gate, the smallest such set is found gate by gate: of a
//! gate of m members and threshold t it takes whoever makes up m − t + 1 members at the least cost.
//! Where a holder has places in several gates that does not hold, and it is searched: whoever is to
//! leave too few behind must take somebody out of every quorum.

use alloc::{vec, vec::Vec};

use tki_math::{AccessStructure, Gate, Identifier, Level, Member};
use tki_metadata::{Core, Holder};

use super::sets::{counts_alike, is_satisfied_by};
use crate::receipt::first_identifier;

/// How many sets a search looks at; beyond that its answer is a lower bound.
const MOST_STEPS: usize = 2_000;

/// How many of any factors can be lost without losing the key.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Spare {
    /// So many can be.
    pub count: usize,
    /// Whether one more cannot be; otherwise it was not found out, and it may be.
    pub is_exact: bool,
}

impl Spare {
    /// One fewer than the smallest set without which the others do not suffice.
    #[must_use]
    pub fn of(core: &Core) -> Self {
        let (smallest, is_exact) = smallest_blocking_set(core);
        Self {
            count: smallest.saturating_sub(1),
            is_exact,
        }
    }
}

/// The fewest holders without whom the others do not suffice, and whether it is no more; of some
/// structures in which holders have places in several gates it is a lower bound.
fn smallest_blocking_set(core: &Core) -> (usize, bool) {
    if let AccessStructure::Gate(gate) = &core.structure
        && counts_alike(core).is_none()
    {
        return cost_of_gate(core, gate).map_or_else(|| search(core), |cost| (cost, true));
    }
    (smallest_of_threshold(core), true)
}

/// The same of any so many identifiers.
fn smallest_of_threshold(core: &Core) -> usize {
    if let Some(threshold) = counts_alike(core) {
        return core
            .holders
            .len()
            .saturating_sub(threshold)
            .saturating_add(1);
    }
    // Any t identifiers, of which holders have several.
    let members = core.holders.iter();
    let members = members.map(|holder| (holder.identifiers.len(), 1));
    let threshold = usize::from(core.structure.threshold().get());
    let wanted = spare_members(core.identifiers().len(), threshold);
    cheapest(&members.collect::<Vec<_>>(), wanted)
}

/// How many members must be gone so that too few are left.
const fn spare_members(count: usize, threshold: usize) -> usize {
    count.saturating_add(1).saturating_sub(threshold)
}

/// The fewest holders without whom a gate is not satisfied; `None` if one of its holders has a place
/// elsewhere, too. Places of nobody are gone already.
fn cost_of_gate(core: &Core, gate: &Gate) -> Option<usize> {
    let members = || gate.levels().iter().flat_map(Level::members);
    let own = |x: &Identifier| members().any(|member| *member == Member::Holder(*x));
    let mut items = Vec::new();
    let mut count = 0_usize;
    let mut seen = Vec::new();
    for member in members() {
        match member {
            Member::Gate(_, inner) => {
                items.push((1, cost_of_gate(core, inner)?));
                count = count.saturating_add(1);
            }
            Member::Holder(x) => {
                let Some(holder) = core.holder(*x) else {
                    continue;
                };
                count = count.saturating_add(1);
                if !holder.identifiers.iter().all(own) {
                    return None;
                }
                if !seen.contains(&first_identifier(holder)) {
                    seen.push(first_identifier(holder));
                    items.push((holder.identifiers.len(), 1));
                }
            }
        }
    }
    let threshold = usize::from(gate.threshold().get());
    Some(cheapest(&items, spare_members(count, threshold)))
}

/// The least cost of items that make up so many members together: (members, cost) each.
fn cheapest(items: &[(usize, usize)], wanted: usize) -> usize {
    // For each number of members up to the wanted one, the least cost of at least so many.
    let mut least = vec![usize::MAX; wanted.saturating_add(1)];
    if let Some(none) = least.first_mut() {
        *none = 0;
    }
    for (members, cost) in items {
        for number in (1..=wanted).rev() {
            let before = least.get(number.saturating_sub(*members)).copied();
            let with = before.unwrap_or(usize::MAX).saturating_add(*cost);
            if let Some(least) = least.get_mut(number) {
                *least = with.min(*least);
            }
        }
    }
    least.last().copied().unwrap_or(usize::MAX)
}

/// The same by search: of one quorum after the other, somebody has to go.
fn search(core: &Core) -> (usize, bool) {
    let all: Vec<&Holder> = core.holders.iter().collect();
    let most = greedy(core, &all);
    let mut steps = MOST_STEPS;
    for size in 1..most {
        match can_block(core, &all, size, &mut steps) {
            // What is smaller does not.
            Some(true) => return (size, true),
            Some(false) => {}
            // It was not gone through.
            None => return (size, false),
        }
    }
    (most, true)
}

/// The size of some set without which the others do not suffice: of all but as many as can be
/// together, taken in their order, and still not suffice.
fn greedy(core: &Core, all: &[&Holder]) -> usize {
    let mut insufficient: Vec<&Holder> = Vec::new();
    for holder in all {
        insufficient.push(*holder);
        if is_satisfied_by(core, &insufficient) {
            insufficient.pop();
        }
    }
    all.len().saturating_sub(insufficient.len())
}

/// Whether so many of these can be left out so that too few are left; `None` if it was not found
/// out.
fn can_block(core: &Core, present: &[&Holder], size: usize, steps: &mut usize) -> Option<bool> {
    if !is_satisfied_by(core, present) {
        return Some(true);
    }
    if size == 0 {
        return Some(false);
    }
    *steps = steps.checked_sub(1)?;
    // Somebody of every quorum has to go, and so of this one.
    let mut quorum = present.to_vec();
    for holder in present {
        let without: Vec<&Holder> = quorum.iter().copied().filter(|h| h != holder).collect();
        if is_satisfied_by(core, &without) {
            quorum = without;
        }
    }
    for holder in quorum {
        let rest: Vec<&Holder> = present.iter().copied().filter(|h| *h != holder).collect();
        if can_block(core, &rest, size.saturating_sub(1), steps)? {
            return Some(true);
        }
    }
    Some(false)
}
