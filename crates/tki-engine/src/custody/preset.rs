//! Structures to begin with, from the easiest to that of an institution.

use alloc::{borrow::ToOwned, vec, vec::Vec};

use tki_math::{AccessStructure, Identifier, Threshold};
use tki_metadata::HolderKind;

use super::{
    facts::{Facts, PartyId, Thing},
    listed::Listed,
};

/// A structure to begin with.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Preset {
    /// This device, a login, a sheet of words: any two.
    Easy,
    /// The same and a file elsewhere: any three.
    Balanced,
    /// A device, two sheets and two files, at five places: any three, and no login.
    Strong,
    /// Five files, each with an officer of its own: any three.
    Institution,
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

    /// How many factors are needed.
    #[must_use]
    pub const fn threshold(self) -> u16 {
        match self {
            Self::Easy => 2,
            Self::Balanced | Self::Strong | Self::Institution => 3,
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
                (HolderKind::File, "officer 4"),
                (HolderKind::File, "officer 5"),
            ],
        }
    }

    /// Its factors, as a document would list them.
    #[must_use]
    pub fn factors(self) -> Vec<Listed> {
        let kinds = self.identifiers().zip(self.kinds());
        let listed = kinds.map(|(x, (kind, label))| Listed {
            identifiers: vec![x],
            kind: *kind,
            label: (*label).to_owned(),
            offline: kind.is_offline_by_default(),
            sheet: None,
        });
        listed.collect()
    }

    /// Its structure over them.
    #[must_use]
    pub fn structure(self) -> AccessStructure {
        // Correctness: no threshold above is zero.
        let threshold = Threshold::new(self.threshold()).unwrap_or(Threshold::ONE);
        AccessStructure::Threshold(threshold)
    }

    /// Who keeps them: the owner, each at a place of its own, and the officers of an institution.
    #[must_use]
    pub fn facts(self) -> Facts {
        let mut facts = Facts::default();
        if self == Self::Institution {
            for (x, (_, label)) in self.identifiers().zip(self.kinds()) {
                facts.keep(Thing::Factor(x), PartyId::Keeper((*label).to_owned()));
            }
        }
        facts
    }

    fn identifiers(self) -> impl Iterator<Item = Identifier> {
        core::iter::successors(Some(Identifier::FIRST), |x| x.next())
    }
}

const DEVICE: (HolderKind, &str) = (HolderKind::Device, "this device");
const LOGIN: (HolderKind, &str) = (HolderKind::Provider, "login");
const WORDS: (HolderKind, &str) = (HolderKind::Words, "paper");
const FILE: (HolderKind, &str) = (HolderKind::File, "file");
