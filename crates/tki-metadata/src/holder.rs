//! A holder as the document lists it: public halves and descriptions only.

use alloc::{string::String, vec::Vec};
use core::fmt;

use tki_math::Identifier;
use tki_record::Address;
use tki_seal::{sealed_box::BoxPublicKey, transcript::Transcript};

use crate::{
    error::{Error, Rule},
    extensions::{CRITICAL, Extensions},
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
    /// Answers to questions, of which some are enough; or a password or PIN.
    Answers,
    /// A file that its owner keeps somewhere.
    File,
    /// Another person, who keeps a seed for the owner and helps when asked.
    Guardian,
    /// A passkey or security key that evaluates a pseudorandom function.
    Passkey,
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
            4 => Self::Answers,
            5 => Self::File,
            6 => Self::Guardian,
            7 => Self::Passkey,
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
            Self::Answers => 4,
            Self::File => 5,
            Self::Guardian => 6,
            Self::Passkey => 7,
            Self::Other(code) => code,
        }
    }

    /// Whether devices copy its mailbox unless told otherwise: words and files are on no server.
    #[must_use]
    pub const fn is_offline_by_default(self) -> bool {
        match self {
            Self::Words | Self::File => true,
            Self::Device
            | Self::Provider
            | Self::Answers
            | Self::Guardian
            | Self::Passkey
            | Self::Other(_) => false,
        }
    }

    /// Whether a holder can be given another opening seed by whoever is present. The seed of a login
    /// and that of a passkey are made elsewhere, and a guardian's is his own: they are replaced.
    #[must_use]
    pub const fn is_renewable(self) -> bool {
        match self {
            Self::Device | Self::Words | Self::Answers | Self::File => true,
            Self::Provider | Self::Guardian | Self::Passkey | Self::Other(_) => false,
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
            Self::Answers => f.pad("answers"),
            Self::File => f.pad("file"),
            Self::Guardian => f.pad("guardian"),
            Self::Passkey => f.pad("passkey"),
            Self::Other(code) => f.pad(&alloc::format!("kind-{code}")),
        }
    }
}

impl Holder {
    /// Tag of the extension that holds an answer sheet.
    pub const ANSWER_SHEET: u16 = 1;
    /// Tag of the extension, empty, of a holder whose share follows from its opening seed and so
    /// stays where it is: f(x_i) = HKDF*(o_i, –, T(pegged share)). Critical: who does not know it
    /// would move the share at the next change, and the input would open nothing any more.
    pub const PEGGED: u16 = CRITICAL | 2;
    /// Tag of the extension that holds the credential id of a passkey.
    pub const PASSKEY: u16 = 3;

    /// The tags above: all that this version says of a holder in extensions.
    pub const EXTENSIONS: [u16; 3] = [Self::ANSWER_SHEET, Self::PEGGED, Self::PASSKEY];

    /// Whether its share is pegged to its opening seed.
    #[must_use]
    pub fn is_pegged(&self) -> bool {
        self.extensions.get(Self::PEGGED).is_some()
    }

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
        self.extensions.check_knowing(&Self::EXTENSIONS)
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
