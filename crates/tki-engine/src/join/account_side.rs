//! The side of the account that somebody joins.

use rand_core::CryptoRng;
use tki_metadata::{
    Extensions, HolderKind, InviteSecret, JoinCode, JoinInvite, JoinReply, JoinRequest,
    PendingInvite,
};
use tki_record::{Address, Claim, RecordKind};

use super::{JoinError, RemoteFactor};
use crate::{
    account::Account,
    commit,
    error::{Error, Reason},
    label,
};

impl Account<'_> {
    /// Answers a request to join. One factor is enough for that; nothing is written.
    ///
    /// The invitation is to be kept before [`Invitation::invite`] is sent, and forgotten before its
    /// reply is looked at. `account` is what the owner calls the account, for the new holder to read;
    /// `expires` is in seconds since 1970.
    ///
    /// # Errors
    /// `Exists` if whoever asks is a holder already; `InvalidChange` if the label is none.
    pub fn invite(
        &self,
        request: JoinRequest,
        account: &str,
        expires: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Invitation, Error> {
        label::check(account)?;
        // Step 2.1: whoever asks is no holder yet.
        let core = self.core();
        if core.holder_at(&request.address).is_some() {
            return Err(Reason::Exists.into());
        }
        // Step 2.2: w₀ follows from a new secret.
        let secret = InviteSecret::random(rng);
        // Step 2.3: N_b is random, and b is of the address that was asked for, and of no other.
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let common = self.snapshot.common()?;
        let binding_key = common
            .account_secret
            .binding_key(&core.account, &core.first_verifying_key);
        let invite = JoinInvite {
            request: request.hash(),
            first_writer: secret.first_writer(&request).public_key(),
            binding: binding_key.binding(&request.address),
            nonce,
            account: account.into(),
            expires,
            extensions: Extensions::new(),
        };
        let pending = PendingInvite {
            request,
            invite,
            secret,
            extensions: Extensions::new(),
        };
        // Step 2.5: it can be kept, which the caller does before the invite leaves.
        commit::encoded(pending.encode())?;
        Ok(Invitation { pending })
    }
}

/// An invite that was made and not yet answered.
#[derive(Debug)]
pub struct Invitation {
    pending: PendingInvite,
}

impl Invitation {
    /// As it was kept.
    #[must_use]
    pub const fn from_pending(pending: PendingInvite) -> Self {
        Self { pending }
    }

    /// What is to be kept.
    #[must_use]
    pub const fn pending(&self) -> &PendingInvite {
        &self.pending
    }

    /// The second message.
    #[must_use]
    pub const fn invite(&self) -> &JoinInvite {
        &self.pending.invite
    }

    /// Takes the one reply to this invite. Whatever comes of it, there is no second: whoever calls
    /// this has forgotten what was kept.
    ///
    /// # Errors
    /// `OtherInvite`, `Expired`, `WrongOpening`, `BadClaim`.
    pub fn receive(self, reply: &JoinReply, now: u64) -> Result<Candidate, JoinError> {
        // Step 5.1: the invitation is used up here; the caller has forgotten what was kept of it.
        let PendingInvite {
            request, invite, ..
        } = &self.pending;
        // Step 5.2: it answers this invite, and not too late.
        if reply.invite != invite.hash() {
            return Err(JoinError::OtherInvite);
        }
        if now >= invite.expires {
            return Err(JoinError::Expired);
        }
        // Step 5.3: B, C and N_a are what c was made of, and C is the key of the address.
        let opened = JoinRequest::commit(&reply.box_key, &reply.claim_key, &reply.nonce);
        let address = Address::derive(RecordKind::Mailbox, 0, &reply.claim_key);
        if opened != request.commitment || address != request.address {
            return Err(JoinError::WrongOpening);
        }
        // Step 5.4: C signed the claim of that address for w₀ and b.
        let claim = invite.claim(reply.claim_key, reply.signature);
        claim.verify().map_err(|_| JoinError::BadClaim)?;
        Ok(Candidate {
            pending: self.pending,
            reply: reply.clone(),
            claim,
        })
    }
}

/// Somebody who made a request and answered its invite; whether it is the one who was meant, the
/// digits tell.
#[derive(Debug)]
pub struct Candidate {
    pending: PendingInvite,
    reply: JoinReply,
    claim: Claim,
}

impl Candidate {
    /// What it would be.
    #[must_use]
    pub const fn kind(&self) -> HolderKind {
        self.pending.request.kind
    }

    /// What it calls itself.
    #[must_use]
    pub const fn label(&self) -> &str {
        self.pending.request.label.as_str()
    }

    /// The digits as they are on this side.
    ///
    /// To be shown only where somebody compares them with those on the other side; better is to ask
    /// for those of the other side, and give them to [`Candidate::confirm`].
    #[must_use]
    pub fn code(&self) -> JoinCode {
        self.reply.code()
    }

    /// Takes the candidate for the one who was meant, given the digits that are shown on its side.
    ///
    /// # Errors
    /// `CodeDiffers` if they are others.
    ///
    /// # Security
    /// The digits must come from the screen of the new holder, by its owner's eyes or voice: digits
    /// that travelled with the messages prove nothing. After `CodeDiffers`, forget every other open
    /// invite of the account too, and have few open at once: somebody in between chooses among them,
    /// so that K open invites give him K chances in 10⁶.
    pub fn confirm(self, shown: JoinCode) -> Result<RemoteFactor, JoinError> {
        // Step 5.5: the digits of the other side are those of this one.
        if shown != self.code() {
            return Err(JoinError::CodeDiffers);
        }
        Ok(RemoteFactor::new(
            self.pending,
            self.reply.box_key,
            self.claim,
        ))
    }
}
