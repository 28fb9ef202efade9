//! What one change of an account did, piece by piece.

use alloc::{string::String, vec::Vec};
use core::fmt;

use tki_math::AccessStructure;
use tki_seal::transcript::Transcript;

use super::name::HolderName;
use crate::{
    arrangement::Arrangement,
    error::{Error, Rule},
    holder, limits, wire,
};

/// A piece of what changed.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Happened {
    /// The account was created with a new key.
    Created,
    /// The account was created with a key that existed before.
    Imported,
    /// A factor was added.
    Added(HolderName),
    /// A factor was removed.
    Removed(HolderName),
    /// A factor got another name.
    Renamed {
        /// By its new name.
        holder: HolderName,
        /// What it was called before.
        before: String,
    },
    /// A factor got another seed.
    Renewed(HolderName),
    /// A factor's stored mailbox was damaged or old, and was written anew.
    Repaired(HolderName),
    /// From now on these suffice: a plain threshold, over all factors.
    Structure(AccessStructure),
    /// From now on these suffice: nested thresholds, or weights.
    Arranged(Arrangement),
    /// Every factor got a new share, and that was all.
    Refreshed,
    /// The account began to move to another key.
    RotationBegun {
        /// The key that it is to have, in the curve's canonical encoding.
        next: Vec<u8>,
    },
    /// The account moved to another key.
    Rotated {
        /// The key that it had.
        before: Vec<u8>,
        /// The key that it has.
        after: Vec<u8>,
    },
    /// The account stays with its key.
    RotationCancelled {
        /// The key that it does not move to.
        next: Vec<u8>,
    },
    /// So many more than an event has room for: the receipt names them.
    More(u32),
    /// One that this version does not know, with its code: kept as it is.
    Other {
        /// Its code.
        kind: u16,
        /// What only the kind explains: at most [`limits::EVENT_BODY_BYTES`].
        body: Vec<u8>,
    },
}

impl Happened {
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Added(name)
            | Self::Removed(name)
            | Self::Renewed(name)
            | Self::Repaired(name) => {
                name.check()?;
            }
            Self::Renamed {
                holder: name,
                before,
            } => {
                name.check()?;
                holder::check_label(before)?;
            }
            Self::Created
            | Self::Imported
            | Self::Structure(_)
            | Self::Arranged(_)
            | Self::Refreshed
            | Self::RotationBegun { .. }
            | Self::Rotated { .. }
            | Self::RotationCancelled { .. }
            | Self::More(_)
            | Self::Other { .. } => {}
        }
        // What is not known is not one that is, and what is known can be read back.
        if Self::try_from(wire::event::Change::from(self))? == *self {
            Ok(())
        } else {
            Err(Rule::Event.into())
        }
    }

    /// Whether its body is as short as it has to be in an event.
    pub(crate) fn fits_an_event(&self) -> bool {
        wire::event::Change::from(self).body.len() <= limits::EVENT_BODY_BYTES
    }
}

/// Their number, then for each its kind and its stored body.
pub(crate) fn absorb(changes: &[Happened], transcript: Transcript) -> Transcript {
    let transcript = transcript.u64(u64::try_from(changes.len()).unwrap_or(u64::MAX));
    changes.iter().fold(transcript, |transcript, change| {
        let stored = wire::event::Change::from(change);
        transcript.u64(u64::from(stored.kind)).bytes(&stored.body)
    })
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("made the key"),
            Self::Imported => f.write_str("took in a key that existed before"),
            Self::Added(name) => write!(f, "added {name}"),
            Self::Removed(name) => write!(f, "removed {name}"),
            Self::Renamed { holder, before } if before.is_empty() => {
                write!(f, "named {holder}, which had no name before")
            }
            Self::Renamed { holder, before } => write!(f, "renamed {holder}, before {before}"),
            Self::Renewed(name) => write!(f, "renewed {name}"),
            Self::Repaired(name) => write!(f, "repaired the mailbox of {name}"),
            Self::Structure(AccessStructure::Threshold(threshold)) => {
                write!(f, "{} factors are needed", threshold.get())
            }
            Self::Structure(_) => f.write_str("other factors suffice together"),
            Self::Arranged(arrangement) => write!(f, "these suffice: {arrangement}"),
            Self::Refreshed => f.write_str("every factor has a new share"),
            Self::RotationBegun { .. } => f.write_str("began to move to a new key"),
            Self::Rotated { .. } => f.write_str("moved to a new key"),
            Self::RotationCancelled { .. } => f.write_str("stayed with its key"),
            Self::More(1) => f.write_str("and one more change, which the receipt names"),
            Self::More(count) => write!(f, "and {count} more changes, which the receipt names"),
            Self::Other { kind, .. } => {
                write!(f, "something that this version does not know (kind {kind})")
            }
        }
    }
}

/// As much of what changed as an event has room for: all of it, or the first entries of those that
/// are short enough, and how many there are besides.
pub(crate) fn shortened(changes: &[Happened]) -> Vec<Happened> {
    let fits = changes.iter().filter(|change| change.fits_an_event());
    let kept: Vec<Happened> = fits.cloned().collect();
    if kept.len() == changes.len() && kept.len() <= limits::EVENT_ENTRIES {
        return kept;
    }
    let room = limits::EVENT_ENTRIES.saturating_sub(1);
    let mut kept: Vec<Happened> = kept.into_iter().take(room).collect();
    let left = changes.len().saturating_sub(kept.len());
    kept.push(Happened::More(u32::try_from(left).unwrap_or(u32::MAX)));
    kept
}
