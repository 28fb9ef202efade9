//! Structures to begin with, from the easiest to that of an institution.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::fmt;

use tki_math::{AccessStructure, Gate, Identifier, Member, Threshold};
use tki_metadata::HolderKind;

use super::{
    facts::{Facts, PartyId, Thing},
    listed::Listed,
};

/// A structure to begin with.
///
/// # Examples
/// ```
/// use tki_engine::custody::{Custody, Preset};
///
/// let preset = Preset::named("balanced").ok_or("no such preset")?;
/// assert_eq!(preset.expression(), "2 of (device, login, 2 of (words, file))");
/// assert_eq!(preset.numbered().as_deref(), Some("2 of (1, 2, 2 of (3, 4))"));
/// let custody = Custody::over(&preset.structure(), &preset.factors(), &preset.facts());
/// assert!(custody.is_self_custodial);
/// assert_eq!(custody.losses_survived(), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Preset {
    /// A device, a login, a sheet of words: any two.
    Easy,
    /// A device and a login; in the place of either, a sheet of words together with a file.
    Balanced,
    /// A device, two sheets of words and two files, at five places: any three; no login, and a
    /// backup.
    Strong,
    /// Two of three officers together with one of two auditors, each with a file; and a backup.
    Institution,
}

/// A factor by its position from 1 on, or so many of some parts.
enum Part {
    Factor(u128),
    Of(u16, &'static [Self]),
}

use Part::{Factor, Of};

impl Part {
    /// Whether it is so many of some factors.
    fn is_plain(&self) -> bool {
        match self {
            Factor(_) => true,
            Of(_, parts) => parts.iter().all(|part| matches!(part, Factor(_))),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Factor(number) => write!(f, "{number}"),
            Of(count, parts) => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                write!(f, "{count} of ({})", parts.join(", "))
            }
        }
    }
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Easy, Self::Balanced, Self::Strong, Self::Institution];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Balanced => "balanced",
            Self::Strong => "strong",
            Self::Institution => "institution",
        }
    }

    /// The preset of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// In one line, what it is and what for.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Easy => "this device, a login and a sheet of words, any two: little to keep",
            Self::Balanced => {
                "this device and a login every day; words and a file together stand in for either"
            }
            Self::Strong => {
                "three of five things at five places, and a backup; any two can be lost; no login, nobody else"
            }
            Self::Institution => {
                "two of three officers and one of two auditors, each with a file, and a backup: nobody acts alone"
            }
        }
    }

    /// Its structure in words.
    #[must_use]
    pub const fn expression(self) -> &'static str {
        match self {
            Self::Easy => "2 of (device, login, words)",
            Self::Balanced => "2 of (device, login, 2 of (words, file))",
            Self::Strong => "3 of (device, words, words, file, file)",
            Self::Institution => "2 of (2 of (officer, officer, officer), 1 of (auditor, auditor))",
        }
    }

    /// Its structure over the numbers of its factors; `None` where any so many of them suffice.
    #[must_use]
    pub fn numbered(self) -> Option<String> {
        let shape = self.shape();
        (!shape.is_plain()).then(|| shape.to_string())
    }

    /// How many of its factors are needed, or of the parts of its structure.
    #[must_use]
    pub const fn threshold(self) -> u16 {
        match self.shape() {
            Of(count, _) => count,
            Factor(_) => 1,
        }
    }

    const fn shape(self) -> Part {
        match self {
            Self::Easy => Of(2, &[Factor(1), Factor(2), Factor(3)]),
            Self::Balanced => Of(2, &[Factor(1), Factor(2), Of(2, &[Factor(3), Factor(4)])]),
            Self::Strong => Of(3, &[Factor(1), Factor(2), Factor(3), Factor(4), Factor(5)]),
            Self::Institution => Of(
                2,
                &[
                    Of(2, &[Factor(1), Factor(2), Factor(3)]),
                    Of(1, &[Factor(4), Factor(5)]),
                ],
            ),
        }
    }

    /// The kinds of its factors with their labels, in the order of their identifiers.
    #[must_use]
    pub const fn kinds(self) -> &'static [(HolderKind, &'static str)] {
        match self {
            Self::Easy => &[DEVICE, LOGIN, WORDS],
            Self::Balanced => &[DEVICE, LOGIN, WORDS, FILE],
            Self::Strong => &[
                DEVICE,
                WORDS,
                (HolderKind::Words, "paper elsewhere"),
                FILE,
                (HolderKind::File, "file elsewhere"),
            ],
            Self::Institution => &[
                (HolderKind::File, "officer 1"),
                (HolderKind::File, "officer 2"),
                (HolderKind::File, "officer 3"),
                (HolderKind::File, "auditor 1"),
                (HolderKind::File, "auditor 2"),
            ],
        }
    }

    /// Its factors, as a document would list them.
    #[must_use]
    pub fn factors(self) -> Vec<Listed> {
        let kinds = identifiers().zip(self.kinds());
        let listed = kinds.map(|(x, (kind, label))| Listed {
            identifiers: vec![x],
            kind: *kind,
            label: (*label).to_owned(),
            offline: kind.is_offline_by_default(),
            sheet: None,
            is_pegged: false,
        });
        listed.collect()
    }

    /// Its structure over them.
    #[must_use]
    pub fn structure(self) -> AccessStructure {
        let Of(count, parts) = self.shape() else {
            return Threshold::ONE.into();
        };
        if self.shape().is_plain() {
            return threshold(count).into();
        }
        // After the factors' own.
        let mut next = identifiers().skip(self.kinds().len());
        let gate = gate(count, parts, &mut next);
        gate.map_or(AccessStructure::Threshold(threshold(count)), Into::into)
    }

    /// How many backups of the account belong to it: where a storage would be lost, that is one at
    /// least.
    #[must_use]
    pub const fn backups(self) -> u16 {
        match self {
            Self::Easy | Self::Balanced => 0,
            Self::Strong | Self::Institution => 1,
        }
    }

    /// Who keeps them: the owner, each at a place of its own; of an institution everybody his own.
    #[must_use]
    pub fn facts(self) -> Facts {
        let mut facts = Facts::default();
        facts.backups = self.backups();
        if self == Self::Institution {
            for (x, (_, label)) in identifiers().zip(self.kinds()) {
                facts.keep(Thing::Factor(x), PartyId::Keeper((*label).to_owned()));
            }
        }
        facts
    }
}

/// 1, 2, 3, ….
fn identifiers() -> impl Iterator<Item = Identifier> {
    core::iter::successors(Some(Identifier::FIRST), |x| x.next())
}

/// Correctness: no threshold above is zero.
fn threshold(count: u16) -> Threshold {
    Threshold::new(count).unwrap_or(Threshold::ONE)
}

fn gate(count: u16, parts: &[Part], next: &mut dyn Iterator<Item = Identifier>) -> Option<Gate> {
    let mut members = Vec::with_capacity(parts.len());
    for part in parts {
        members.push(match part {
            Factor(number) => Member::Holder(Identifier::new(*number).ok()?),
            Of(inner, parts) => Member::Gate(next.next()?, gate(*inner, parts, next)?),
        });
    }
    Gate::new(threshold(count), members).ok()
}

const DEVICE: (HolderKind, &str) = (HolderKind::Device, "this device");
const LOGIN: (HolderKind, &str) = (HolderKind::Provider, "login");
const WORDS: (HolderKind, &str) = (HolderKind::Words, "paper");
const FILE: (HolderKind, &str) = (HolderKind::File, "file");
