//! A factor, as far as custody depends on what the document says of it.

use alloc::{string::String, vec::Vec};

use tki_formats::answers::estimate::{FLOOR_WITH_EVALUATOR, floor_without_evaluator};
use tki_math::Identifier;
use tki_metadata::{Holder, HolderKind};

use crate::answers::sheet_of;

/// A factor as the document lists it.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// Where its shares are, ascending; the first is its name.
    pub identifiers: Vec<Identifier>,
    /// What it is.
    pub kind: HolderKind,
    /// What its owner calls it.
    pub label: String,
    /// Whether devices keep a copy of its mailbox.
    pub offline: bool,
    /// Of answers, what stands between a guess and the seed.
    pub sheet: Option<Sheet>,
    /// Whether its share follows from its seed, without a mailbox.
    pub is_pegged: bool,
}

/// What stands between a guess at answers and the seed.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sheet {
    /// What the answers were estimated to be worth, in bits.
    pub bits: u32,
    /// Below how many bits whoever can try without being counted succeeds.
    pub floor: u32,
    /// Whether an evaluator counts the attempts.
    pub has_evaluator: bool,
}

impl Sheet {
    /// Of answers of which nothing is known.
    const UNKNOWN: Self = Self {
        bits: 0,
        floor: u32::MAX,
        has_evaluator: false,
    };

    /// Whether somebody who can try without being counted finds the answers.
    pub(super) const fn is_weak(self) -> bool {
        self.bits < self.floor
    }

    /// Whether somebody finds them although an evaluator counts.
    pub(super) const fn is_hopeless(self) -> bool {
        !self.has_evaluator || self.bits < FLOOR_WITH_EVALUATOR
    }
}

impl Listed {
    /// Step 1.1: what the document says; a sheet of answers that is not understood protects nothing.
    #[must_use]
    pub fn of(holder: &Holder) -> Self {
        let sheet = (holder.kind == HolderKind::Answers).then(|| {
            sheet_of(holder).map_or(Sheet::UNKNOWN, |sheet| Sheet {
                bits: sheet.estimated_bits,
                floor: floor_without_evaluator(
                    sheet.params.memory_kib(),
                    sheet.params.iterations(),
                ),
                has_evaluator: sheet.evaluator.is_some(),
            })
        });
        Self {
            identifiers: holder.identifiers.clone(),
            kind: holder.kind,
            label: holder.label.clone(),
            offline: holder.offline,
            sheet,
            is_pegged: holder.is_pegged(),
        }
    }

    /// Its name; 1 for a factor without identifiers, which no document lists.
    #[must_use]
    pub fn identifier(&self) -> Identifier {
        let first = self.identifiers.first().copied();
        first.unwrap_or(Identifier::FIRST)
    }

    /// What opens it, if that is answers.
    pub(super) fn answers(&self) -> Option<Sheet> {
        let unknown = (self.kind == HolderKind::Answers).then_some(Sheet::UNKNOWN);
        self.sheet.or(unknown)
    }
}
