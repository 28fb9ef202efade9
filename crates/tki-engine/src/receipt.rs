//! What a change did, and what those who left can still do.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use tki_math::{Epoch, Identifier};
use tki_metadata::{Core, Holder, HolderKind, OperationId};

/// A holder as a receipt names it.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderName {
    /// Its identifier.
    pub identifier: Identifier,
    /// What it is.
    pub kind: HolderKind,
    /// What its owner calls it.
    pub label: String,
}

impl HolderName {
    pub(crate) fn of(holder: &Holder) -> Self {
        Self {
            identifier: first_identifier(holder),
            kind: holder.kind,
            label: holder.label.clone(),
        }
    }
}

impl fmt::Display for HolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.identifier)?;
        if !self.label.is_empty() {
            write!(f, " ({})", self.label)?;
        }
        Ok(())
    }
}

/// Something that a removed holder can still do.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Residual {
    /// It keeps copies of these holders' old mailboxes: with their seeds (the words themselves)
    /// it still gives the key, with every server gone.
    Copies {
        /// The removed holder.
        removed: HolderName,
        /// Those whose mailboxes it has copies of.
        copied: Vec<HolderName>,
    },
    /// It may have assembled and kept the key itself while it was a factor.
    MayKnowKey {
        /// The removed holder.
        removed: HolderName,
    },
    /// They are as many as were needed: together they still have the key in their old shares.
    Together {
        /// The removed holders.
        removed: Vec<HolderName>,
    },
    /// With these holders' seeds, which did not change, and archived old records, its old share
    /// still gives the key.
    UnchangedSeeds {
        /// The removed holder.
        removed: HolderName,
        /// Those whose seeds are the same as before.
        unchanged: Vec<HolderName>,
        /// How many of them it would need.
        needed: usize,
    },
}

impl fmt::Display for Residual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copies { removed, copied } => write!(
                f,
                "{removed} keeps old copies of the mailboxes of {}: whoever has it and those \
                 factors themselves can still use the key, offline",
                list(copied)
            ),
            Self::MayKnowKey { removed } => write!(
                f,
                "{removed} could use the key together with the other factors while it was a \
                 factor; if it was taken over then, the key may be known: only a new key helps"
            ),
            Self::Together { removed } => write!(
                f,
                "{} together still have the key in their old shares: they were removed at once, \
                 and were as many as were needed",
                list(removed)
            ),
            Self::UnchangedSeeds {
                removed,
                unchanged,
                needed,
            } => write!(
                f,
                "{removed} together with {needed} of {} and somebody's archive of the old records \
                 can still use the key, because those factors kept their seeds",
                list(unchanged)
            ),
        }
    }
}

fn list(names: &[HolderName]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{name}")).collect();
    names.join(", ")
}

/// What a change did.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The random number of the operation.
    pub operation: OperationId,
    /// The account's version after it.
    pub version: u64,
    /// The generation of shares after it.
    pub epoch: Epoch,
    /// Who was added.
    pub added: Vec<HolderName>,
    /// Who was removed.
    pub removed: Vec<HolderName>,
    /// Whose stored mailbox was damaged or old, and was written anew.
    pub repaired: Vec<HolderName>,
    /// What the removed can still do.
    pub residuals: Vec<Residual>,
    /// How many factors can now be lost without losing the account.
    pub can_lose: usize,
}

impl Receipt {
    pub(crate) fn new(
        before: Option<&Core>,
        after: &Core,
        removed: &[Identifier],
        repaired: &[Identifier],
    ) -> Self {
        let old: &[Holder] = before.map_or(&[], |core| &core.holders);
        let gone: Vec<&Holder> = old
            .iter()
            .filter(|h| removed.contains(&first_identifier(h)))
            .collect();
        let kept: Vec<&Holder> = old
            .iter()
            .filter(|h| !removed.contains(&first_identifier(h)))
            .collect();
        let added = after
            .holders
            .iter()
            .filter(|holder| {
                old.iter()
                    .all(|h| first_identifier(h) != first_identifier(holder))
            })
            .map(HolderName::of)
            .collect();
        let residuals = before.map_or_else(Vec::new, |core| residuals(core, &gone, &kept));
        Self {
            operation: after.operation,
            version: after.version,
            epoch: after.epoch,
            added,
            removed: gone.iter().map(|holder| HolderName::of(holder)).collect(),
            repaired: kept
                .iter()
                .filter(|holder| repaired.contains(&first_identifier(holder)))
                .map(|holder| HolderName::of(holder))
                .collect(),
            residuals,
            can_lose: spare(after),
        }
    }
}

/// How many of any factors can be lost.
#[must_use]
pub fn spare(core: &Core) -> usize {
    core.holders
        .len()
        .saturating_sub(usize::from(core.structure.threshold().get()))
}

fn residuals(before: &Core, gone: &[&Holder], kept: &[&Holder]) -> Vec<Residual> {
    let mut residuals = Vec::new();
    let threshold = usize::from(before.structure.threshold().get());
    if gone.len() >= threshold {
        let removed = gone.iter().map(|holder| HolderName::of(holder)).collect();
        residuals.push(Residual::Together { removed });
    }
    // For each of them alone.
    let needed = threshold.saturating_sub(1);
    for holder in gone {
        let removed = HolderName::of(holder);
        residuals.push(Residual::MayKnowKey {
            removed: removed.clone(),
        });
        let copied: Vec<HolderName> = kept
            .iter()
            .filter(|h| h.offline)
            .map(|h| HolderName::of(h))
            .collect();
        if holder.kind == HolderKind::Device && copied.len() >= needed {
            residuals.push(Residual::Copies {
                removed: removed.clone(),
                copied,
            });
        }
        let unchanged: Vec<HolderName> = kept.iter().map(|h| HolderName::of(h)).collect();
        if unchanged.len() >= needed {
            residuals.push(Residual::UnchangedSeeds {
                removed,
                unchanged,
                needed,
            });
        }
    }
    residuals
}

/// The identifier by which a holder is named. Every holder of a decoded document has one.
pub(crate) fn first_identifier(holder: &Holder) -> Identifier {
    holder.identifier().unwrap_or(Identifier::FIRST)
}
