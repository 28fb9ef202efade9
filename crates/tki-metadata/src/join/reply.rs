//! The third message: the future holder shows what it promised, and claims its mailbox.

use alloc::vec::Vec;

use tki_seal::{
    bip340::{PublicKey, Signature},
    sealed_box::BoxPublicKey,
    transcript::{Tag, Transcript},
};

use crate::{codec, digits::Digits, error::Error, message::Message, secrets::JoinNonce, wire};

/// Six digits that both sides of a joining show.
pub type JoinCode = Digits<6>;

/// What opens the commitment of a request, and the claim that the invite asked for.
///
/// It has no extensions: what is neither in the commitment nor in the invite could be changed until
/// the digits suit. What a later version has to say here, its request commits to.
#[expect(
    clippy::exhaustive_structs,
    reason = "what a reply says, its request has fixed"
)]
#[derive(Clone, Debug)]
pub struct JoinReply {
    /// i: the hash of the invite that it answers.
    pub invite: [u8; 32],
    /// B.
    pub box_key: BoxPublicKey,
    /// C.
    pub claim_key: PublicKey,
    /// N_a.
    pub nonce: JoinNonce,
    /// The signature of the claim of the new mailbox, by C over addr, w₀ and b.
    pub signature: Signature,
}

impl JoinReply {
    /// H(join code; i, B, C, N_a), of which the digits are made. The signature is not part of it.
    #[must_use]
    pub fn transcript_hash(&self) -> [u8; 32] {
        // Step 4.1: H(join code; i, B, C, N_a).
        Transcript::new(Tag::JoinCode)
            .bytes(&self.invite)
            .bytes(&self.box_key.to_bytes())
            .bytes(self.claim_key.as_bytes())
            .bytes(self.nonce.expose_secret())
            .digest()
    }

    /// The six digits.
    #[must_use]
    pub fn code(&self) -> JoinCode {
        // Step 4.2: six digits of that hash.
        Digits::from_hash(&self.transcript_hash())
    }

    /// The message.
    ///
    /// # Errors
    /// None that a reply can cause.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        Ok(codec::encode(&wire::join::Reply::from(self))?.to_vec())
    }

    /// Reads the message. No signature is verified.
    ///
    /// # Errors
    /// Those of [`JoinRequest::decode`](crate::JoinRequest::decode).
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Message::JoinReply.check(bytes)?;
        codec::decode::<wire::join::Reply>(bytes)?.try_into()
    }
}
