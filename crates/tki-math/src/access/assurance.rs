//! How sure it is that a structure does what it says: its quorums find the secret, and nobody else
//! learns anything.
//!
//! With plain thresholds it always is, whatever the identifiers. With ranks it depends on them: f(1),
//! f′(2) and f(3) do not determine a parabola, and for other identifiers two holders could learn
//! what takes three. So small ranked gates are gone through, and the members of larger ones have
//! random identifiers.
//!
//! A set of fewer than t rows is wrong only where a polynomial of degree at most (t − 1)·(t − 2)/2
//! in one of the identifiers is zero, so that with identifiers out of 2¹²⁷ a given set is wrong with
//! probability at most (t − 1)·(t − 2)/2¹²⁸, and any at all with at most C(n + 1, t) times that.
//!
//! Specification: `docs/spec/access.md`, section "Assurance".
//!
//! Reference: Tassa 2007, theorem 3; Schwartz, "Fast probabilistic algorithms for verification of
//! polynomial identities", Journal of the ACM 27 (4), 1980.

use alloc::vec::Vec;

use crate::{
    AccessStructure, Curve, Error, Identifier,
    access::{gate::Gate, term::scalar_of},
    birkhoff::{Node, Target, weights_vartime},
    linear::spans_vartime,
};

/// A ranked gate of so many members is gone through, set by set.
const MOST_TRIED: usize = 8;

/// Random identifiers are at least so large, which leaves out 2⁻⁶⁴ of them.
const LEAST_RANDOM: u128 = 1 << 64;

/// Why quorums find the secret and others learn nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Assurance {
    /// No ranks: different identifiers are all it takes.
    Always,
    /// Every set of members of each ranked gate was tried.
    Tried,
    /// A ranked gate has too many sets to try; its identifiers must be random.
    Random {
        /// A given set of holders is wrong with probability at most 2^−`set_bits`.
        set_bits: u32,
        /// Any set at all is wrong with probability at most 2^−`all_bits`; 0 says nothing.
        all_bits: u32,
    },
}

impl AccessStructure {
    /// Whether quorums find the secret and others learn nothing, on this curve.
    ///
    /// [`split`](crate::split) checks this before it deals.
    ///
    /// # Errors
    /// [`Error::SingularQuorum`] for a quorum that would not find it, [`Error::UnauthorisedSet`] for
    /// holders who would learn something, [`Error::RankedIdentifierTooSmall`] where random
    /// identifiers are needed, [`Error::IdentifierOutOfRange`].
    ///
    /// # Security
    /// No secret input; variable time.
    pub fn check<C: Curve>(&self) -> Result<Assurance, Error> {
        match self {
            Self::Gate(gate) => check_gate::<C>(gate),
            Self::Threshold(_) => Ok(Assurance::Always),
        }
    }
}

fn check_gate<C: Curve>(gate: &Gate) -> Result<Assurance, Error> {
    for (_, member) in gate.members() {
        scalar_of::<C>(member.identifier())?;
    }
    let mut assurance = if gate.is_plain() {
        Assurance::Always
    } else {
        check_ranks::<C>(gate)?
    };
    // A structure is as sure as the least sure of its gates.
    for inner in gate.inner_gates() {
        assurance = weaker(assurance, check_gate::<C>(inner)?);
    }
    Ok(assurance)
}

fn weaker(one: Assurance, other: Assurance) -> Assurance {
    match (one, other) {
        (Assurance::Always, other) => other,
        (one, Assurance::Always) | (one @ Assurance::Random { .. }, Assurance::Tried) => one,
        (Assurance::Tried, other) => other,
        (
            Assurance::Random { set_bits, all_bits },
            Assurance::Random {
                set_bits: other_set,
                all_bits: other_all,
            },
        ) => Assurance::Random {
            // Two probabilities add up to at most twice the larger one.
            set_bits: set_bits.min(other_set).saturating_sub(1),
            all_bits: all_bits.min(other_all).saturating_sub(1),
        },
    }
}

fn check_ranks<C: Curve>(gate: &Gate) -> Result<Assurance, Error> {
    let nodes: Vec<_> = gate
        .members()
        .map(|(order, member)| Node {
            x: member.identifier(),
            order,
        })
        .collect();
    let t = gate.threshold().len();
    if nodes.len() <= MOST_TRIED {
        return try_every_set::<C>(gate, &nodes).map(|()| Assurance::Tried);
    }
    // Step 5.2: random identifiers, and what they make certain enough.
    if let Some(node) = nodes.iter().find(|node| node.x.get() < LEAST_RANDOM) {
        return Err(Error::RankedIdentifierTooSmall { identifier: node.x });
    }
    let set_bits = 128_u32.saturating_sub(bits((t - 1) * (t.saturating_sub(2))));
    Ok(Assurance::Random {
        set_bits,
        all_bits: set_bits.saturating_sub(bits_of_choice(nodes.len() + 1, t)),
    })
}

/// The bits of a number: it is below 2 to their power.
const fn bits(number: usize) -> u32 {
    usize::BITS - number.leading_zeros()
}

/// An upper bound of log2 C(n, t): the lesser of n and min(t, n − t)·log2 n.
fn bits_of_choice(n: usize, t: usize) -> u32 {
    let fewer = u32::try_from(t.min(n - t)).unwrap_or(u32::MAX);
    let all = u32::try_from(n).unwrap_or(u32::MAX);
    all.min(fewer.saturating_mul(bits(n)))
}

/// Minimal quorums are solvable, and so all larger ones; maximal sets that do not suffice learn
/// nothing, and so do all smaller ones.
fn try_every_set<C: Curve>(gate: &Gate, nodes: &[Node]) -> Result<(), Error> {
    let t = gate.threshold().len();
    let members = |set: usize| {
        let members = nodes.iter().enumerate();
        members
            .filter(move |(i, _)| set >> i & 1 == 1)
            .map(|(_, node)| *node)
    };
    let suffices = |set: usize| {
        gate.levels().iter().all(|level| {
            // A level's members have orders below its threshold, and no others have.
            let of_level = members(set).filter(|node| node.order < level.threshold().len());
            of_level.count() >= level.threshold().len()
        })
    };
    // Step 5.1: every minimal quorum, every maximal set that is none.
    for set in 0_usize..1 << nodes.len() {
        let chosen: Vec<_> = members(set).collect();
        if suffices(set) {
            if chosen.len() == t {
                weights_vartime::<C>(&chosen, Target::Constant)?;
            }
        } else if (0..nodes.len()).all(|i| set >> i & 1 == 1 || suffices(set | 1 << i)) {
            let identifiers: Vec<Identifier> = chosen.iter().map(|node| node.x).collect();
            let rows = chosen.iter().map(|node| node.row::<C>(t));
            let secret = Target::Constant.row::<C>(t)?;
            if spans_vartime(rows.collect::<Result<_, _>>()?, secret) {
                return Err(Error::UnauthorisedSet { identifiers });
            }
        }
    }
    Ok(())
}
