//! What can go wrong in the life of an account, and who is to blame.

use alloc::{boxed::Box, string::String, vec, vec::Vec};
use core::fmt;

use tki_math::Identifier;
use tki_metadata::{AccountId, HolderKind, HolderName};

use crate::{help::HelpError, join::JoinError, removal::Removal};

mod invalid_change;
mod reason;

pub use invalid_change::InvalidChange;
pub(crate) use reason::{PassedOver, Reason};

/// What a caller can act on. The text of an [`Error`] says more.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A fault of this library: please report it.
    Bug,
    /// Another change came first; read again and repeat.
    Conflict,
    /// The factors already hold an account.
    Exists,
    /// The asked-for change would leave an account that cannot work, or changes nothing.
    InvalidChange,
    /// The factors at hand are too few.
    NeedMoreShares {
        /// How many shares the factors at hand give.
        have: usize,
        /// How many are needed.
        need: usize,
    },
    /// No account is known for these factors.
    NotFound,
    /// A commit was sent and no answer came; reading back did not settle it.
    OutcomeUnknown,
    /// What was read contradicts itself, the account's history, or a signature.
    Refused,
    /// The factor was removed from the account.
    Removed,
    /// A storage, a provider or a device does not answer.
    Unavailable,
    /// Stored by a newer version, or for something this version does not know.
    Unsupported,
    /// Nothing vouches for the freshness of what was read, and the caller did not accept that.
    Unverified,
}

/// The thing at fault, by name.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Culprit {
    /// The account document as stored.
    Document,
    /// The mailbox of a holder as stored.
    Mailbox(Identifier),
    /// The mailbox at which a factor of this kind looked, before its identifier was known.
    MailboxOf(HolderKind),
    /// The provider's anchor.
    Anchor,
    /// A version that the caller said to exist, for example one printed beside words.
    GivenVersion,
    /// The package kept on a device.
    Package,
}

impl fmt::Display for Culprit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => f.write_str("the account document"),
            Self::Mailbox(identifier) => write!(f, "the mailbox of holder {identifier}"),
            Self::MailboxOf(kind) => write!(f, "the mailbox of the {kind} factor"),
            Self::Anchor => f.write_str("the provider's anchor"),
            Self::GivenVersion => f.write_str("whoever gave the version"),
            Self::Package => f.write_str("the device package"),
        }
    }
}

/// Why an account operation ended. Opaque: act on [`Error::kind`], show the text.
#[derive(Debug)]
pub struct Error(Box<Reason>);

impl Error {
    /// When the factor was removed and by whom, if that is why.
    #[must_use]
    pub fn removal(&self) -> Option<&Removal> {
        if let Reason::Removed(removal) = &*self.0 {
            Some(removal)
        } else {
            None
        }
    }

    /// The account of a factor that does not belong to the one that was read.
    pub(crate) fn other_account(&self) -> Option<AccountId> {
        if let Reason::FactorOfOtherAccount(_, account) = &*self.0 {
            return Some(*account);
        }
        None
    }

    /// Tells, where the factors at hand do not suffice, which sets would do beside them.
    pub(crate) fn with_sufficient(mut self, sets: Vec<Vec<HolderName>>) -> Self {
        if let Reason::NeedMoreShares { suffice, .. } = &mut *self.0 {
            *suffice = sets;
        }
        self
    }

    /// The class of this error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &*self.0 {
            Reason::BadRecord(_)
            | Reason::BindingMismatch(_)
            | Reason::CoreMismatch(_)
            | Reason::FactorOfOtherAccount(..)
            | Reason::Forked { .. }
            | Reason::Help(_)
            | Reason::Join(_)
            | Reason::KeyMismatch
            | Reason::MailboxHashMismatch(_)
            | Reason::NotSealedToFactor(_)
            | Reason::RolledBack { .. }
            | Reason::SeedMismatch(_)
            | Reason::Withheld(_)
            | Reason::WrongShare(_)
            | Reason::WrongWriter(_) => ErrorKind::Refused,
            Reason::MalformedRecord(_, error) => {
                if error.is_unsupported() {
                    ErrorKind::Unsupported
                } else {
                    ErrorKind::Refused
                }
            }
            Reason::Removed(_) => ErrorKind::Removed,
            Reason::Conflict | Reason::Unfinished => ErrorKind::Conflict,
            Reason::Device(error) => device_kind(error),
            Reason::Exists => ErrorKind::Exists,
            Reason::InvalidChange(_) => ErrorKind::InvalidChange,
            Reason::NeedMoreShares { have, need, .. } => ErrorKind::NeedMoreShares {
                have: *have,
                need: *need,
            },
            Reason::NotFound { .. } => ErrorKind::NotFound,
            Reason::NothingOffline => ErrorKind::Unavailable,
            Reason::OutcomeUnknown => ErrorKind::OutcomeUnknown,
            Reason::Provider(error) => provider_kind(error),
            Reason::Storage(error) => storage_kind(error),
            Reason::Derivation(_)
            | Reason::NamelessApp
            | Reason::UnprotectedPath
            | Reason::UnsupportedScheme(_) => ErrorKind::Unsupported,
            Reason::Unverified => ErrorKind::Unverified,
            Reason::Bug(_) => ErrorKind::Bug,
        }
    }

    /// What is wrong with a change that was refused before anything was read or written.
    #[must_use]
    pub fn invalid_change(&self) -> Option<InvalidChange> {
        if let Reason::InvalidChange(invalid) = &*self.0 {
            Some(*invalid)
        } else {
            None
        }
    }

    /// What exactly happened, in a word that stays, for programs that answer different faults
    /// differently.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match &*self.0 {
            Reason::BadRecord(_) => "bad-record",
            Reason::BindingMismatch(_) => "binding-mismatch",
            Reason::CoreMismatch(_) => "core-mismatch",
            Reason::FactorOfOtherAccount(..) => "other-account",
            Reason::Forked { .. } => "forked",
            Reason::MailboxHashMismatch(_) => "mailbox-hash-mismatch",
            Reason::MalformedRecord(_, error) if error.is_unsupported() => "unsupported",
            Reason::MalformedRecord(..) => "malformed-record",
            Reason::NotFound { .. } => "not-found",
            Reason::NotSealedToFactor(_) => "not-sealed-to-factor",
            Reason::Removed { .. } => "removed",
            Reason::RolledBack { .. } => "rolled-back",
            Reason::Withheld(_) => "withheld",
            Reason::WrongShare(_) => "wrong-share",
            Reason::WrongWriter(_) => "wrong-writer",
            Reason::Device(_) => "device",
            Reason::Provider(_) => "provider",
            Reason::Storage(_) => "storage",
            Reason::KeyMismatch | Reason::SeedMismatch(_) => "key-mismatch",
            Reason::Conflict
            | Reason::Derivation(_)
            | Reason::Exists
            | Reason::Help(_)
            | Reason::InvalidChange(_)
            | Reason::Join(_)
            | Reason::NeedMoreShares { .. }
            | Reason::NamelessApp
            | Reason::NothingOffline
            | Reason::OutcomeUnknown
            | Reason::Unfinished
            | Reason::UnprotectedPath
            | Reason::UnsupportedScheme(_)
            | Reason::Unverified
            | Reason::Bug(_) => "other",
        }
    }

    /// Who is to blame, where that is known.
    #[must_use]
    pub fn culprits(&self) -> Vec<Culprit> {
        match &*self.0 {
            Reason::BadRecord(culprit)
            | Reason::BindingMismatch(culprit)
            | Reason::CoreMismatch(culprit)
            | Reason::MailboxHashMismatch(culprit)
            | Reason::MalformedRecord(culprit, _)
            | Reason::NotSealedToFactor(culprit)
            | Reason::SeedMismatch(culprit)
            | Reason::Withheld(culprit)
            | Reason::WrongWriter(culprit) => vec![culprit.clone()],
            Reason::Forked { .. } | Reason::RolledBack { .. } => vec![Culprit::Document],
            Reason::WrongShare(identifier) => vec![Culprit::Mailbox(*identifier)],
            Reason::FactorOfOtherAccount(kind, _) => vec![Culprit::MailboxOf(*kind)],
            Reason::Device(_) => vec![Culprit::Package],
            Reason::KeyMismatch
            | Reason::Removed(_)
            | Reason::Conflict
            | Reason::Exists
            | Reason::Unfinished
            | Reason::Help(_)
            | Reason::InvalidChange(_)
            | Reason::Join(_)
            | Reason::NeedMoreShares { .. }
            | Reason::NotFound { .. }
            | Reason::NothingOffline
            | Reason::OutcomeUnknown
            | Reason::Provider(_)
            | Reason::Storage(_)
            | Reason::Derivation(_)
            | Reason::NamelessApp
            | Reason::UnprotectedPath
            | Reason::UnsupportedScheme(_)
            | Reason::Unverified
            | Reason::Bug(_) => Vec::new(),
        }
    }
}

fn device_kind(error: &tki_device::Error) -> ErrorKind {
    if error.is_unavailable() {
        ErrorKind::Unavailable
    } else {
        ErrorKind::Refused
    }
}

fn provider_kind(error: &tki_provider::Error) -> ErrorKind {
    use tki_provider::Error as Provider;
    match error {
        Provider::Conflict => ErrorKind::Conflict,
        Provider::Denied | Provider::Protocol => ErrorKind::Refused,
        Provider::Unsupported => ErrorKind::Unsupported,
        Provider::Backend(_)
        | Provider::Busy
        | Provider::RateLimited { .. }
        | Provider::Unavailable
        // A variant of a later version: nothing more is known of it.
        | _ => ErrorKind::Unavailable,
    }
}

fn storage_kind(error: &tki_storage::Error) -> ErrorKind {
    use tki_storage::Error as Storage;
    match error {
        Storage::Conflict { .. } => ErrorKind::Conflict,
        Storage::Corrupt { .. } | Storage::Refused { .. } => ErrorKind::Refused,
        Storage::OutcomeUnknown { .. } => ErrorKind::OutcomeUnknown,
        Storage::Unsupported => ErrorKind::Unsupported,
        // A variant of a later version: nothing more is known of it.
        Storage::Backend(_) | Storage::Unavailable(_) | _ => ErrorKind::Unavailable,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Self {
        Self(Box::new(reason))
    }
}

impl From<InvalidChange> for Error {
    fn from(reason: InvalidChange) -> Self {
        Reason::InvalidChange(reason).into()
    }
}

impl From<HelpError> for Error {
    fn from(error: HelpError) -> Self {
        Reason::Help(error).into()
    }
}

impl From<JoinError> for Error {
    fn from(error: JoinError) -> Self {
        Reason::Join(error).into()
    }
}

impl From<tki_storage::Error> for Error {
    fn from(error: tki_storage::Error) -> Self {
        if matches!(error, tki_storage::Error::Conflict { .. }) {
            Reason::Conflict.into()
        } else {
            Reason::Storage(error).into()
        }
    }
}

impl From<tki_provider::Error> for Error {
    fn from(error: tki_provider::Error) -> Self {
        Reason::Provider(error).into()
    }
}

impl From<tki_device::Error> for Error {
    fn from(error: tki_device::Error) -> Self {
        Reason::Device(error).into()
    }
}

/// The text of an error with the texts of its causes, each once.
#[must_use]
pub fn with_causes(error: &dyn core::error::Error) -> String {
    let mut text = alloc::format!("{error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&alloc::format!("{inner}"));
        cause = inner.source();
    }
    text
}
