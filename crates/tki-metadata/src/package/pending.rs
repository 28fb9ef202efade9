//! The write-ahead note: what a device is about to commit, durable before it does.
//!
//! New seeds must outlive a crash between the commit and the package that follows it, or their
//! holders are locked out. The records of the commit are not kept: among them are mailboxes of
//! holders that are not marked `offline`, which a device must not archive. A rerun makes them anew
//! with the same seeds and the same operation id, unless the document already names that id.

use alloc::{string::String, vec::Vec};

use tki_math::{Identifier, Threshold};
use tki_record::Address;
use tki_seal::curve::CurveId;

use crate::{
    account::OperationId,
    arrangement::Arrangement,
    error::{Error, Rule},
    extensions::Extensions,
    holder::{self, HolderKind},
    limits,
    secrets::OpeningSeed,
};

/// An operation that was begun. A clean conflict drops it, an unknown outcome keeps it.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug)]
pub struct Pending {
    /// Its name. A document with this [`operation`](crate::Core::operation) is its success.
    pub operation: OperationId,
    /// The version that it starts from; none when it creates the account.
    pub base_version: Option<u64>,
    /// Where the document is or will be: a reservation for it at an anchor is this operation's own.
    pub document: Option<Address>,
    /// Hash of the sealed document that it commits. The account's history shows by it whether the
    /// operation happened, also when other operations followed before this device looked again.
    pub document_hash: [u8; 32],
    /// What it does, in order. The same steps asked for again are this operation.
    pub steps: Vec<Step>,
    /// The seeds that it makes, in the order of the steps that need one.
    pub seeds: Vec<PendingSeed>,
    /// Hash of the recovery file that it has written or is about to write: the first, if it writes
    /// several. [`Pending::recovery_hashes`] are those of all.
    pub recovery_hash: Option<[u8; 32]>,
    /// What later versions add.
    pub extensions: Extensions,
}

/// One step of an operation.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// Adds a holder, also one of those that an account is created with.
    Add {
        /// What it is.
        kind: HolderKind,
        /// Its name.
        label: String,
        /// Whether devices copy its mailbox.
        offline: bool,
    },
    /// Gives up the key that the account was to move to.
    CancelRotation,
    /// Ends the move to the next key, which becomes the account's only one.
    ConfirmRotation,
    /// Creates the account.
    Create {
        /// The curve of its key.
        curve: CurveId,
    },
    /// Creates the account around a key that exists already.
    Import {
        /// The curve of the key.
        curve: CurveId,
        /// Its verifying key, in the curve's canonical encoding: another key is another operation.
        verifying_key: Vec<u8>,
    },
    /// Renews all shares.
    Refresh,
    /// Removes a holder.
    Remove {
        /// Its first identifier.
        identifier: Identifier,
    },
    /// Gives a holder another name.
    Rename {
        /// Its first identifier.
        identifier: Identifier,
        /// The new name.
        label: String,
    },
    /// Gives a holder another opening seed, and everybody a new share.
    Renew {
        /// Its first identifier.
        identifier: Identifier,
    },
    /// Begins the move to a new key, which is listed after the current one.
    Rotate,
    /// Makes the access structure another one.
    SetStructure {
        /// Over the holders of after the change.
        arrangement: Arrangement,
    },
    /// Makes the access structure a plain threshold.
    SetThreshold {
        /// How many shares suffice from then on.
        threshold: Threshold,
    },
}

/// A seed that is not yet certain to be of use.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug)]
pub struct PendingSeed {
    /// What its holder will be.
    pub kind: HolderKind,
    /// The slot of the claim key of the holder's mailbox.
    pub slot: u32,
    /// o_i.
    pub seed: OpeningSeed,
}

impl Pending {
    /// Tag of the extension with the hashes of the second and further recovery files, one after the
    /// other.
    pub const FURTHER_RECOVERY_HASHES: u16 = 1;

    /// Sets the hashes of the recovery files that it has written or is about to write.
    pub fn set_recovery_hashes(&mut self, hashes: impl IntoIterator<Item = [u8; 32]>) {
        let mut hashes = hashes.into_iter();
        self.recovery_hash = hashes.next();
        let further: Vec<u8> = hashes.flatten().collect();
        self.extensions.remove(Self::FURTHER_RECOVERY_HASHES);
        if !further.is_empty() {
            self.extensions
                .insert(Self::FURTHER_RECOVERY_HASHES, further);
        }
    }

    /// The hashes of the recovery files that it has written or is about to write.
    pub fn recovery_hashes(&self) -> impl Iterator<Item = [u8; 32]> {
        let further = self.extensions.get(Self::FURTHER_RECOVERY_HASHES);
        let (further, _) = further.unwrap_or_default().as_chunks();
        self.recovery_hash.iter().chain(further).copied()
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.steps.is_empty()
            || self.steps.len() > limits::STEPS
            || self.seeds.len() > limits::STEPS
        {
            return Err(Rule::Steps.into());
        }
        self.steps.iter().try_for_each(Step::check)?;
        self.seeds.iter().try_for_each(|seed| seed.kind.check())?;
        self.extensions.check()
    }
}

impl Step {
    fn check(&self) -> Result<(), Error> {
        match self {
            Self::Add { kind, label, .. } => {
                kind.check()?;
                holder::check_label(label)
            }
            Self::Import {
                curve,
                verifying_key,
            } => {
                if verifying_key.len() == curve.point_bytes() {
                    Ok(())
                } else {
                    Err(Rule::PointLength.into())
                }
            }
            Self::Rename { label, .. } => holder::check_label(label),
            Self::SetStructure { arrangement } => arrangement.check(),
            Self::CancelRotation
            | Self::ConfirmRotation
            | Self::Create { .. }
            | Self::Refresh
            | Self::Remove { .. }
            | Self::Renew { .. }
            | Self::Rotate
            | Self::SetThreshold { .. } => Ok(()),
        }
    }
}
