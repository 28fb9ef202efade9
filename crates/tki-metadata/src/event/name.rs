//! Holders as events and receipts name them.

use alloc::string::String;
use core::fmt;

use tki_math::Identifier;
use tki_seal::transcript::Transcript;

use crate::{
    error::Error,
    holder::{self, Holder, HolderKind},
};

/// A holder as an event or a receipt names it.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct HolderName {
    /// Its first identifier.
    pub identifier: Identifier,
    /// What it is.
    pub kind: HolderKind,
    /// What its owner calls it.
    pub label: String,
}

impl HolderName {
    /// The name of a holder that there will be.
    #[must_use]
    pub fn new(identifier: Identifier, kind: HolderKind, label: &str) -> Self {
        let label = label.into();
        Self {
            identifier,
            kind,
            label,
        }
    }

    /// The name of a holder. Every holder of a decoded document has an identifier.
    #[must_use]
    pub fn of(holder: &Holder) -> Self {
        Self {
            identifier: holder.identifier().unwrap_or(Identifier::FIRST),
            kind: holder.kind,
            label: holder.label.clone(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        self.kind.check()?;
        holder::check_label(&self.label)
    }

    /// Identifier, kind, label.
    pub(crate) fn absorb(&self, transcript: Transcript) -> Transcript {
        transcript
            .u128(self.identifier.get())
            .u64(u64::from(self.kind.code()))
            .bytes(self.label.as_bytes())
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

/// Their number, then each.
pub(crate) fn absorb(names: &[HolderName], transcript: Transcript) -> Transcript {
    let transcript = transcript.u64(u64::try_from(names.len()).unwrap_or(u64::MAX));
    let absorb = |transcript, name: &HolderName| name.absorb(transcript);
    names.iter().fold(transcript, absorb)
}
