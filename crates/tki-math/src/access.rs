//! Which sets of holders may use the secret, and what each of them gets.
//!
//! Every structure here is linear: a sharing is a list of d coefficients a_0 … a_{d−1}, a_0 = s and
//! the others uniform, and a share is a sum of public multiples of them. So one commitment
//! A_k = a_k·G per coefficient checks every share, new shares are old ones plus shares of zero, and
//! a set of holders that suffices has public weights c_i with s = Σ c_i·s_i.
//!
//! | structure | coefficients | share of x |
//! |---|---|---|
//! | t of any holders | t | f(x) |
//! | a [`Gate`] | t, and t − 1 for each inner gate | f⁽ʳ⁾(x) of the gate that x is a member of |
//!
//! Specification: `docs/spec/access.md`.
//!
//! Reference: Karchmer and Wigderson, "On span programs", Structure in Complexity Theory 1993, for
//! sharing by linear maps; the gates' references are in `access/gate.rs`.

use alloc::{collections::BTreeSet, vec::Vec};

pub(crate) mod assurance;
pub(crate) mod expression;
pub(crate) mod gate;
pub(crate) mod selection;
pub(crate) mod term;

use crate::{Error, Identifier, Threshold};
use gate::{Gate, Member};
use selection::{missing, select};
use term::Term;

/// The rule that says which holders together suffice.
///
/// # Examples
/// ```
/// use tki_math::{AccessStructure, Identifier, Threshold};
///
/// let structure = AccessStructure::Threshold(Threshold::new(2)?);
/// let (device, words) = (Identifier::new(1)?, Identifier::new(3)?);
/// assert!(structure.is_satisfied_by(&[device, words]));
/// assert!(!structure.is_satisfied_by(&[device, device]));
/// assert_eq!(structure.shares_needed(&[words]), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum AccessStructure {
    /// Nested thresholds and ranks over the holders that it names.
    Gate(Gate),
    /// Any t different holders, whoever they are.
    Threshold(Threshold),
}

impl AccessStructure {
    /// The number d of coefficients: what a commitment's length must be.
    #[must_use]
    pub fn coefficient_count(&self) -> usize {
        match self {
            Self::Gate(gate) => gate.coefficient_count(),
            Self::Threshold(threshold) => threshold.len(),
        }
    }

    /// The threshold t; of a gate that of the root, of whose members some may be gates.
    #[must_use]
    pub fn threshold(&self) -> Threshold {
        match self {
            Self::Gate(gate) => gate.threshold(),
            Self::Threshold(threshold) => *threshold,
        }
    }

    /// The holders that the structure names, in its order; none for a plain threshold, which names
    /// none.
    #[must_use]
    pub fn holders(&self) -> Option<Vec<Identifier>> {
        match self {
            Self::Gate(gate) => Some(gate.holders()),
            Self::Threshold(_) => None,
        }
    }

    /// Whether these holders suffice. A holder named twice counts once.
    #[must_use]
    pub fn is_satisfied_by(&self, identifiers: &[Identifier]) -> bool {
        let (have, need) = self.shares_needed(identifiers);
        have >= need
    }

    /// How many shares these holders have between them, and how many there must be at least once
    /// the fewest further ones that suffice have joined.
    #[must_use]
    pub fn shares_needed(&self, identifiers: &[Identifier]) -> (usize, usize) {
        let present: BTreeSet<_> = identifiers.iter().copied().collect();
        match self {
            Self::Gate(gate) => {
                let holders = gate.holders();
                let have = holders.iter().filter(|x| present.contains(x)).count();
                (have, have + missing(gate, &present))
            }
            Self::Threshold(threshold) => (present.len(), threshold.len()),
        }
    }

    /// Every minimal quorum among these holders: sets that suffice and none of whose parts does.
    ///
    /// # Errors
    /// [`Error::TooManyQuorums`] when there are more than `limit`, or when the search would have to
    /// keep more than 64 times as many sets that are not yet quorums.
    pub fn minimal_quorums(
        &self,
        identifiers: &[Identifier],
        limit: usize,
    ) -> Result<Vec<Vec<Identifier>>, Error> {
        let present: BTreeSet<_> = identifiers.iter().copied().collect();
        match self {
            Self::Gate(gate) => selection::minimal_quorums(gate, &present, limit),
            Self::Threshold(threshold) => {
                let members = present.into_iter().map(Member::Holder).collect();
                // Fewer holders than the threshold make no gate, and have no quorum.
                match Gate::new(*threshold, members) {
                    Ok(gate) => selection::minimal_quorums(&gate, &gate_holders(&gate), limit),
                    Err(Error::TooFewHolders { .. }) => Ok(Vec::new()),
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// What the share of x is made of.
    ///
    /// # Errors
    /// [`Error::UnknownHolder`] when the structure does not name x.
    pub(crate) fn terms(&self, x: Identifier) -> Result<Vec<Term>, Error> {
        match self {
            Self::Gate(gate) => {
                term::of_gate(gate, x).ok_or(Error::UnknownHolder { identifier: x })
            }
            Self::Threshold(threshold) => Ok(Vec::from([Term::plain(*threshold, x)])),
        }
    }

    /// The members of a minimal quorum, chosen among these holders.
    pub(crate) fn select(&self, identifiers: &[Identifier]) -> Result<selection::Selection, Error> {
        let chosen = match self {
            Self::Gate(gate) => select(gate, &identifiers.iter().copied().collect()),
            Self::Threshold(threshold) => selection::first(identifiers, *threshold),
        };
        chosen.ok_or_else(|| {
            let (have, need) = self.shares_needed(identifiers);
            Error::NotEnoughShares { have, need }
        })
    }
}

fn gate_holders(gate: &Gate) -> BTreeSet<Identifier> {
    gate.holders().into_iter().collect()
}

impl From<Threshold> for AccessStructure {
    fn from(threshold: Threshold) -> Self {
        Self::Threshold(threshold)
    }
}

impl From<Gate> for AccessStructure {
    fn from(gate: Gate) -> Self {
        Self::Gate(gate)
    }
}

impl From<&Self> for AccessStructure {
    fn from(structure: &Self) -> Self {
        structure.clone()
    }
}
