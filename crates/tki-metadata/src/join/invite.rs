//! The second message: the account answers one request.

use alloc::{string::String, vec::Vec};

use tki_record::{Address, Claim, RecordKind};
use tki_seal::{
    bip340::{PublicKey, Signature},
    transcript::{Tag, Transcript},
};

use crate::{
    codec, error::Error, extensions::Extensions, holder, message::Message, secrets::OpeningSeed,
    wire,
};

/// What an account lets a future holder claim its mailbox for.
///
/// Nothing in it is secret. It names the one mailbox that it is about and nothing else of the
/// account, and is an answer to one request.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JoinInvite {
    /// r: the hash of the request that it answers.
    pub request: [u8; 32],
    /// The public half of w₀.
    pub first_writer: PublicKey,
    /// b = b(addr) of the account at the address of the request.
    pub binding: [u8; 32],
    /// N_b.
    pub nonce: [u8; 32],
    /// What the owner calls the account.
    pub account: String,
    /// When it ends, in seconds since 1970 by the clock of whoever made it.
    pub expires: u64,
    /// What later versions add.
    pub extensions: Extensions,
}

impl JoinInvite {
    /// i = H(join invite; r, w₀, b, N_b, label, expiry, extensions).
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        // Step 2.4: i = H(join invite; r, w₀, b, N_b, label, expiry, extensions).
        let transcript = Transcript::new(Tag::JoinInvite)
            .bytes(&self.request)
            .bytes(self.first_writer.as_bytes())
            .bytes(&self.binding)
            .bytes(&self.nonce)
            .bytes(self.account.as_bytes())
            .u64(self.expires);
        self.extensions.absorb(transcript).digest()
    }

    /// The claim of a mailbox that whoever has this seed makes for the invite.
    #[must_use]
    pub fn sign_claim(&self, seed: &OpeningSeed) -> Claim {
        let key = seed.claim_key(0);
        Claim::sign(
            RecordKind::Mailbox,
            0,
            &key,
            self.first_writer,
            self.binding,
        )
    }

    /// The claim that a key and a signature make of the invite; nothing is verified.
    #[must_use]
    pub fn claim(&self, claim_key: PublicKey, signature: Signature) -> Claim {
        let kind = RecordKind::Mailbox;
        Claim::from_parts(
            kind,
            0,
            claim_key,
            self.first_writer,
            self.binding,
            signature,
        )
    }

    /// The message.
    ///
    /// # Errors
    /// The rule that the invite breaks.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        Ok(codec::encode(&wire::join::Invite::from(self))?.to_vec())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// Those of [`JoinRequest::decode`](crate::JoinRequest::decode).
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Message::JoinInvite.check(bytes)?;
        let invite = Self::try_from(codec::decode::<wire::join::Invite>(bytes)?)?;
        invite.check()?;
        Ok(invite)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        holder::check_label(&self.account)?;
        self.extensions.check()
    }
}

/// The address of the mailbox that a future holder with this seed claims.
pub(super) fn address_of(seed: &OpeningSeed) -> Address {
    seed.mailbox_address(0)
}
