//! What an owner should know, in words.

use alloc::{string::String, vec::Vec};
use core::fmt;

use tki_metadata::HolderName;

use super::Place;
use crate::receipt::list;

/// How bad it is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing between them")]
pub enum Severity {
    /// One more accident and the key is lost or stolen.
    Danger,
    /// It becomes dangerous if nothing is done.
    Warning,
    /// Good to know.
    Note,
}

/// Something about an account that its owner should know.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The factors that are left do not open the account any more.
    Blocked,
    /// This machine's clock is before a date that is known.
    ClockBehind,
    /// A factor that its owner says is lost is still a factor.
    Lost {
        /// Which.
        holder: HolderName,
    },
    /// Another key is not far: nothing pegged can be removed, and no share renewed.
    NoFreedom,
    /// The account is on its way to another key.
    Moving,
    /// No factor can be lost, or rather one of these cannot.
    NoSpare {
        /// Those without each of whom the others do not suffice.
        holders: Vec<HolderName>,
        /// Whether those are all that are left.
        is_each: bool,
    },
    /// This machine remembers no dates: it is no device of the account.
    NoDates,
    /// Nothing vouches that this is the newest version.
    FreshnessUnverified,
    /// A factor was never proven since it was added.
    NeverProven {
        /// Which.
        holder: HolderName,
        /// When it was added, in seconds since 1970.
        added: u64,
        /// Whether that was long ago.
        is_old: bool,
    },
    /// The key existed before the account.
    OldCopies,
    /// Without what their owner remembers, the others are too few.
    OneMemory {
        /// Whom he needs it for.
        holders: Vec<HolderName>,
    },
    /// A factor alone uses the key.
    OneIsEnough {
        /// Which.
        holder: HolderName,
    },
    /// Somebody was removed, and these factors may have the secrets that they had then.
    OldSecrets {
        /// Who could be renewed.
        holders: Vec<HolderName>,
    },
    /// The account's records are on this machine, and no backup of this version is known.
    RecordsHere,
    /// Factors that one accident takes together.
    SamePlace {
        /// Which.
        holders: Vec<HolderName>,
        /// Where.
        place: Place,
        /// Whether they alone are as many as are needed.
        is_enough: bool,
    },
    /// There are several logins, and nothing says whether they are behind one account.
    SeveralLogins {
        /// Which.
        holders: Vec<HolderName>,
    },
    /// A factor was last proven long ago.
    Stale {
        /// Which.
        holder: HolderName,
        /// When, in seconds since 1970.
        proven: u64,
    },
    /// Answers that can be guessed, which their owner accepted.
    WeakAnswers {
        /// Whose.
        holder: HolderName,
        /// What they are worth, in bits.
        bits: u32,
    },
}

impl Finding {
    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Blocked | Self::Lost { .. } | Self::NoSpare { .. } | Self::OneIsEnough { .. } => {
                Severity::Danger
            }
            Self::SamePlace { is_enough, .. } if *is_enough => Severity::Danger,
            Self::NeverProven { is_old, .. } if !*is_old => Severity::Note,
            Self::ClockBehind
            | Self::FreshnessUnverified
            | Self::Moving
            | Self::NeverProven { .. }
            | Self::NoFreedom
            | Self::OldSecrets { .. }
            | Self::RecordsHere
            | Self::SamePlace { .. }
            | Self::Stale { .. }
            | Self::WeakAnswers { .. } => Severity::Warning,
            Self::NoDates
            | Self::OldCopies
            | Self::OneMemory { .. }
            | Self::SeveralLogins { .. } => Severity::Note,
        }
    }

    /// A name that stays, for scripts.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::ClockBehind => "clock-behind",
            Self::FreshnessUnverified => "freshness-unverified",
            Self::Lost { .. } => "lost",
            Self::Moving => "moving",
            Self::NeverProven { .. } => "never-proven",
            Self::NoDates => "no-dates",
            Self::NoFreedom => "no-freedom",
            Self::NoSpare { .. } => "no-spare",
            Self::OldCopies => "old-copies",
            Self::OldSecrets { .. } => "old-secrets",
            Self::OneIsEnough { .. } => "one-is-enough",
            Self::OneMemory { .. } => "one-memory",
            Self::RecordsHere => "records-here",
            Self::SamePlace {
                place: Place::Login,
                ..
            } => "same-login",
            Self::SamePlace {
                place: Place::Machine,
                ..
            } => "same-machine",
            Self::SeveralLogins { .. } => "several-logins",
            Self::Stale { .. } => "stale",
            Self::WeakAnswers { .. } => "weak-answers",
        }
    }

    /// Whom it is about.
    #[must_use]
    pub fn holders(&self) -> Vec<&HolderName> {
        match self {
            Self::Lost { holder }
            | Self::NeverProven { holder, .. }
            | Self::OneIsEnough { holder }
            | Self::Stale { holder, .. }
            | Self::WeakAnswers { holder, .. } => alloc::vec![holder],
            Self::NoSpare { holders, .. }
            | Self::OldSecrets { holders }
            | Self::OneMemory { holders }
            | Self::SamePlace { holders, .. }
            | Self::SeveralLogins { holders } => holders.iter().collect(),
            Self::Blocked
            | Self::ClockBehind
            | Self::FreshnessUnverified
            | Self::Moving
            | Self::NoDates
            | Self::NoFreedom
            | Self::OldCopies
            | Self::RecordsHere => Vec::new(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocked => f.write_str(
                "without the factors that are lost, the others are too few: nobody can use the \
                 key any more",
            ),
            Self::ClockBehind => f.write_str(
                "this machine's clock is before dates that it noted itself: what is said of ages \
                 is wrong",
            ),
            Self::FreshnessUnverified => {
                f.write_str("nothing vouches that this is the newest version of the account")
            }
            Self::Lost { holder } => write!(
                f,
                "{holder} is lost, and is still a factor: whoever finds it has it"
            ),
            Self::NeverProven { holder, .. } => write!(
                f,
                "{holder} was never tried since it was added: nobody knows whether it opens \
                 anything"
            ),
            Self::NoDates => f.write_str(
                "this machine is no device of the account: it does not know when a factor was \
                 last tried",
            ),
            Self::NoFreedom => f.write_str(
                "as many shares follow from answers as a new polynomial could draw: no other \
                 factor can be removed and no share renewed",
            ),
            Self::OldCopies => f.write_str(
                "the key existed before the account: whoever has an old copy of it needs no factor",
            ),
            Self::Moving => f.write_str(
                "the account is on its way to another key, and has both: each change keeps both alive",
            ),
            Self::RecordsHere => f.write_str(
                "the account's records are on this machine, and no backup of this version is known: \
                 what takes this machine takes the key, unless another device has copies",
            ),
            Self::NoSpare { .. }
            | Self::OldSecrets { .. }
            | Self::OneIsEnough { .. }
            | Self::OneMemory { .. }
            | Self::SamePlace { .. }
            | Self::SeveralLogins { .. }
            | Self::Stale { .. }
            | Self::WeakAnswers { .. } => self.fmt_of_holders(f),
        }
    }
}

impl Finding {
    /// What is about secrets, and what is remembered.
    fn fmt_of_secrets(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::OldSecrets { holders } = self {
            write!(
                f,
                "somebody was removed, and {} may have the same secrets as then: with them and an \
                 archive of the old records the removed can still use the key",
                list(holders)
            )?;
        }
        if let Self::OneMemory { holders } = self {
            write!(
                f,
                "{} open with what you remember, and without it the others are too few: what \
                 nobody else knows is forgotten with you",
                list(holders)
            )?;
        }
        Ok(())
    }

    /// What is about some of the factors.
    fn fmt_of_holders(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_of_secrets(f)?;
        if let Self::NoSpare { holders, is_each } = self {
            if *is_each || holders.is_empty() {
                f.write_str("no factor can be lost: each of them is needed")?;
            } else {
                write!(f, "without {} the others are too few", either(holders))?;
            }
        }
        if let Self::OneIsEnough { holder } = self {
            write!(f, "{holder} alone can use the key")?;
        }
        if let Self::SamePlace {
            holders,
            place,
            is_enough,
        } = self
        {
            let end = if *is_enough {
                ", and whoever gets at it can use the key"
            } else {
                ""
            };
            let names = list(holders);
            write!(
                f,
                "{names} are {place}: one accident takes them together{end}"
            )?;
        }
        if let Self::SeveralLogins { holders } = self {
            write!(
                f,
                "it is not known whether {} are behind one account, such as one e-mail address: \
                 then they count as one",
                list(holders)
            )?;
        }
        if let Self::Stale { holder, .. } = self {
            write!(f, "{holder} was not tried for more than half a year")?;
        }
        if let Self::WeakAnswers { holder, bits } = self {
            write!(
                f,
                "the answers of {holder} are worth {bits} bits: who has the account's records can \
                 guess them"
            )?;
        }
        Ok(())
    }
}

/// Each of these by itself.
fn either(names: &[HolderName]) -> String {
    match names {
        [only] => alloc::format!("{only}"),
        several => alloc::format!("any one of {}", list(several)),
    }
}
