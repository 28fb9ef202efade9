//! What ends what others can still do after a change: commands, for a person.

use alloc::collections::BTreeSet;

use tki::HolderName;
use tki::engine::Residual;

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
