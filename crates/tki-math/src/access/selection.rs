//! Choosing holders: minimal quorums, and how many are missing.
//!
//! A set of members satisfies a gate with thresholds k_0 < k_1 < … < k_L = t when at least k_ℓ of
//! it are in the levels up to ℓ, for every ℓ. The minimal ones have exactly t members, and a
//! minimal quorum is such a set together with a minimal quorum of each gate in it.
//!
//! Nothing here is secret: identifiers and structures are public.
//!
//! Specification: `docs/spec/access.md`, section "Quorums".

use alloc::{collections::BTreeSet, vec, vec::Vec};

use crate::{
    Error, Identifier, Threshold,
    access::gate::{Gate, Level, Member},
};

/// Members that together satisfy a gate, and nobody too many.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// Exactly t of them.
    pub(crate) members: Vec<Selected>,
}

/// A chosen member.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    pub(crate) x: Identifier,
    /// The order of the derivative that it has.
    pub(crate) order: usize,
    /// How its value is put together, if it is a gate.
    pub(crate) inner: Option<Selection>,
}

impl Selection {
    /// The number of holders.
    fn holder_count(&self) -> usize {
        let count = |member: &Selected| member.inner.as_ref().map_or(1, Self::holder_count);
        self.members.iter().map(count).sum()
    }
}

/// The first t of these holders.
pub(crate) fn first(identifiers: &[Identifier], threshold: Threshold) -> Option<Selection> {
    let members = identifiers.get(..threshold.len())?;
    let holder = |x: &Identifier| Selected {
        x: *x,
        order: 0,
        inner: None,
    };
    Some(Selection {
        members: members.iter().map(holder).collect(),
    })
}

/// A minimal quorum among those who are present: of each rank no more than its own places, as long
/// as the lower ranks fill theirs, and of equal ones those that take the fewest holders.
pub(crate) fn select(gate: &Gate, present: &BTreeSet<Identifier>) -> Option<Selection> {
    // Step 3.1: from the lowest rank up; what a rank cannot fill, a higher one does.
    let mut members = Vec::new();
    let mut unfilled = 0;
    for (level, before) in gate.levels().iter().zip(orders(gate)).rev() {
        let mut candidates = satisfied(level, before, present);
        candidates.sort_by_key(|member| member.inner.as_ref().map_or(1, Selection::holder_count));
        let places = level.threshold().len() - before + unfilled;
        candidates.truncate(places);
        unfilled = places - candidates.len();
        members.splice(0..0, candidates);
    }
    (unfilled == 0).then_some(Selection { members })
}

/// The orders of the levels: 0, k_0, k_1, ….
fn orders(gate: &Gate) -> Vec<usize> {
    let mut orders = vec![0];
    orders.extend(gate.levels().iter().map(|level| level.threshold().len()));
    orders.truncate(gate.levels().len());
    orders
}

fn satisfied(level: &Level, order: usize, present: &BTreeSet<Identifier>) -> Vec<Selected> {
    let select = |member: &Member| {
        let inner = match member {
            Member::Holder(x) => return present.contains(x).then_some((*x, None)),
            Member::Gate(_, gate) => select(gate, present)?,
        };
        Some((member.identifier(), Some(inner)))
    };
    let members = level.members().iter().filter_map(select);
    members
        .map(|(x, inner)| Selected { x, order, inner })
        .collect()
}

/// The fewest holders that must join those who are present; 0 when these suffice.
///
/// Each threshold takes the cheapest members that it may, the highest rank first. The sets that may
/// fill a place are nested, so that this is least overall (a greedy choice in a matroid).
pub(crate) fn missing(gate: &Gate, present: &BTreeSet<Identifier>) -> usize {
    let mut pool = Vec::new();
    let (mut total, mut before) = (0, 0);
    for level in gate.levels() {
        pool.extend(level.members().iter().map(|member| match member {
            Member::Holder(x) => usize::from(!present.contains(x)),
            Member::Gate(_, inner) => missing(inner, present),
        }));
        pool.sort_unstable();
        let places = level.threshold().len() - before;
        total += pool.drain(..places.min(pool.len())).sum::<usize>();
        before = level.threshold().len();
    }
    total
}

/// Every minimal quorum among those who are present.
///
/// # Errors
/// [`Error::TooManyQuorums`] beyond `limit`.
pub(crate) fn minimal_quorums(
    gate: &Gate,
    present: &BTreeSet<Identifier>,
    limit: usize,
) -> Result<Vec<Vec<Identifier>>, Error> {
    let t = gate.threshold().len();
    let mut partial = vec![Partial::default()];
    for level in gate.levels() {
        let ways = level.members().iter().map(|member| match member {
            Member::Holder(x) => Ok(present.contains(x).then(|| vec![*x]).into_iter().collect()),
            Member::Gate(_, inner) => minimal_quorums(inner, present, limit),
        });
        let mut ways = ways.collect::<Result<Vec<Vec<_>>, _>>()?;
        ways.retain(|ways| !ways.is_empty());
        for (ways, rest) in ways.iter().zip((0..ways.len()).rev()) {
            let needed = level.threshold().len().saturating_sub(rest);
            partial = extended(partial, ways, needed, t, limit)?;
        }
        partial.retain(|quorum| quorum.members >= level.threshold().len());
    }
    if partial.len() > limit {
        return Err(Error::TooManyQuorums { limit });
    }
    Ok(partial.into_iter().map(|quorum| quorum.holders).collect())
}

/// The unfinished quorums without and with one member more, which these ways satisfy: those that
/// have as many members as are needed by now, and no more than t. They are counted before they are
/// put together: one member may multiply them by thousands.
fn extended(
    mut partial: Vec<Partial>,
    ways: &[Vec<Identifier>],
    needed: usize,
    t: usize,
    limit: usize,
) -> Result<Vec<Partial>, Error> {
    // Those that the rest of the level cannot complete are dropped at once.
    partial.retain(|quorum| quorum.members + 1 >= needed);
    let growing = partial.iter().filter(|quorum| quorum.members < t).count();
    let kept = partial.iter().filter(|quorum| quorum.members >= needed);
    let total = growing.saturating_mul(ways.len());
    if kept.count().saturating_add(total) > limit.saturating_mul(MOST_PARTIAL) {
        return Err(Error::TooManyQuorums { limit });
    }
    let with = partial.iter().flat_map(|quorum| quorum.with(ways, t));
    let longer: Vec<_> = with.collect();
    partial.retain(|quorum| quorum.members >= needed);
    partial.extend(longer);
    Ok(partial)
}

/// How many unfinished quorums are kept for each that is asked for.
const MOST_PARTIAL: usize = 64;

/// The holders of so many members.
#[derive(Default)]
struct Partial {
    holders: Vec<Identifier>,
    members: usize,
}

impl Partial {
    /// With one member more, which these ways satisfy; not at all once there are t.
    fn with(&self, ways: &[Vec<Identifier>], t: usize) -> Vec<Self> {
        if self.members == t {
            return Vec::new();
        }
        let join = |way: &Vec<Identifier>| Self {
            holders: [self.holders.as_slice(), way].concat(),
            members: self.members + 1,
        };
        ways.iter().map(join).collect()
    }
}
