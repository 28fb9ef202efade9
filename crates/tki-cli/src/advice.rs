//! What ends what others can still do after a change: commands, for a person.

use alloc::collections::BTreeSet;

use tki::HolderName;
use tki::engine::{Residual, minimal_quorums};
use tki::math::Identifier;
use tki::metadata::{Core, Holder, HolderKind};

use crate::reminder;

/// How many sets of factors are looked through.
const MOST_SETS: usize = 512;

/// One line for each thing to do, the least trouble first.
pub(crate) fn after(residuals: &[Residual]) -> Vec<String> {
    let mut unchanged = BTreeSet::new();
    let mut pegged = BTreeSet::new();
    let mut is_key_known = false;
    let (mut had_next_key, mut is_confirmed) = (false, false);
    for residual in residuals {
        if let Residual::UnchangedSeeds { unchanged: who, .. }
        | Residual::NotRenewed { unchanged: who, .. }
        | Residual::OldStructure { unchanged: who, .. }
        | Residual::Copies { copied: who, .. } = residual
        {
            unchanged.extend(who.iter().cloned());
        } else if let Residual::Pegged { pegged: who, .. }
        | Residual::PegsWeaken { pegged: who, .. } = residual
        {
            pegged.extend(who.iter().cloned());
        }
        had_next_key |= matches!(residual, Residual::HadNextKey { .. });
        is_confirmed |= matches!(residual, Residual::OldKey { .. });
        is_key_known |= matches!(
            residual,
            Residual::MayKnowKey { .. }
                | Residual::OldCopies
                | Residual::Together { .. }
                | Residual::Pegged { .. }
                | Residual::Copies { .. }
        );
    }
    let mut lines = Vec::new();
    lines.extend(renewing(&unchanged));
    lines.extend(replacing(&unchanged, &pegged));
    if had_next_key && !is_confirmed {
        // Beside a move that goes on another is not begun.
        lines.push(
            "another new key, of which nobody has anything old: tki rotate --cancel ADDRESS, then tki \
             rotate"
                .into(),
        );
    } else if is_key_known || had_next_key {
        lines.push("a new key, of which nobody has anything old: tki rotate".into());
    }
    lines
}

/// Those that can be given a new secret in place.
fn renewing(unchanged: &BTreeSet<HolderName>) -> Option<String> {
    let renewable = unchanged.iter().filter(|name| name.kind.is_renewable());
    let numbers: Vec<String> = renewable.map(|name| name.identifier.to_string()).collect();
    (!numbers.is_empty()).then(|| {
        let numbers = numbers.join(" ");
        format!("new secrets for those who kept theirs: tki renew {numbers}")
    })
}

/// Those that cannot, and those whose shares are fixed by what is typed.
fn replacing(unchanged: &BTreeSet<HolderName>, pegged: &BTreeSet<HolderName>) -> Option<String> {
    let replaceable = unchanged.iter().filter(|name| !name.kind.is_renewable());
    let all: BTreeSet<&HolderName> = replaceable.chain(pegged).collect();
    let first = all.first()?;
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    Some(format!(
        "others in the place of {}: tki factor replace {} --with KIND",
        names.join(", "),
        first.identifier
    ))
}

/// A smallest set that suffices, with these in it, of factors that can be at hand on this machine: no
/// other device. One with this very device is preferred.
pub(crate) fn quorum_with<'c>(
    core: &'c Core,
    own: Option<Identifier>,
    wanted: &[Identifier],
) -> Option<Vec<&'c Holder>> {
    let is_usable = |holder: &&Holder| -> bool {
        let is_elsewhere = holder.kind == HolderKind::Device && holder.identifier() != own;
        !is_elsewhere && reminder::name_of(holder.kind).is_some()
    };
    let sets = minimal_quorums(core, MOST_SETS)?.into_iter();
    let sets = sets.filter(|set| set.iter().all(is_usable));
    let has = |set: &Vec<&Holder>, x: Identifier| set.iter().any(|h| h.identifier() == Some(x));
    let sets = sets.filter(|set| wanted.iter().all(|x| has(set, *x)));
    let is_without_own = |set: &Vec<&Holder>| own.is_some_and(|own| !has(set, own));
    sets.min_by_key(|set| (is_without_own(set), set.len()))
}

/// The options that name these factors. Several of one kind have a name of their own each.
pub(crate) fn uses(set: &[&Holder]) -> String {
    let options = set.iter().filter_map(|holder| {
        let name = reminder::name_of(holder.kind)?;
        let alike = set.iter().filter(|other| other.kind == holder.kind).count();
        let numbered = holder.identifier().filter(|_| alike > 1);
        Some(match (numbered, name.split_once(':')) {
            (Some(x), Some((kind, place))) => format!("--use {kind}:{place}-{x}"),
            _ => format!("--use {name}"),
        })
    });
    options.collect::<Vec<_>>().join(" ")
}

/// New secrets for these, a command for each that is right for its kind.
pub(crate) fn new_secrets(
    holders: &[HolderName],
    core: &Core,
    own: Option<Identifier>,
) -> Vec<String> {
    let command = |holder: &HolderName| {
        let x = holder.identifier;
        let is_elsewhere = holder.kind == HolderKind::Device && Some(x) != own;
        let kind = holder.kind;
        if is_elsewhere {
            return format!("on device {x}: tki renew {x}");
        }
        let uses = quorum_with(core, own, &[x]).map_or_else(String::new, |set| {
            let uses = uses(&set);
            format!(" {uses}")
        });
        match kind {
            HolderKind::Device => format!("tki renew {x}{uses}"),
            HolderKind::Words => format!("tki renew {x}{uses} --recovery-out NEW-FILE"),
            HolderKind::Provider
            | HolderKind::Answers
            | HolderKind::File
            | HolderKind::Guardian
            | HolderKind::Passkey
            | HolderKind::Other(_)
            | _ => replacing_lost(kind, x),
        }
    };
    holders.iter().map(command).collect()
}

/// Another factor in the place of one.
pub(crate) fn replacing_lost(kind: HolderKind, identifier: Identifier) -> String {
    let remove = format!("tki factor remove {identifier}");
    match kind {
        HolderKind::Device => {
            format!("on the new device: tki recover --replace {identifier}; or here: {remove}")
        }
        HolderKind::Words => format!("tki factor replace {identifier} --recovery-out FILE"),
        HolderKind::File => format!("tki factor replace {identifier} --with file:FILE"),
        HolderKind::Answers => format!("tki factor replace {identifier} --with answers:FILE"),
        HolderKind::Passkey => format!("tki factor replace {identifier} --with passkey:fido2"),
        HolderKind::Provider => {
            format!("tki factor replace {identifier} --provider local:NEW; or: {remove}")
        }
        HolderKind::Guardian | HolderKind::Other(_) | _ => remove,
    }
}
