//! A factor that is elsewhere, and whose mailbox it has claimed beforehand.

use alloc::{boxed::Box, string::String, vec::Vec};

use async_trait::async_trait;
use tki_metadata::{HolderKind, PendingInvite};
use tki_record::{Address, Claim};
use tki_seal::{
    bip340::{PublicKey, SigningKey},
    sealed_box::BoxPublicKey,
};
use zeroize::Zeroizing;

use super::JoinError;
use crate::{
    error::{Culprit, Error, Reason},
    factor::Factor,
};

/// A device or guardian that has joined: to be given to [`Change::add`](crate::Change::add).
///
/// It opens nothing, for its seed is elsewhere. It can be added once, to the account that invited
/// it.
#[derive(Debug)]
pub struct RemoteFactor {
    pending: PendingInvite,
    label: String,
    box_key: BoxPublicKey,
    claim: Claim,
}

impl RemoteFactor {
    pub(super) fn new(pending: PendingInvite, box_key: BoxPublicKey, claim: Claim) -> Self {
        Self {
            label: pending.request.label.clone(),
            pending,
            box_key,
            claim,
        }
    }

    /// The same under the name that the owner gives it.
    #[must_use]
    pub fn labelled(mut self, label: &str) -> Self {
        self.label = label.into();
        self
    }
}

#[async_trait]
impl Factor for RemoteFactor {
    fn kind(&self) -> HolderKind {
        self.pending.request.kind
    }

    fn label(&self) -> &str {
        &self.label
    }

    fn box_key(&self) -> BoxPublicKey {
        self.box_key
    }

    fn address(&self, _slot: u32) -> Address {
        self.claim.address()
    }

    fn slots(&self) -> u32 {
        1
    }

    fn first_writer(&self) -> Option<SigningKey> {
        // Step 5.7: version 0 is signed by w₀, which hands over to w(addr).
        Some(self.pending.first_writer())
    }

    async fn claim(
        &self,
        slot: u32,
        first_writer: PublicKey,
        binding: [u8; 32],
    ) -> Result<Claim, Error> {
        let claim = &self.claim;
        // Step 5.6: the claim is for w₀, and for b of this very account.
        if slot != 0 || *claim.first_writer() != first_writer || *claim.binding() != binding {
            return Err(Reason::Join(JoinError::OtherAccount).into());
        }
        Ok(claim.clone())
    }

    async fn open_sealed(
        &self,
        _context: &[u8],
        _sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        Err(Reason::NotSealedToFactor(Culprit::MailboxOf(self.kind())).into())
    }
}
