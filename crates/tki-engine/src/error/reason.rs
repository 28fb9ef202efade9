//! What went wrong, with all that the text of an error says of it.

use alloc::{vec, vec::Vec};
use core::fmt;

use tki_math::Identifier;
use tki_metadata::{AccountId, HolderKind, HolderName};

use super::{Culprit, InvalidChange};
use crate::{help::HelpError, join::JoinError, receipt::list_sets, removal::Removal};

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

impl Reason {
    /// No account is known for a factor of this kind.
    pub(crate) fn nothing_known(kind: HolderKind) -> Self {
        Self::NotFound {
            kinds: vec![kind],
            unasked: Vec::new(),
        }
    }
}
