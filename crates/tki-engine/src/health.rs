//! How an account stands: how many factors can still be lost, and what should be done.
//!
//! Everything is computed from what the account's document says, from what a device remembers, and
//! from what its caller knows of the machine. Nothing is read or written, and no factor is asked.
//!
//! Specification: `docs/spec/drill.md`, section 4.

use alloc::{string::String, vec::Vec};
use core::fmt;

use tki_math::{AccessStructure, Identifier};
use tki_metadata::{
    Core, Event, EventLog, Happened, Holder, HolderKind, HolderName, Key, Origin, Standing,
};

use crate::{
    answers::sheet_of,
    freshness::Freshness,
    receipt::{first_identifier, freedom, list},
    structure::Spare,
};

/// A proof is stale after this many seconds: 180 days.
pub(crate) const STALE: u64 = 180 * DAY;

/// A new factor need not be proven before this many seconds: 30 days.
const NEW: u64 = 30 * DAY;

const DAY: u64 = 24 * 60 * 60;

/// From where one looks at an account.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new fact is decided there"
)]
pub struct Standpoint<'a> {
    /// The account as it is.
    pub core: &'a Core,
    /// What this machine's device remembers, if it is one of the account.
    pub standing: Option<&'a Standing>,
    /// The identifier of that device.
    pub own: Option<Identifier>,
    /// How sure it is that the account is not older than it should be.
    pub freshness: Freshness,
    /// What is known to be kept together.
    pub together: &'a [Together],
    /// Whether the account's records are on this machine, and no backup of this version is known.
    pub are_records_here: bool,
    /// Factors that are known to open with a passphrase only. Answers and passkeys, whose PIN is
    /// remembered, need not be named.
    pub remembered: &'a [Identifier],
    /// Seconds since 1970.
    pub now: u64,
}

/// Factors that one loss or one theft concerns at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "who, and where")]
pub struct Together {
    /// Whose factors.
    pub holders: Vec<Identifier>,
    /// Where they are together.
    pub place: Place,
}

/// Where factors are together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "what advises on a place has to know all of them"
)]
pub enum Place {
    /// On one disk of this machine.
    Machine,
    /// Behind one login.
    Login,
}

/// How an account stands.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// How many of any factors can still be lost; nothing if those that are left are too few
    /// already. Factors that are lost already are not counted on.
    pub can_lose: Option<usize>,
    /// Whether one more cannot be lost; otherwise that was not found out.
    pub can_lose_is_exact: bool,
    /// What should be done, the worst first.
    pub findings: Vec<Finding>,
}

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

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Login => "behind one login",
            Self::Machine => "on this machine",
        })
    }
}

/// How the account stands, seen from here.
#[must_use]
pub fn health(standpoint: &Standpoint<'_>) -> Health {
    let lost: Vec<&Holder> = standpoint.lost().collect();
    let can_lose = can_lose(standpoint.core, &lost);
    let mut findings = Vec::new();
    findings.extend(lost.iter().map(|holder| Finding::Lost {
        holder: HolderName::of(holder),
    }));
    match can_lose.map(|spare| spare.count) {
        None => findings.push(Finding::Blocked),
        Some(0) => findings.push(no_spare(standpoint.core, &lost)),
        Some(_) => {}
    }
    standpoint.find_in_structure(&mut findings);
    findings.extend(standpoint.one_memory(&lost));
    standpoint.find_together(&mut findings);
    standpoint.find_unproven(&lost, &mut findings);
    standpoint.find_in_document(&mut findings);
    // Step 4.3: the worst first, else in the order in which they were found.
    findings.sort_by_key(Finding::severity);
    Health {
        can_lose: can_lose.map(|spare| spare.count),
        can_lose_is_exact: can_lose.is_none_or(|spare| spare.is_exact),
        findings,
    }
}

/// Whose loss blocks the account, of those that are left.
fn no_spare(core: &Core, lost: &[&Holder]) -> Finding {
    let is_left = |holder: &&Holder| !lost.contains(holder);
    let left: Vec<&Holder> = core.holders.iter().filter(is_left).collect();
    let is_needed = |needed: &&&Holder| {
        let others = left.iter().filter(|other| other != needed);
        let identifiers = others.flat_map(|other| other.identifiers.iter().copied());
        let identifiers: Vec<Identifier> = identifiers.collect();
        !core.structure.is_satisfied_by(&identifiers)
    };
    let needed: Vec<&Holder> = left.iter().filter(is_needed).copied().collect();
    Finding::NoSpare {
        is_each: needed.len() == left.len(),
        holders: needed.into_iter().map(HolderName::of).collect(),
    }
}

/// How many can be lost beside those that are.
fn can_lose(core: &Core, lost: &[&Holder]) -> Option<Spare> {
    // Step 4.1: of the account without the factors that are lost.
    let mut left = core.clone();
    left.holders.retain(|holder| !lost.contains(&holder));
    let suffices = left.structure.is_satisfied_by(&left.identifiers());
    suffices.then(|| Spare::of(&left))
}

impl Standpoint<'_> {
    fn lost(&self) -> impl Iterator<Item = &Holder> {
        let is_lost = |holder: &&Holder| {
            let standing = self.standing.map(|s| s.of(first_identifier(holder)));
            standing.is_some_and(|standing| standing.lost.is_some())
        };
        self.core.holders.iter().filter(is_lost)
    }

    fn find_in_structure(&self, findings: &mut Vec<Finding>) {
        let structure = &self.core.structure;
        for holder in &self.core.holders {
            if structure.is_satisfied_by(&holder.identifiers) {
                let holder = HolderName::of(holder);
                findings.push(Finding::OneIsEnough { holder });
            }
        }
        if self.core.holders.iter().any(Holder::is_pegged) && freedom(self.core) == 0 {
            findings.push(Finding::NoFreedom);
        }
    }

    /// Whom the owner needs his memory for, if it is needed.
    fn one_memory(&self, lost: &[&Holder]) -> Option<Finding> {
        let is_remembered = |holder: &&&Holder| {
            let kinds = [HolderKind::Answers, HolderKind::Passkey];
            kinds.contains(&holder.kind) || self.remembered.contains(&first_identifier(holder))
        };
        let left = self.core.holders.iter();
        let left: Vec<&Holder> = left.filter(|holder| !lost.contains(holder)).collect();
        let suffice = |holders: &[&Holder]| {
            let identifiers = holders.iter().flat_map(|holder| &holder.identifiers);
            let identifiers: Vec<Identifier> = identifiers.copied().collect();
            self.core.structure.is_satisfied_by(&identifiers)
        };
        // Step 4.5: those that need it, and the others.
        let (remembered, others): (Vec<&Holder>, Vec<&Holder>) =
            left.iter().partition(is_remembered);
        (suffice(&left) && !suffice(&others)).then(|| Finding::OneMemory {
            holders: remembered.into_iter().map(HolderName::of).collect(),
        })
    }

    fn find_together(&self, findings: &mut Vec<Finding>) {
        for Together { holders, place } in self.together {
            let found = holders.iter().filter_map(|x| self.core.holder(*x));
            let found: Vec<&Holder> = found.collect();
            if found.len() < 2 {
                continue;
            }
            let identifiers = found.iter().flat_map(|holder| &holder.identifiers);
            let identifiers: Vec<Identifier> = identifiers.copied().collect();
            findings.push(Finding::SamePlace {
                holders: found.iter().map(|holder| HolderName::of(holder)).collect(),
                place: *place,
                is_enough: self.core.structure.is_satisfied_by(&identifiers),
            });
        }
        let kind = HolderKind::Provider;
        let logins = self.core.holders.iter().filter(|h| h.kind == kind);
        let holders: Vec<HolderName> = logins.map(HolderName::of).collect();
        let is_known = |place: &Together| place.place == Place::Login;
        if holders.len() > 1 && !self.together.iter().any(is_known) {
            findings.push(Finding::SeveralLogins { holders });
        }
    }

    /// Factors that were not proven for long, or never.
    fn find_unproven(&self, lost: &[&Holder], findings: &mut Vec<Finding>) {
        let Some(standing) = self.standing else {
            findings.push(Finding::NoDates);
            return;
        };
        // Step 4.2: by the last drill or use, whichever is later.
        let mut newest = 0;
        for holder in &self.core.holders {
            let identifier = first_identifier(holder);
            let proven = standing.of(identifier).proven();
            newest = newest.max(holder.added).max(proven.unwrap_or(0));
            if Some(identifier) == self.own || lost.contains(&holder) {
                continue;
            }
            let name = HolderName::of(holder);
            match proven {
                None => findings.push(Finding::NeverProven {
                    holder: name,
                    added: holder.added,
                    is_old: self.now.saturating_sub(holder.added) > NEW,
                }),
                Some(proven) if self.now.saturating_sub(proven) > STALE => {
                    let holder = name;
                    findings.push(Finding::Stale { holder, proven });
                }
                Some(_) => {}
            }
        }
        // A clock that was corrected by some hours is no fault.
        if self.now.saturating_add(DAY) < newest {
            findings.push(Finding::ClockBehind);
        }
    }

    fn find_in_document(&self, findings: &mut Vec<Finding>) {
        for holder in &self.core.holders {
            let Ok(sheet) = sheet_of(holder) else {
                continue;
            };
            if sheet.insisted.is_some() {
                findings.push(Finding::WeakAnswers {
                    holder: HolderName::of(holder),
                    bits: sheet.estimated_bits,
                });
            }
        }
        findings.extend(old_secrets(self.core));
        if self.core.keys.len() > 1 {
            findings.push(Finding::Moving);
        }
        if self.are_records_here {
            findings.push(Finding::RecordsHere);
        }
        if !self.freshness.is_vouched_for() {
            findings.push(Finding::FreshnessUnverified);
        }
        let keys = self.core.keys.first().map(|key| &key.verifying_key);
        let has_first_key = keys == Some(&self.core.first_verifying_key);
        if self.core.origin == Origin::Imported && has_first_key {
            findings.push(Finding::OldCopies);
        }
    }
}

/// Factors that could be renewed, and have had their secrets since before somebody was removed, if
/// there are as many as whoever was removed would need. As far as the account's log reaches.
fn old_secrets(core: &Core) -> Option<Finding> {
    let log = EventLog::of(core).ok().flatten()?;
    let events = log.events();
    let is_removal = |happened: &Happened| matches!(happened, Happened::Removed(_));
    let mut removals = events.iter().rev();
    let removal = removals.find(|event| event.changes.iter().any(is_removal))?;
    // The old secrets give a key that the account does not have any more; a key that was listed
    // before the removal is one that they give.
    let key_since = core.keys.first().and_then(Key::since);
    if key_since.is_some_and(|version| version >= removal.version) {
        return None;
    }
    let is_newer = |holder: &Holder| {
        let mut since = events
            .iter()
            .filter(|event| event.version >= removal.version);
        since.any(|event| event.changes.iter().any(|happened| makes(happened, holder)))
    };
    let old = core.holders.iter().filter(|holder| !is_newer(holder));
    let (all, renewable): (Vec<&Holder>, Vec<&Holder>) = (
        old.clone().collect(),
        old.filter(|holder| holder.kind.is_renewable()).collect(),
    );
    let needed = companions_then(core, events, removal.version);
    let holders: Vec<HolderName> = renewable.into_iter().map(HolderName::of).collect();
    (all.len() >= needed && !holders.is_empty()).then_some(Finding::OldSecrets { holders })
}

/// How many old secrets whoever was removed at this version needed beside his own: by the weakest of
/// the structures that were in force before, for old records are of all of them. One, where the log
/// does not say, or where some sets are smaller than others.
fn companions_then(core: &Core, events: &[Event], removal: u64) -> usize {
    // Step 4.4: the structures from before the removal; none since, then also the present one.
    let is_whole = events.first().is_some_and(|event| event.number == 0);
    let since = core.keys.first().and_then(Key::since).unwrap_or(0);
    let mut fewest = is_whole.then_some(u16::MAX);
    let mut is_changed_since = false;
    for event in events {
        for told in event.changes.iter().filter_map(told) {
            if event.version >= removal {
                is_changed_since = true;
            } else if event.version < since {
                // Of an older key: only what was in force when that of now was made counts.
                fewest = told;
            } else {
                fewest = lower(fewest, told);
            }
        }
    }
    if !is_changed_since {
        let AccessStructure::Threshold(threshold) = &core.structure else {
            return 1;
        };
        fewest = lower(fewest, Some(threshold.get()));
    }
    let needed = fewest.map_or(1, |threshold| usize::from(threshold).saturating_sub(1));
    needed.max(1)
}

/// The threshold that an event tells of, or that it tells of something else; nothing if of none.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what else happened says nothing of it"
)]
const fn told(happened: &Happened) -> Option<Option<u16>> {
    match happened {
        Happened::Structure(AccessStructure::Threshold(threshold)) => Some(Some(threshold.get())),
        // What is cut off, or of a later version, may be a structure too.
        Happened::Structure(_)
        | Happened::Arranged(_)
        | Happened::More(_)
        | Happened::Other { .. } => Some(None),
        _ => None,
    }
}

/// The lower of two thresholds, if both are known.
fn lower(one: Option<u16>, other: Option<u16>) -> Option<u16> {
    Some(one?.min(other?))
}

/// Whether a factor got the secret that it has by this.
fn makes(happened: &Happened, holder: &Holder) -> bool {
    let (Happened::Added(name) | Happened::Renewed(name)) = happened else {
        return false;
    };
    name.identifier == first_identifier(holder)
}

/// The date since which a factor was not proven, if that is so long ago that its owner should be
/// reminded, and the factor. Of several the longest.
///
/// A factor that was never proven counts from the day on which it was added.
#[must_use]
pub fn overdue(
    core: &Core,
    standing: &Standing,
    own: Option<Identifier>,
    now: u64,
) -> Option<(HolderName, u64)> {
    let others = core.holders.iter().filter(|holder| {
        let identifier = first_identifier(holder);
        Some(identifier) != own && standing.of(identifier).lost.is_none()
    });
    let dates = others.map(|holder| {
        let proven = standing.of(first_identifier(holder)).proven();
        (holder, proven.unwrap_or(holder.added))
    });
    let (holder, since) = dates.min_by_key(|(_, since)| *since)?;
    let is_overdue = now.saturating_sub(since) > STALE;
    is_overdue.then(|| (HolderName::of(holder), since))
}
