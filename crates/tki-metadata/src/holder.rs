//! A holder as the document lists it: public halves and descriptions only.

use alloc::{string::String, vec::Vec};
use core::fmt;

use tki_math::Identifier;
use tki_record::Address;
use tki_seal::{sealed_box::BoxPublicKey, transcript::Transcript};

use crate::{
    error::{Error, Rule},
    extensions::Extensions,
    limits,
};

/// A factor of the account.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Holder {
    /// x_i: where its shares are, ascending; one, or as many as it has weight.
    pub identifiers: Vec<Identifier>,
    /// What it is.
    pub kind: HolderKind,
    /// The name its owner gave it: at most [`limits::LABEL_BYTES`] bytes, no control characters.
    pub label: String,
    /// When it was added, in seconds since 1970 by the clock of whoever added it.
    pub added: u64,
    /// What its mailbox is sealed to.
    pub box_key: BoxPublicKey,
    /// Where its mailbox is.
    pub mailbox: Address,
    /// Whether devices keep a copy of its mailbox, so that it opens the account with every server
    /// gone. A copy outlives the removal of the holder.
    pub offline: bool,
    /// What later versions add.
    pub extensions: Extensions,
}

/// What a holder is.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum HolderKind {
    /// A device that keeps its seed in its own store.
    Device,
    /// A login at a service provider.
    Provider,
    /// Words on paper.
    Words,
    /// One that this version does not know, with its code: kept as it is.
    Other(u16),
}

impl HolderKind {
    /// The kind with this stored code.
    #[must_use]
    pub const fn from_code(code: u16) -> Self {
        match code {
            1 => Self::Device,
            2 => Self::Provider,
            3 => Self::Words,
            other => Self::Other(other),
        }
    }

    /// Its stored code.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Device => 1,
            Self::Provider => 2,
            Self::Words => 3,
            Self::Other(code) => code,
        }
    }

    /// Whether devices copy its mailbox unless told otherwise: words do not exist on any server.
    #[must_use]
    pub const fn is_offline_by_default(self) -> bool {
        match self {
            Self::Words => true,
            Self::Device | Self::Provider | Self::Other(_) => false,
        }
    }

    /// Refuses `Other` with the code of a known kind: it would be read back as that.
    pub(crate) fn check(self) -> Result<(), Error> {
        if Self::from_code(self.code()) == self {
            Ok(())
        } else {
            Err(Rule::HolderKind.into())
        }
    }
}

impl fmt::Display for HolderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device => f.pad("device"),
            Self::Provider => f.pad("provider"),
            Self::Words => f.pad("words"),
            Self::Other(code) => f.pad(&alloc::format!("kind-{code}")),
        }
    }
}

impl Holder {
    /// Its first identifier, by which people name it. Every holder of a decoded document has one.
    #[must_use]
    pub fn identifier(&self) -> Option<Identifier> {
        self.identifiers.first().copied()
    }

    /// What holds for one holder alone.
    pub(crate) fn check(&self) -> Result<(), Error> {
        check_identifiers(&self.identifiers)?;
        self.kind.check()?;
        check_label(&self.label)?;
        self.extensions.check()
    }

    /// Its fields, in the order of their declaration.
    pub(crate) fn absorb(&self, transcript: Transcript) -> Transcript {
        let identifiers = self.identifiers.iter().map(|x| x.get().to_le_bytes());
        let transcript = transcript
            .list(identifiers)
            .u64(u64::from(self.kind.code()))
            .bytes(self.label.as_bytes())
            .u64(self.added)
            .bytes(&self.box_key.to_bytes())
            .bytes(self.mailbox.as_bytes())
            .flag(self.offline);
        self.extensions.absorb(transcript)
    }
}

/// At least one, not too many, ascending.
pub(crate) fn check_identifiers(identifiers: &[Identifier]) -> Result<(), Error> {
    if identifiers.is_empty() || identifiers.len() > limits::IDENTIFIERS {
        return Err(Rule::IdentifierCount.into());
    }
    if !identifiers.is_sorted_by(|left, right| left < right) {
        return Err(Rule::IdentifierOrder.into());
    }
    Ok(())
}

/// Short, and nothing that a terminal would take for a command.
pub(crate) fn check_label(label: &str) -> Result<(), Error> {
    if label.len() > limits::LABEL_BYTES {
        return Err(Rule::LabelLength.into());
    }
    if label.chars().any(char::is_control) {
        return Err(Rule::LabelText.into());
    }
    Ok(())
}
