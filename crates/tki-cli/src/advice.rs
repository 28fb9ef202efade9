//! What ends what others can still do after a change: commands, for a person.

use alloc::collections::BTreeSet;

use tki::HolderName;
use tki::engine::{Residual, minimal_sets_of};
use tki::math::Identifier;
use tki::metadata::{HolderKind, WhoSuffices};

use crate::reminder;

/// How many sets of factors are looked through.
const MOST_SETS: usize = 512;

/// Where the key of a new login is to be.
const NEW_LOGIN: &str = "local:NEW-KEY";

/// One line for each thing to do, in the order in which it is done: whom it is about, and the command.
/// `own` is the device on which they are given.
pub(crate) fn after(
    residuals: &[Residual],
    who: Option<&WhoSuffices>,
    own: Option<Identifier>,
) -> Vec<String> {
    let mut old = BTreeSet::new();
    let mut is_key_known = false;
    let (mut had_next_key, mut is_confirmed) = (false, false);
    for residual in residuals {
        if let Residual::UnchangedSeeds { unchanged: who, .. }
        | Residual::NotRenewed { unchanged: who, .. }
        | Residual::OldStructure { unchanged: who, .. }
        | Residual::EarlierStructure { unchanged: who, .. }
        | Residual::Copies { copied: who, .. }
        | Residual::Pegged { pegged: who, .. }
        | Residual::PegsWeaken { pegged: who, .. } = residual
        {
            old.extend(who.iter().cloned());
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
    // Who was removed gets nothing new.
    let is_there = |name: &HolderName| {
        let mut holders = who.into_iter().flat_map(|who| &who.holders);
        holders.any(|holder| holder.identifier == name.identifier)
    };
    let old: Vec<HolderName> = old.into_iter().filter(is_there).collect();
    let mut lines = Vec::new();
    let mut rotate = String::from("tki rotate");
    if let Some(who) = who {
        let commands = new_secrets(&old, who, own);
        let gone = replaced(&old);
        if let Some(set) = quorum_with(who, own, &[], &gone) {
            rotate = format!("{rotate} {}", uses(&set, &gone));
        }
        let told = commands
            .into_iter()
            .map(|(holder, command)| format!("{holder}: {command}"));
        lines.extend(told);
    }
    if had_next_key && !is_confirmed {
        // Beside a move that goes on another is not begun.
        lines.push(
            "another new key, of which nobody has anything old: tki rotate --cancel ADDRESS, then tki \
             rotate"
                .into(),
        );
    } else if is_key_known || had_next_key {
        let whom = "a new key, of which nobody has anything old";
        lines.push(format!("{whom}: {rotate}"));
    }
    lines
}

/// A smallest set that suffices, with these in it, of factors that can be at hand on this machine: no
/// other device. One with this very device is preferred, and then one with as few as can be of those
/// who are to be avoided.
pub(crate) fn quorum_with<'w>(
    who: &'w WhoSuffices,
    own: Option<Identifier>,
    wanted: &[Identifier],
    avoided: &[Identifier],
) -> Option<Vec<&'w HolderName>> {
    let is_usable = |holder: &&HolderName| {
        let is_elsewhere = holder.kind == HolderKind::Device && Some(holder.identifier) != own;
        !is_elsewhere && reminder::name_of(holder.kind).is_some()
    };
    let usable: Vec<&HolderName> = who.holders.iter().filter(is_usable).collect();
    let among: Vec<Identifier> = usable.iter().map(|holder| holder.identifier).collect();
    let sets = minimal_sets_of(&who.arrangement, &among, MOST_SETS)?.into_iter();
    let sets = sets.filter(|set| wanted.iter().all(|x| set.contains(x)));
    let is_without_own = |set: &Vec<Identifier>| own.is_some_and(|own| !set.contains(&own));
    let set = sets.min_by_key(|set| {
        let avoided = avoided.iter().filter(|x| set.contains(x)).count();
        (is_without_own(set), avoided, set.len())
    })?;
    let is_in = |holder: &&HolderName| set.contains(&holder.identifier);
    Some(usable.into_iter().filter(is_in).collect())
}

/// The options that name these factors. Several of one kind have a name of their own each, and a login
/// that was replaced is the new one.
pub(crate) fn uses(set: &[&HolderName], replaced: &[Identifier]) -> String {
    let options = set.iter().filter_map(|holder| {
        let name = reminder::name_of(holder.kind)?;
        if holder.kind == HolderKind::Provider && replaced.contains(&holder.identifier) {
            return Some(format!("--use {name}:{NEW_LOGIN}"));
        }
        let alike = set.iter().filter(|other| other.kind == holder.kind).count();
        Some(match name.split_once(':') {
            Some((kind, place)) if alike > 1 => {
                format!("--use {kind}:{place}-{}", holder.identifier)
            }
            _ => format!("--use {name}"),
        })
    });
    options.collect::<Vec<_>>().join(" ")
}

/// New secrets for these, a command for each that is right for its kind. Those that have to be replaced
/// come first: whoever goes then needs the old secrets of others, which they do not have long.
pub(crate) fn new_secrets(
    holders: &[HolderName],
    who: &WhoSuffices,
    own: Option<Identifier>,
) -> Vec<(HolderName, String)> {
    let gone = replaced(holders);
    let mut commands = Vec::new();
    let of_gone = holders.iter().filter(|holder| !is_renewed(holder.kind));
    for (place, holder) in of_gone.enumerate() {
        let x = holder.identifier;
        let set = quorum_with(who, own, &[], &gone);
        let done = gone.get(..place).unwrap_or_default();
        let uses = set.map_or_else(String::new, |set| format!(" {}", uses(&set, done)));
        let command = match holder.kind {
            HolderKind::Provider => {
                format!("tki factor replace {x}{uses} --provider {NEW_LOGIN}")
            }
            HolderKind::Answers => format!("tki factor replace {x}{uses} --with answers:FILE"),
            HolderKind::Passkey => format!("tki factor replace {x}{uses} --with passkey:fido2"),
            HolderKind::Device
            | HolderKind::Words
            | HolderKind::File
            | HolderKind::Guardian
            | HolderKind::Other(_)
            | _ => format!("tki factor remove {x}{uses}"),
        };
        commands.push((holder.clone(), command));
    }
    for holder in holders.iter().filter(|holder| is_renewed(holder.kind)) {
        let x = holder.identifier;
        let is_elsewhere = holder.kind == HolderKind::Device && Some(x) != own;
        if is_elsewhere {
            commands.push((holder.clone(), format!("on device {x}: tki renew {x}")));
            continue;
        }
        let set = quorum_with(who, own, &[x], &gone);
        let uses = set.map_or_else(String::new, |set| format!(" {}", uses(&set, &gone)));
        let out = if holder.kind == HolderKind::Device {
            ""
        } else {
            " --recovery-out NEW-FILE"
        };
        commands.push((holder.clone(), format!("tki renew {x}{uses}{out}")));
    }
    commands
}

/// Those of these in whose place another has to come.
fn replaced(holders: &[HolderName]) -> Vec<Identifier> {
    let replaced = holders.iter().filter(|holder| !is_renewed(holder.kind));
    replaced.map(|holder| holder.identifier).collect()
}

/// Whether a factor of this kind gets a new secret in its place.
const fn is_renewed(kind: HolderKind) -> bool {
    matches!(
        kind,
        HolderKind::Device | HolderKind::Words | HolderKind::File
    )
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
