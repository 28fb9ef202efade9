//! How an account stands: how many factors can still be lost, and what should be done.
//!
//! Everything is computed from what the account's document says, from what a device remembers, and
//! from what its caller knows of the machine. Nothing is read or written, and no factor is asked.
//!
//! Specification: `docs/spec/drill.md`, section 4.

mod finding;
mod old_secrets;

use alloc::vec::Vec;
use core::fmt;

use tki_math::Identifier;
use tki_metadata::{Core, Holder, HolderKind, HolderName, Origin, Standing};

use crate::{
    answers::sheet_of,
    freshness::Freshness,
    receipt::{first_identifier, freedom},
    structure::Spare,
};

pub use finding::{Finding, Severity};
use old_secrets::old_secrets;

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
