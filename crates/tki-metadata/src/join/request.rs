//! The first message: somebody would like to become a holder.

use alloc::{string::String, vec::Vec};

use tki_record::Address;
use tki_seal::{
    bip340::PublicKey,
    sealed_box::BoxPublicKey,
    transcript::{Tag, Transcript},
};

use crate::{
    codec,
    error::{Error, Rule},
    extensions::Extensions,
    holder::{self, HolderKind},
    message::Message,
    secrets::JoinNonce,
    wire,
};

/// What a future holder says of itself, and promises to show.
///
/// Nothing in it is secret, and nothing in it lets anybody compute the digits.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JoinRequest {
    /// What it is: a device or a guardian.
    pub kind: HolderKind,
    /// What it calls itself: at most [`limits::LABEL_BYTES`](crate::limits::LABEL_BYTES) bytes.
    pub label: String,
    /// Where its mailbox will be.
    pub address: Address,
    /// c = H(join commitment; B, C, N_a).
    pub commitment: [u8; 32],
    /// What later versions add.
    pub extensions: Extensions,
}

impl JoinRequest {
    /// c = H(join commitment; B, C, N_a).
    ///
    /// # Security
    /// Hides B, C and N_a from whoever does not know N_a, which is 32 random bytes, and fixes them:
    /// two openings of one commitment are a collision of SHA3-256.
    #[must_use]
    pub fn commit(box_key: &BoxPublicKey, claim_key: &PublicKey, nonce: &JoinNonce) -> [u8; 32] {
        // Step 1.3: c = H(join commitment; B, C, N_a).
        Transcript::new(Tag::JoinCommitment)
            .bytes(&box_key.to_bytes())
            .bytes(claim_key.as_bytes())
            .bytes(nonce.expose_secret())
            .digest()
    }

    /// r = H(join request; kind, label, addr, c, extensions).
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        // Step 1.4: r = H(join request; kind, label, addr, c, extensions).
        let transcript = Transcript::new(Tag::JoinRequest)
            .u64(u64::from(self.kind.code()))
            .bytes(self.label.as_bytes())
            .bytes(self.address.as_bytes())
            .bytes(&self.commitment);
        self.extensions.absorb(transcript).digest()
    }

    /// The message.
    ///
    /// # Errors
    /// The rule that the request breaks.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        Ok(codec::encode(&wire::join::Request::from(self))?.to_vec())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// `OtherMessage` for another message, `Unsupported…` and `CriticalExtension` for what a newer
    /// version wrote, `TooLarge`, `Malformed` for what is no encoding, `Refused` with the rule that
    /// the content breaks.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Message::JoinRequest.check(bytes)?;
        let request = Self::try_from(codec::decode::<wire::join::Request>(bytes)?)?;
        request.check()?;
        Ok(request)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        check_kind(self.kind)?;
        holder::check_label(&self.label)?;
        self.extensions.check()
    }
}

/// Who cannot be handed a seed, and is somewhere else.
pub(super) fn check_kind(kind: HolderKind) -> Result<(), Error> {
    // Step 1.1: a device or a guardian.
    match kind {
        HolderKind::Device | HolderKind::Guardian => Ok(()),
        HolderKind::Provider
        | HolderKind::Words
        | HolderKind::Answers
        | HolderKind::File
        | HolderKind::Passkey
        | HolderKind::Other(_) => Err(Rule::JoinKind.into()),
    }
}
