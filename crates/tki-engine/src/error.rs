//! What can go wrong in the life of an account, and who is to blame.

use alloc::{boxed::Box, string::String, vec, vec::Vec};
use core::fmt;

use tki_math::Identifier;
use tki_metadata::{AccountId, HolderKind, HolderName};

use crate::{help::HelpError, join::JoinError, receipt::list_sets, removal::Removal};

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

/// Why an operation ended, in three classes: refused because of what a peer (a storage, a
/// provider, a factor) gave; the environment; our bug.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Reason {
    // Aborted by a peer.
    #[error("{0} is not validly signed")]
    BadRecord(Culprit),
    #[error("{0} was claimed for another account")]
    BindingMismatch(Culprit),
    #[error("{0} does not belong to the version that everything else shows")]
    CoreMismatch(Culprit),
    #[error("the {0} factor belongs to another account")]
    FactorOfOtherAccount(HolderKind, AccountId),
    #[error("the storage shows a different version {version} than {witness} saw")]
    Forked { version: u64, witness: Culprit },
    #[error("the shares do not give the account's key")]
    KeyMismatch,
    #[error("{0} is not the one that the account document lists")]
    MailboxHashMismatch(Culprit),
    #[error("{0} cannot be read")]
    MalformedRecord(Culprit, #[source] tki_metadata::Error),
    #[error("{0} does not open with this factor")]
    NotSealedToFactor(Culprit),
    #[error("this factor was removed from the account, or replaced, {0}")]
    Removed(Removal),
    #[error("the storage shows version {found}, but {witness} has seen version {known}")]
    RolledBack {
        found: u64,
        known: u64,
        witness: Culprit,
    },
    #[error("{0} has a seed that is not that of the account's key")]
    SeedMismatch(Culprit),
    #[error("the storage does not have {0}, which must be there")]
    Withheld(Culprit),
    #[error("the share of holder {0} contradicts the commitments")]
    WrongShare(Identifier),
    #[error("{0} was written by somebody who does not control the account")]
    WrongWriter(Culprit),
    // Environment.
    #[error("another change came first")]
    Conflict,
    #[error("the account has no such key")]
    Derivation(#[source] tki_formats::derivation::DerivationError),
    #[error("the device package could not be read or written")]
    Device(#[source] tki_device::Error),
    #[error("these factors already hold an account")]
    Exists,
    #[error("a guardian's help is of no use")]
    Help(#[source] HelpError),
    #[error("{0}")]
    InvalidChange(InvalidChange),
    #[error("nobody joins")]
    Join(#[source] JoinError),
    #[error("{}{}", TooFew(*.have, *.need, .suffice), Sentence(.missing))]
    NeedMoreShares {
        have: usize,
        need: usize,
        missing: Vec<PassedOver>,
        /// Whom those at hand need, in a structure in which it is not any so many.
        suffice: Vec<Vec<HolderName>>,
    },
    #[error("an application needs a name")]
    NamelessApp,
    #[error("no account is known for {}{}", Kinds(.kinds), Unasked(.unasked))]
    NotFound {
        kinds: Vec<HolderKind>,
        /// Those whose anchors did not answer: they may remember one that the storage does not show.
        unasked: Vec<HolderKind>,
    },
    #[error("the device keeps no copy to open offline")]
    NothingOffline,
    #[error("the storage did not say whether the change was written")]
    OutcomeUnknown,
    #[error("the provider did not do what was asked")]
    Provider(#[source] tki_provider::Error),
    #[error("the storage did not do what was asked")]
    Storage(#[source] tki_storage::Error),
    #[error("a creation with this login was begun elsewhere and has not finished")]
    Unfinished,
    #[error(
        "the first step of a path is hardened, such as m/44': else the key at it gives the account's \
         key away"
    )]
    UnprotectedPath,
    #[error("the key cannot sign in this way")]
    UnsupportedScheme(#[source] tki_seal::signature::SignatureError),
    #[error("nothing vouches that what was read is the newest version")]
    Unverified,
    // Our bug.
    #[error("internal error: {0}")]
    Bug(&'static str),
}

/// Why a change is refused before anything is read or written.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidChange {
    /// The same factor is asked for twice.
    DuplicateFactor,
    /// The change asks for nothing.
    Empty,
    /// The label is longer than 64 bytes or holds control or format characters.
    Label,
    /// Without this factor a part of the nested structure could never be satisfied.
    LeavesTooFew(Identifier),
    /// The structure does not name this factor.
    LeftOut(Identifier),
    /// A part of the structure asks for more members than it has.
    NeverSatisfied,
    /// The account is not moving to another key.
    NoRotation,
    /// The account is moving to another key than the one that was named.
    OtherNextKey,
    /// Only devices and guardians join by an invite.
    NotInvited(HolderKind),
    /// The shares that are pegged to their holders' inputs, and the key, leave nothing to draw: the
    /// new shares would be the old ones.
    NoFreedom {
        /// How many stay pegged.
        pegged: usize,
        /// How many factors are to be needed.
        threshold: u16,
    },
    /// The seed of a login, of a passkey and of a guardian is made elsewhere: it cannot be another one.
    NotRenewable(Identifier),
    /// This factor would suffice alone: that is no sharing.
    OneSuffices(Identifier),
    /// The account is moving to another key already.
    Rotating,
    /// The share of this factor follows from its input: two keys would share it.
    PeggedToRotate(Option<Identifier>),
    /// The factor that is to take this one's place is of another kind.
    OtherKind(Identifier),
    /// Shares are pegged to inputs under a plain threshold alone.
    PegsNeedThreshold,
    /// The structure is nested too deeply, or has too many places.
    StructureTooLarge,
    /// A threshold below two is no sharing.
    ThresholdTooLow,
    /// More shares would be needed than there are holders.
    ThresholdTooHigh,
    /// There can be at most 256 holders.
    TooManyHolders,
    /// Fewer than the threshold can be pegged.
    TooManyPegs {
        /// How many would be pegged.
        pegged: usize,
        /// How many factors are to be needed.
        threshold: u16,
    },
    /// Two things are asked of one holder that exclude each other.
    Twice(Identifier),
    /// No holder has this identifier.
    UnknownHolder(Identifier),
}

impl InvalidChange {
    /// What a move from one key to another refuses.
    fn fmt_of_keys(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self, Self::NoRotation) {
            f.write_str("the account is not moving to another key")?;
        }
        if matches!(self, Self::OtherNextKey) {
            f.write_str(
                "the account is moving to another key than that: the move was given up and begun \
                 anew, or it was never to that key",
            )?;
        }
        if matches!(self, Self::Rotating) {
            f.write_str(
                "the account is moving to another key already: confirm that or cancel it first",
            )?;
        }
        if let Self::PeggedToRotate(identifier) = self {
            match identifier {
                Some(identifier) => write!(f, "the share of factor {identifier}")?,
                None => f.write_str("the share of the new factor")?,
            }
            f.write_str(
                " would follow from its input under two keys, and one would tell of the other: move \
                 to a new key without it, and add it again when that is done",
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for InvalidChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateFactor => f.write_str("the same factor is asked for twice"),
            Self::Empty => f.write_str("the change asks for nothing"),
            Self::Label => {
                f.write_str("the label is longer than 64 bytes or has characters that are not seen")
            }
            Self::LeavesTooFew(_)
            | Self::LeftOut(_)
            | Self::NeverSatisfied
            | Self::OneSuffices(_)
            | Self::PegsNeedThreshold
            | Self::StructureTooLarge => self.fmt_of_structure(f),
            Self::NoFreedom { pegged, threshold } => write!(
                f,
                "what is pegged ({pegged}) and the key determine all shares where {threshold} are \
                 needed: nothing would be revoked; raise the threshold, or remove or renew what is \
                 pegged"
            ),
            Self::NotInvited(kind) => write!(
                f,
                "a {kind} factor does not join by an invite: only devices and guardians do"
            ),
            Self::NotRenewable(identifier) => write!(
                f,
                "the secret of factor {identifier} is made elsewhere: it cannot be renewed, only \
                 replaced"
            ),
            Self::OtherKind(identifier) => write!(
                f,
                "factor {identifier} cannot be renewed as a factor of another kind"
            ),
            Self::NoRotation | Self::OtherNextKey | Self::PeggedToRotate(_) | Self::Rotating => {
                self.fmt_of_keys(f)
            }
            Self::ThresholdTooLow => f.write_str("the threshold must be at least 2"),
            Self::ThresholdTooHigh => {
                f.write_str("the threshold would be higher than the number of factors")
            }
            Self::TooManyHolders => f.write_str("an account has at most 256 factors"),
            Self::TooManyPegs { pegged, threshold } => write!(
                f,
                "{pegged} shares cannot be pegged where {threshold} are needed: at most {}",
                threshold.saturating_sub(1)
            ),
            Self::Twice(identifier) => {
                write!(f, "factor {identifier} is asked for twice")
            }
            Self::UnknownHolder(identifier) => {
                write!(f, "no factor has the identifier {identifier}")
            }
        }
    }
}

impl InvalidChange {
    /// What is wrong with an access structure.
    fn fmt_of_structure(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::LeavesTooFew(identifier) = self {
            return write!(
                f,
                "without factor {identifier} a part of the access structure could never be \
                 satisfied: set another structure first"
            );
        }
        if let Self::LeftOut(identifier) = self {
            return write!(
                f,
                "the structure does not name factor {identifier}: name it, or remove it first"
            );
        }
        if let Self::OneSuffices(identifier) = self {
            return write!(
                f,
                "factor {identifier} would suffice alone: whoever has it would have the key"
            );
        }
        f.write_str(if matches!(self, Self::PegsNeedThreshold) {
            "a share that follows from answers needs a plain threshold: replace that factor, or \
             set a threshold"
        } else if matches!(self, Self::StructureTooLarge) {
            "the structure is nested too deeply or too large: 32 levels, 1000 places"
        } else {
            "a part of the structure asks for more members than it has"
        })
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

/// A factor that was at hand and is no holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PassedOver {
    kind: HolderKind,
    /// How it was removed or renewed.
    pub(crate) removed: Option<Removal>,
}

impl PassedOver {
    pub(crate) const fn new(kind: HolderKind, removed: Option<Removal>) -> Self {
        Self { kind, removed }
    }
}

/// How many shares are at hand and how many are needed, or which sets would do.
struct TooFew<'a>(usize, usize, &'a [Vec<HolderName>]);

impl fmt::Display for TooFew<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(have, need, suffice) = self;
        if suffice.is_empty() {
            write!(f, "{need} factors are needed, {have} at hand")
        } else {
            write!(
                f,
                "the factors at hand do not suffice; missing: {}",
                list_sets(suffice)
            )
        }
    }
}

/// Tells of factors that were at hand and did not count.
struct Sentence<'a>(&'a [PassedOver]);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for PassedOver { kind, removed } in self.0 {
            match removed {
                Some(removal) => {
                    write!(f, "; the {kind} factor was removed or replaced {removal}")?;
                }
                None => write!(f, "; the {kind} factor is not one of this account")?,
            }
        }
        Ok(())
    }
}

/// Tells of factors that were not asked what they remember.
struct Unasked<'a>(&'a [HolderKind]);

impl fmt::Display for Unasked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(
            f,
            "; {} did not answer, and may remember one",
            Kinds(self.0)
        )
    }
}

/// Lists kinds of factors in a sentence.
struct Kinds<'a>(&'a [HolderKind]);

impl fmt::Display for Kinds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no factor");
        }
        for (position, kind) in self.0.iter().enumerate() {
            let before = if position == 0 { "" } else { ", " };
            write!(f, "{before}{kind}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.0.source()
    }
}

impl Reason {
    /// No account is known for a factor of this kind.
    pub(crate) fn nothing_known(kind: HolderKind) -> Self {
        Self::NotFound {
            kinds: vec![kind],
            unasked: Vec::new(),
        }
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
