//! What a change does to custody.

use alloc::vec::Vec;

use super::{Ability, Coalition, Coalitions, Custody};

/// Custody before and after a change, as far as it differs.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// Whether it was self-custodial.
    pub was_self_custodial: bool,
    /// Whether it is.
    pub is_self_custodial: bool,
    /// The abilities whose coalitions differ.
    pub moved: Vec<Moved>,
}

/// An ability whose coalitions differ.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Moved {
    /// Which.
    pub ability: Ability,
    /// Minimal coalitions that were none before.
    pub gained: Vec<Coalition>,
    /// Minimal coalitions that are none any more.
    pub lost: Vec<Coalition>,
    /// Whether one of the lists was too long to compare.
    pub is_uncertain: bool,
}

impl Custody {
    /// What is different after a change.
    #[must_use]
    pub fn difference(&self, after: &Self) -> Difference {
        let moved = Ability::ALL.map(|ability| {
            let (old, new) = (self.coalitions(ability), after.coalitions(ability));
            (old != new).then(|| Moved::between(ability, old, new))
        });
        Difference {
            was_self_custodial: self.is_self_custodial,
            is_self_custodial: after.is_self_custodial,
            moved: moved.into_iter().flatten().collect(),
        }
    }
}

impl Moved {
    fn between(ability: Ability, old: &Coalitions, new: &Coalitions) -> Self {
        let (before, after) = (
            old.listed().unwrap_or_default(),
            new.listed().unwrap_or_default(),
        );
        let only = |these: &[Coalition], those: &[Coalition]| -> Vec<Coalition> {
            let only = these.iter().filter(|coalition| !those.contains(coalition));
            only.cloned().collect()
        };
        Self {
            ability,
            gained: only(after, before),
            lost: only(before, after),
            is_uncertain: old.listed().is_none() || new.listed().is_none(),
        }
    }
}
