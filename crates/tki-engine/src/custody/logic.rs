//! The two ways in which the formulas of custody are worked out: for one set of parties, and for all
//! sets at once.

use alloc::{collections::BTreeSet, vec::Vec};

use tki_math::{AccessStructure, Identifier};

use super::MOST_COALITIONS;
use super::sets::{Set, Sets, TooMany};

/// A holder's identifiers, and when it is there.
pub(super) type Member<'a, V> = (&'a [Identifier], V);

/// A monotone function of sets of parties.
pub(super) trait Logic {
    type Value: Clone;

    fn always(&self) -> Self::Value;

    /// Whether this party is there.
    fn party(&self, party: usize) -> Self::Value;

    /// Whether any of these holds.
    fn any(&self, values: Vec<Self::Value>) -> Result<Self::Value, TooMany>;

    /// Whether each of these holds.
    fn all(&self, values: Vec<Self::Value>) -> Result<Self::Value, TooMany>;

    /// Whether so many of these hold.
    fn at_least(&self, count: usize, values: Vec<Self::Value>) -> Result<Self::Value, TooMany>;

    /// Whether those that are there satisfy the structure.
    fn satisfied(
        &self,
        structure: &AccessStructure,
        members: &[Member<'_, Self::Value>],
    ) -> Result<Self::Value, TooMany>;
}

/// For these parties alone.
pub(super) struct Truth {
    pub(super) present: Set,
}

impl Logic for Truth {
    type Value = bool;

    fn always(&self) -> bool {
        true
    }

    fn party(&self, party: usize) -> bool {
        self.present.contains(party)
    }

    fn any(&self, values: Vec<bool>) -> Result<bool, TooMany> {
        Ok(values.contains(&true))
    }

    fn all(&self, values: Vec<bool>) -> Result<bool, TooMany> {
        Ok(!values.contains(&false))
    }

    fn at_least(&self, count: usize, values: Vec<bool>) -> Result<bool, TooMany> {
        Ok(values.into_iter().filter(|value| *value).count() >= count)
    }

    fn satisfied(
        &self,
        structure: &AccessStructure,
        members: &[Member<'_, bool>],
    ) -> Result<bool, TooMany> {
        let there = members.iter().filter(|(_, is_there)| *is_there);
        let there: Vec<Identifier> = there.flat_map(|(xs, _)| xs.iter().copied()).collect();
        Ok(structure.is_satisfied_by(&there))
    }
}

/// For all sets: the minimal ones.
pub(super) struct Minimal;

impl Logic for Minimal {
    type Value = Sets;

    fn always(&self) -> Sets {
        Sets::always()
    }

    fn party(&self, party: usize) -> Sets {
        Sets::party(party)
    }

    fn any(&self, values: Vec<Sets>) -> Result<Sets, TooMany> {
        let sets = values.iter().flat_map(Sets::iter);
        Sets::minimal(sets.copied().collect())
    }

    fn all(&self, values: Vec<Sets>) -> Result<Sets, TooMany> {
        let mut values = values.into_iter();
        values.try_fold(Sets::always(), |all, value| all.and(&value))
    }

    fn at_least(&self, count: usize, values: Vec<Sets>) -> Result<Sets, TooMany> {
        // reached[j]: at least j of the values so far.
        let mut reached = alloc::vec![Sets::always()];
        reached.resize(count.saturating_add(1), Sets::never());
        for value in values {
            let longer: Vec<_> = reached
                .iter()
                .map(|sets| sets.and(&value))
                .collect::<Result<_, _>>()?;
            for (sets, longer) in reached.iter_mut().skip(1).zip(&longer) {
                *sets = sets.or(longer)?;
            }
        }
        Ok(reached.pop().unwrap_or_else(Sets::always))
    }

    fn satisfied(
        &self,
        structure: &AccessStructure,
        members: &[Member<'_, Sets>],
    ) -> Result<Sets, TooMany> {
        let reachable = members.iter().filter(|(_, sets)| *sets != Sets::never());
        let identifiers: Vec<_> = reachable.flat_map(|(xs, _)| xs.iter().copied()).collect();
        let quorums = structure
            .minimal_quorums(&identifiers, MOST_COALITIONS)
            .map_err(|_| TooMany)?;
        // Several identifiers may be of one holder.
        let owner_of = |x: Identifier| members.iter().position(|(xs, _)| xs.contains(&x));
        let quorums: BTreeSet<BTreeSet<usize>> = quorums
            .into_iter()
            .map(|quorum| quorum.into_iter().filter_map(owner_of).collect())
            .collect();
        let mut found = Vec::new();
        for quorum in quorums {
            let values = quorum.into_iter().filter_map(|holder| members.get(holder));
            let together = self.all(values.map(|(_, sets)| sets.clone()).collect())?;
            found.extend(together.iter().copied());
        }
        Sets::minimal(found)
    }
}
