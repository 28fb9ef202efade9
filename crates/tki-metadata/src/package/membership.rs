//! The account as a device last saw it: enough to be certain online, and to open offline.

use alloc::vec::Vec;

use tki_math::Epoch;
use tki_record::Address;
use tki_seal::bip340::PublicKey;

use crate::{
    document::Document,
    error::{Error, Rule},
    extensions::Extensions,
    holder::Holder,
    limits,
    package::standing::Standing,
};

/// What a device that is a holder remembers.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Membership {
    /// The slot of the claim key of the device's own mailbox.
    pub slot: u32,
    /// The document, as it was checked when it was last read.
    pub document: Document,
    /// The device's own mailbox of that version, in which its shares are.
    pub mailbox: MailboxCopy,
    /// The mailboxes of that version of the holders marked `offline`, in the order of the
    /// holders. Of no others: with copies of everything a removed device could undo its removal.
    pub offline_mailboxes: Vec<MailboxCopy>,
    /// The newest version that this device knows to exist.
    pub seen: Seen,
    /// What later versions add.
    pub extensions: Extensions,
}

/// A sealed mailbox as it was stored. The document lists its hash.
#[expect(clippy::exhaustive_structs, reason = "a pair; the format fixes both")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MailboxCopy {
    /// Where it was.
    pub address: Address,
    /// The body of its record.
    pub sealed: Vec<u8>,
}

/// A version that exists for certain: whatever is shown must be it or descend from it.
#[expect(
    clippy::exhaustive_structs,
    reason = "a triple; the format fixes all three"
)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seen {
    /// Its epoch.
    pub epoch: Epoch,
    /// Its number.
    pub version: u64,
    /// Hash of its sealed document, as its record's header has it.
    pub hash: [u8; 32],
}

impl Membership {
    /// Tag of the extension with what this device remembers of how the account stands.
    pub const STANDING: u16 = 1;

    /// What this device remembers of how the account stands: nothing, if a later version wrote it
    /// in a form of its own.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let kept = self.extensions.get(Self::STANDING);
        let known = kept.map(Standing::decode).transpose().ok().flatten();
        known.unwrap_or_default()
    }

    /// Remembers this of how the account stands. What a later version wrote in a form of its own
    /// stays as it is.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn set_standing(&mut self, standing: &Standing) -> Result<(), Error> {
        let kept = self.extensions.get(Self::STANDING);
        let is_newer =
            |kept| matches!(Standing::decode(kept), Err(error) if error.is_unsupported());
        if !kept.is_some_and(is_newer) {
            self.extensions.insert(Self::STANDING, standing.encode()?);
        }
        Ok(())
    }

    /// Tag of the extension that names who writes the document's next version, 32 bytes: the
    /// x-coordinate of the public key, as in a record's header.
    pub const WRITER: u16 = 2;

    /// Who was to write the version after the one that was seen. With it a device that slept while
    /// the account moved to another key can tell who wrote since; the key itself does not say any
    /// more.
    #[must_use]
    pub fn writer(&self) -> Option<PublicKey> {
        let bytes = self.extensions.get(Self::WRITER)?;
        Some(PublicKey::from_bytes(bytes.try_into().ok()?))
    }

    /// Remembers who is to write the next version.
    pub fn set_writer(&mut self, writer: &PublicKey) {
        let bytes = writer.to_bytes().to_vec();
        self.extensions.insert(Self::WRITER, bytes);
    }

    /// What the document says of this device.
    #[must_use]
    pub fn holder(&self) -> Option<&Holder> {
        self.document.core.holder_at(&self.mailbox.address)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let core = &self.document.core;
        self.document.check()?;
        if self.holder().is_none() {
            return Err(Rule::NotAHolder.into());
        }
        self.check_copies()?;
        if (self.seen.version, self.seen.epoch) < (core.version, core.epoch) {
            return Err(Rule::SeenOlder.into());
        }
        self.extensions.check()
    }

    /// Copies of holders marked `offline` alone, in the order of the holders, none twice.
    fn check_copies(&self) -> Result<(), Error> {
        let holders = &self.document.core.holders;
        let mut positions = Vec::with_capacity(self.offline_mailboxes.len());
        for copy in &self.offline_mailboxes {
            let position = holders
                .iter()
                .position(|holder| holder.mailbox == copy.address);
            let offline = position.and_then(|position| holders.get(position));
            if !offline.is_some_and(|holder| holder.offline) {
                return Err(Rule::NotOffline.into());
            }
            positions.push(position);
        }
        if !positions.is_sorted_by(|left, right| left < right) {
            return Err(Rule::MailboxOrder.into());
        }
        let mut all = self.offline_mailboxes.iter().chain([&self.mailbox]);
        if all.any(|copy| copy.sealed.len() > limits::SEALED_MAILBOX_BYTES) {
            return Err(Rule::SealedLength.into());
        }
        Ok(())
    }
}
