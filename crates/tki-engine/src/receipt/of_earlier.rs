//! What the structures of earlier versions leave to those who are gone: where fewer or others sufficed,
//! records of then and the seeds of then are enough.

use alloc::vec::Vec;

use tki_math::Identifier;
use tki_metadata::{Arrangement, Core, Holder, HolderName};

use super::{
    Fates, first_identifier,
    residual::{Gone, Residual},
};
use crate::{
    custody::{Listed, Past, earlier::Earlier},
    structure::{self, MOST_LISTED, MOST_SETS},
};

/// For each that was removed or renewed, the runs of earlier versions in which others sufficed with it
/// than in the version before. Newest first; what a newer one says is not said again.
pub(super) fn residuals(before: &Core, fates: &Fates<'_>) -> Vec<Residual> {
    let removed = fates.removed.iter().map(|holder| (*holder, Gone::Removed));
    let renewed = fates.renewed.iter().map(|holder| (*holder, Gone::Renewed));
    let mut gone = removed.chain(renewed).peekable();
    if gone.peek().is_none() {
        return Vec::new();
    }
    let listed: Vec<Listed> = before.holders.iter().map(Listed::of).collect();
    let eras = Earlier::of(&Past::of(before), &before.structure, &listed);
    let mut residuals = Vec::new();
    for (holder, how) in gone {
        // The removed have their seeds, as have those who stayed.
        let others = fates.unchanged.iter().chain(&fates.removed);
        let others = others.map(|other| first_identifier(other));
        let x = first_identifier(holder);
        let leaver = Leaver {
            before,
            x,
            others: others.filter(|other| *other != x).collect(),
        };
        let name = HolderName::of(holder);
        residuals.extend(leaver.left_by(&eras).into_iter().map(|left| {
            Residual::EarlierStructure {
                gone: name.clone(),
                how,
                versions: left.versions,
                unchanged: leaver.names(&left.unchanged),
                needed: left.needed,
                sets: left.sets.iter().map(|set| leaver.names(set)).collect(),
            }
        }));
    }
    residuals
}

/// Somebody who is gone, and those whose seeds may help.
struct Leaver<'c> {
    before: &'c Core,
    x: Identifier,
    others: Vec<Identifier>,
}

/// What a run of versions leaves.
struct Left {
    versions: (u64, u64),
    unchanged: Vec<Identifier>,
    needed: Option<usize>,
    sets: Vec<Vec<Identifier>>,
}

impl Leaver<'_> {
    fn left_by(&self, eras: &[Earlier]) -> Vec<Left> {
        let mut all: Vec<Left> = Vec::new();
        let its = eras
            .iter()
            .rev()
            .filter(|era| era.factors.contains(&self.x));
        for era in its {
            let others = self.others.iter().copied();
            let unchanged: Vec<_> = others.filter(|x| era.factors.contains(x)).collect();
            let unknown = all.iter_mut().find(|left| left.needed.is_none());
            let left = match (&era.needed, unknown) {
                (None, Some(unknown)) => {
                    unknown.versions.0 = era.versions.0;
                    continue;
                }
                (None, None) => Some((None, Vec::new())),
                (Some(needed), _) => {
                    let threshold = era.threshold.map(usize::from);
                    let threshold = threshold.or_else(|| plain(needed));
                    self.companions(needed, threshold, &unchanged, &all)
                }
            };
            if let Some((needed, sets)) = left {
                all.push(Left {
                    versions: era.versions,
                    unchanged,
                    needed,
                    sets,
                });
            }
        }
        all
    }

    /// Whom it needed beside it, of these; nothing if that is said already.
    fn companions(
        &self,
        arrangement: &Arrangement,
        threshold: Option<usize>,
        unchanged: &[Identifier],
        said: &[Left],
    ) -> Option<(Option<usize>, Vec<Vec<Identifier>>)> {
        if let Some(threshold) = threshold {
            let needed = threshold.checked_sub(1)?;
            let is_said = said.iter().any(|left| {
                let is_plain = left.sets.is_empty() && left.needed.is_some_and(|n| n <= needed);
                is_plain && unchanged.iter().all(|x| left.unchanged.contains(x))
            });
            let is_enough = unchanged.len() >= needed;
            return (is_enough && !is_said).then(|| (Some(needed), Vec::new()));
        }
        let among = [core::slice::from_ref(&self.x), unchanged].concat();
        let sets = structure::sets_of(arrangement, &among, MOST_LISTED);
        let with_it = sets.into_iter().filter(|set| set.contains(&self.x));
        let without = with_it.map(|set| set.into_iter().filter(|x| *x != self.x).collect());
        let new = without.filter(|set: &Vec<_>| !self.suffices(set) && !is_said(set, said));
        let sets: Vec<Vec<Identifier>> = new.take(MOST_SETS).collect();
        let fewest = sets.first()?.len();
        Some((Some(fewest), sets))
    }

    /// Whether it needs no older records with these: they suffice with those of the version before.
    fn suffices(&self, set: &[Identifier]) -> bool {
        let members = self.before.holders.iter().filter(|holder| {
            let x = first_identifier(holder);
            x == self.x || set.contains(&x)
        });
        let members: Vec<&Holder> = members.collect();
        structure::is_satisfied_by(self.before, &members)
    }

    fn names(&self, identifiers: &[Identifier]) -> Vec<HolderName> {
        let holders = identifiers.iter().filter_map(|x| self.before.holder(*x));
        holders.map(HolderName::of).collect()
    }
}

fn is_said(set: &[Identifier], said: &[Left]) -> bool {
    said.iter().any(|left| {
        let smaller = |other: &Vec<Identifier>| other.iter().all(|x| set.contains(x));
        let counted = set.iter().filter(|x| left.unchanged.contains(x)).count();
        let is_plain = left.sets.is_empty() && left.needed.is_some_and(|n| counted >= n);
        is_plain || left.sets.iter().any(smaller)
    })
}

/// The threshold of an arrangement that is any so many of some holders, each of them once.
fn plain(arrangement: &Arrangement) -> Option<usize> {
    let Arrangement::Gate { threshold, members } = arrangement else {
        return None;
    };
    let is_holder = |member: &Arrangement| matches!(member, Arrangement::Holder(_));
    let mut holders = arrangement.holders();
    holders.sort();
    holders.dedup();
    let is_plain = members.iter().all(is_holder) && holders.len() == members.len();
    is_plain.then(|| usize::from(threshold.get()))
}
