//! What a change leaves to those who are gone, and to old seeds and records.

use alloc::vec::Vec;

use tki_metadata::{Core, Holder, HolderKind, HolderName};

use super::{Fates, find, of_earlier, residual::Residual};
use crate::structure::{self, Companions};

/// What a change from one version to the next leaves, but for what it does about the key.
pub(super) fn residuals(before: &Core, after: &Core, fates: &Fates<'_>) -> Vec<Residual> {
    let names = |holders: &[&Holder]| -> Vec<HolderName> {
        holders
            .iter()
            .map(|holder| HolderName::of(holder))
            .collect()
    };
    let threshold = usize::from(before.structure.threshold().get());
    let mut residuals = Vec::new();
    if !fates.removed.is_empty() && structure::is_satisfied_by(before, &fates.removed) {
        let removed = names(&fates.removed);
        residuals.push(Residual::Together { removed });
    }
    let pegged = fates.unchanged.iter().copied().filter(|h| h.is_pegged());
    let pegged: Vec<&Holder> = pegged.collect();
    let is_reshared = before.epoch != after.epoch;
    residuals.extend(of_pegs(&pegged, &fates.removed, threshold, is_reshared));
    // For each of the removed alone. Who is unchanged has the identifiers of the version before
    // only there.
    let stayed = of_version(before, &fates.unchanged);
    let unchanged = names(&fates.unchanged);
    let copied: Vec<&Holder> = fates
        .unchanged
        .iter()
        .copied()
        .filter(|h| h.offline)
        .collect();
    let copied_before = of_version(before, &copied);
    for holder in &fates.removed {
        let removed = HolderName::of(holder);
        let alone = core::slice::from_ref(holder);
        residuals.push(Residual::MayKnowKey {
            removed: removed.clone(),
        });
        let with_copies = [alone, &copied_before].concat();
        if holder.kind == HolderKind::Device && structure::is_satisfied_by(before, &with_copies) {
            residuals.push(Residual::Copies {
                removed: removed.clone(),
                copied: names(&copied),
            });
        }
        let companions = structure::companions_of(before, holder, &stayed);
        if let Some(Companions { needed, sets }) = companions {
            residuals.push(Residual::UnchangedSeeds {
                removed,
                unchanged: unchanged.clone(),
                needed,
                sets,
            });
        }
    }
    residuals.extend(not_renewed(before, fates, &stayed));
    residuals.extend(old_structure(before, after, &stayed));
    residuals.extend(of_earlier::residuals(before, fates));
    residuals
}

/// These holders as they were in this version.
fn of_version<'c>(core: &'c Core, holders: &[&Holder]) -> Vec<&'c Holder> {
    let then = holders
        .iter()
        .filter_map(|holder| find(&core.holders, holder));
    then.collect()
}

/// Who sufficed before and does not any more, of those who kept their seeds.
fn old_structure(before: &Core, after: &Core, stayed: &[&Holder]) -> Option<Residual> {
    if before.structure == after.structure {
        return None;
    }
    let still = |set: &[&Holder]| structure::is_satisfied_by(after, &of_version(after, set));
    let unchanged: Vec<HolderName> = stayed.iter().map(|holder| HolderName::of(holder)).collect();
    let (needed, sets) = match (
        structure::counts_alike(before),
        structure::counts_alike(after),
    ) {
        (Some(old), Some(new)) => {
            if new <= old || stayed.len() < old {
                return None;
            }
            (old, Vec::new())
        }
        _ => {
            let sets = structure::some_sets(before, stayed)?;
            let sets: Vec<_> = sets.into_iter().filter(|set| !still(set)).collect();
            let needed = sets.first()?.len();
            (needed, named(&sets))
        }
    };
    Some(Residual::OldStructure {
        unchanged,
        needed,
        sets,
    })
}

/// The names of some sets, as many as are shown.
fn named(sets: &[Vec<&Holder>]) -> Vec<Vec<HolderName>> {
    let names = |set: &Vec<&Holder>| set.iter().map(|holder| HolderName::of(holder)).collect();
    sets.iter().take(structure::MOST_SETS).map(names).collect()
}

/// What pegged shares, which stay where they are, leave to the removed and to who steals shares of
/// several epochs.
fn of_pegs(
    pegged: &[&Holder],
    removed: &[&Holder],
    threshold: usize,
    is_reshared: bool,
) -> Vec<Residual> {
    let names = |holders: &[&Holder]| holders.iter().map(|h| HolderName::of(h)).collect();
    let mut residuals = Vec::new();
    let needed = threshold.saturating_sub(removed.len()).max(1);
    if !removed.is_empty() && pegged.len() >= needed {
        residuals.push(Residual::Pegged {
            removed: names(removed),
            pegged: names(pegged),
            needed,
        });
    }
    if is_reshared && !pegged.is_empty() {
        residuals.push(Residual::PegsWeaken {
            pegged: names(pegged),
            enough: threshold.saturating_sub(pegged.len()).max(1),
        });
    }
    residuals
}

/// Any quorum of the seeds of the version before opens it where somebody kept its records. As many
/// as possible of them are those that are still in use, or were removed.
fn not_renewed(before: &Core, fates: &Fates<'_>, stayed: &[&Holder]) -> Option<Residual> {
    let others = fates.unchanged.iter().chain(&fates.removed);
    let unchanged: Vec<HolderName> = others.map(|holder| HolderName::of(holder)).collect();
    if fates.renewed.is_empty() || unchanged.is_empty() {
        return None;
    }
    let renewed = of_version(before, &fates.renewed);
    let (old, needed, sets) = match structure::counts_alike(before) {
        Some(threshold) => {
            let old = threshold.saturating_sub(unchanged.len()).max(1);
            (old, threshold.saturating_sub(old), Vec::new())
        }
        None => {
            let all = [stayed, &fates.removed, &renewed].concat();
            let sets = structure::some_sets(before, &all)?;
            let takes_old = |set: &Vec<&Holder>| renewed.iter().any(|old| set.contains(old));
            let takes_other = |set: &Vec<&Holder>| set.iter().any(|h| !renewed.contains(h));
            let sets: Vec<_> = sets
                .into_iter()
                .filter(|set| takes_old(set) && takes_other(set))
                .collect();
            let old_ones = |set: &Vec<&Holder>| set.iter().filter(|h| renewed.contains(h)).count();
            let fewest = sets.iter().min_by_key(|set| old_ones(set))?;
            let old = old_ones(fewest);
            (old, fewest.len().saturating_sub(old), named(&sets))
        }
    };
    Some(Residual::NotRenewed {
        renewed: fates.renewed.iter().map(|h| HolderName::of(h)).collect(),
        old,
        unchanged,
        needed,
        sets,
    })
}
