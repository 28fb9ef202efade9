//! Residuals in sentences, each without its full stop.
//!
//! `docs/audit/receipts.md` names the tests that do what each says. Whoever prints them keeps a number
//! of the words; a sentence that becomes another raises it.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use tki_metadata::{HolderName, Statement};

use super::residual::{Gone, Residual};
use crate::structure;

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
            Self::NotRenewed { .. } | Self::OldStructure { .. } | Self::UnchangedSeeds { .. } => {
                self.fmt_of_seeds(f)
            }
            Self::EarlierStructure { .. } => self.fmt_of_earlier(f),
            Self::DroppedKey | Self::HadNextKey { .. } | Self::OldKey { .. } => self.fmt_of_keys(f),
            Self::OldCopies => f.write_str(
                "the key existed before: whoever has a copy of it (a file, a wallet, a backup) \
                 can still use it without any factor; destroy the copies, and where that is not \
                 certain, only a new key helps",
            ),
            Self::Pegged { .. } | Self::PegsWeaken { .. } => self.fmt_of_pegs(f),
            Self::Unknown(Statement { kind, .. }) => write!(
                f,
                "something that this version does not know (kind {kind}): a newer one says it"
            ),
            Self::Together { removed } => write!(
                f,
                "{} together still have the key in their old shares: they were removed at once, \
                 and were as many as were needed",
                list(removed)
            ),
        }
    }
}

impl Residual {
    /// What seeds that stayed the same leave, with old records.
    fn fmt_of_seeds(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::UnchangedSeeds {
            removed,
            unchanged,
            needed,
            sets,
        } = self
        {
            write!(
                f,
                "{removed} together with {} and somebody's archive of the old records can still \
                 use the key, because those factors kept their seeds",
                companions(*needed, unchanged, sets)
            )?;
        }
        if let Self::OldStructure {
            unchanged,
            needed,
            sets,
        } = self
        {
            write!(
                f,
                "{}, who sufficed before, can still use the key with somebody's archive of the old \
                 records, because they kept their seeds: renew those to end it",
                companions(*needed, unchanged, sets)
            )?;
        }
        let Self::NotRenewed {
            renewed,
            old,
            unchanged,
            needed,
            sets,
        } = self
        else {
            return Ok(());
        };
        if !sets.is_empty() {
            return write!(
                f,
                "whoever copied old seeds of {} can use the key with somebody's archive of the old \
                 records and the others of one of these sets, whose seeds stayed the same: {}; \
                 renew or replace those, too",
                list(renewed),
                list_sets(sets)
            );
        }
        write!(
            f,
            "whoever copied {} {} and gets at {needed} of {}, whose seeds stayed the same, can use \
             the key with somebody's archive of the old records: renew or replace those, too",
            old_seeds(*old, renewed.len()),
            list(renewed),
            list(unchanged)
        )
    }

    /// What an earlier structure leaves, with old records and seeds that stayed the same.
    fn fmt_of_earlier(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::EarlierStructure {
            gone,
            how,
            versions,
            unchanged,
            needed,
            sets,
        } = self
        else {
            return Ok(());
        };
        let archive = match versions {
            (first, last) if first == last => format!("somebody's archive of version {last}"),
            (first, last) => format!("somebody's archive of a version from {first} to {last}"),
        };
        let Some(needed) = needed else {
            let whose = match how {
                Gone::Removed => format!("{gone}"),
                Gone::Renewed => format!("the old seed of {gone}"),
            };
            return write!(
                f,
                "with {archive} fewer may be enough: the account's log does not say who sufficed \
                 then, and {whose} may be one of them"
            );
        };
        let companions = companions(*needed, unchanged, sets);
        match how {
            Gone::Removed => write!(
                f,
                "{gone} together with {companions} and {archive} can still use the key: they \
                 sufficed then, and kept their seeds"
            ),
            Gone::Renewed => write!(
                f,
                "whoever copied the old seed of {gone} and gets at {companions} can use the key with \
                 {archive}: they sufficed then, and these kept their seeds"
            ),
        }
    }

    /// What a move from one key to another leaves.
    fn fmt_of_keys(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::OldKey { since } = self {
            write!(
                f,
                "whoever knows the old key, or can put it together from old shares, seeds, copies or \
                 records, can still use it, and take what is left at its address, which your factors \
                 cannot any more without a backup of then; nothing that is older than version {since} \
                 gives anything of the new key"
            )?;
        }
        if let Self::HadNextKey { removed } = self {
            let who = match removed.as_slice() {
                [] => "whoever was".into(),
                some => list(some) + ",",
            };
            write!(
                f,
                "{who} removed or renewed while the account was moving, had shares of the new key, \
                 too: with them, old seeds and old records that key can still be put together, and \
                 only another new one helps"
            )?;
        }
        if matches!(self, Self::DroppedKey) {
            f.write_str(
                "no factor can use the key that was given up, without a backup of the time between: \
                 what was sent to its address is out of reach",
            )?;
        }
        Ok(())
    }

    /// What pegged shares leave.
    fn fmt_of_pegs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Pegged {
            removed,
            pegged,
            needed,
        } = self
        {
            write!(
                f,
                "{} together with {} {} can still use the key: the shares of these follow from the \
                 inputs and are what they were",
                list(removed),
                inputs(*needed),
                list(pegged)
            )?;
        }
        if let Self::PegsWeaken { pegged, enough } = self {
            write!(
                f,
                "while the shares of {} follow from inputs, {} of each of several epochs may \
                 together give the key: replace stolen factors, do not only refresh",
                list(pegged),
                stolen_shares(*enough)
            )?;
        }
        Ok(())
    }
}

/// The inputs of this many of some holders.
fn inputs(count: usize) -> String {
    match count {
        1 => "the input of one of".into(),
        count => format!("the inputs of {count} of"),
    }
}

fn stolen_shares(count: usize) -> String {
    match count {
        1 => "one stolen share".into(),
        count => format!("{count} stolen shares"),
    }
}

/// This many of the old seeds of this many holders.
fn old_seeds(old: usize, renewed: usize) -> String {
    match (old, renewed) {
        (1, 1) => "the old seed of".into(),
        (1, _) => "one of the old seeds of".into(),
        (old, _) => format!("{old} of the old seeds of"),
    }
}

/// So many of these, or one of the sets where they are listed.
fn companions(needed: usize, names: &[HolderName], sets: &[Vec<HolderName>]) -> String {
    match (needed, sets) {
        (0, _) => "nobody else".into(),
        (_, []) => format!("{needed} of {}", list(names)),
        _ => list_sets(sets),
    }
}

/// Sets of holders, any one of which will do.
pub(crate) fn list_sets(sets: &[Vec<HolderName>]) -> String {
    let set = |names: &Vec<HolderName>| {
        let names: Vec<String> = names.iter().map(|name| format!("{name}")).collect();
        names.join(" and ")
    };
    let mut texts: Vec<String> = sets.iter().map(set).collect();
    if sets.len() >= structure::MOST_SETS {
        texts.push("perhaps others".into());
    }
    texts.join(", or ")
}

pub(crate) fn list(names: &[HolderName]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{name}")).collect();
    names.join(", ")
}
