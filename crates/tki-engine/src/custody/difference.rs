//! What a change does to custody.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use super::{Ability, Coalition, Coalitions, Custody};

/// Custody before and after a change, as far as it differs.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// Whether it was self-custodial.
    pub was_self_custodial: bool,
    /// Whether it is.
    pub is_self_custodial: bool,
    /// The abilities whose coalitions differ, or are too many to compare.
    pub moved: Vec<Moved>,
}

/// An ability whose coalitions differ, or are too many to compare.
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
            let is_same = old == new && old.listed().is_some();
            (!is_same).then(|| Moved::between(ability, old, new))
        });
        Difference {
            was_self_custodial: self.is_self_custodial,
            is_self_custodial: after.is_self_custodial,
            moved: moved.into_iter().flatten().collect(),
        }
    }
}

impl Custody {
    /// What is different after a change, in sentences; none if nothing is.
    #[must_use]
    pub fn changes(&self, after: &Self) -> Vec<String> {
        let difference = self.difference(after);
        let mut sentences = Vec::new();
        match (difference.was_self_custodial, difference.is_self_custodial) {
            (true, false) => sentences.push("It is self-custodial no more.".to_owned()),
            (false, true) => sentences.push("It becomes self-custodial.".to_owned()),
            (true, true) | (false, false) => {}
        }
        for moved in &difference.moved {
            let ability = moved.ability;
            if moved.is_uncertain {
                sentences.push(format!("{}: too many ways to compare.", heading(ability)));
                continue;
            }
            let gained = moved.gained.iter();
            let gained = gained.map(|some| becomes(ability, &after.full_phrase(ability, some)));
            sentences.extend(few(gained.collect()));
            let lost = moved.lost.iter();
            let lost = lost.map(|some| ceases(ability, &self.full_phrase(ability, some)));
            sentences.extend(few(lost.collect()));
        }
        sentences
    }
}

/// The first of them, and how many more there are.
fn few(mut sentences: Vec<String>) -> Vec<String> {
    let more = sentences.len().saturating_sub(MOST_SHOWN);
    sentences.truncate(MOST_SHOWN);
    if more > 0 {
        sentences.push(format!("And so for {more} more."));
    }
    sentences
}

/// So many changes of one kind are told.
const MOST_SHOWN: usize = 6;

fn becomes(ability: Ability, who: &str) -> String {
    format!("{}, anew: {who}.", heading(ability))
}

fn ceases(ability: Ability, who: &str) -> String {
    format!("{}, no more: {who}.", heading(ability))
}

const fn heading(ability: Ability) -> &'static str {
    match ability {
        Ability::Use => "Who can use the key without you",
        Ability::Recover => "Enough to get the key back",
        Ability::Block => "Who can keep you from the key",
        Ability::Destroy => "What destroys the key when it is lost",
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
