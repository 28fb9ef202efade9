//! What either side keeps between the messages.

use alloc::string::String;

use rand_core::CryptoRng;
use tki_seal::{
    bip340::SigningKey,
    curve::Secp256k1,
    kdf,
    transcript::{Tag, Transcript},
};
use zeroize::Zeroizing;

use super::{
    invite::{JoinInvite, address_of},
    reply::JoinReply,
    request::{JoinRequest, check_kind},
};
use crate::{
    codec,
    error::{Error, Rule},
    extensions::Extensions,
    holder::{self, HolderKind},
    keys,
    secrets::{InviteSecret, JoinNonce, OpeningSeed},
    wire,
};

/// What a future holder keeps: its seed, its nonce, and the one invite that it answers.
///
/// Not `Clone`: there is one joining, and it is answered once.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Debug)]
pub struct PendingJoin {
    /// What it will be: a device or a guardian.
    pub kind: HolderKind,
    /// What it calls itself.
    pub label: String,
    /// o: what it will open its mailbox with.
    pub seed: OpeningSeed,
    /// N_a.
    pub nonce: JoinNonce,
    /// The invite that it has answered or is about to.
    pub invite: Option<JoinInvite>,
    /// Extensions of its request.
    pub request_extensions: Extensions,
    /// What later versions add.
    pub extensions: Extensions,
}

impl PendingJoin {
    /// With a new seed and a new nonce.
    #[must_use]
    pub fn new(kind: HolderKind, label: &str, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        // Step 1.2: o and N_a are random.
        Self {
            kind,
            label: label.into(),
            seed: OpeningSeed::random(rng),
            nonce: JoinNonce::random(rng),
            invite: None,
            request_extensions: Extensions::new(),
            extensions: Extensions::new(),
        }
    }

    /// The first message; the same whenever it is asked for.
    #[must_use]
    pub fn request(&self) -> JoinRequest {
        let box_key = self.seed.box_key().public_key();
        let claim_key = self.seed.claim_key(0).public_key();
        JoinRequest {
            kind: self.kind,
            label: self.label.clone(),
            address: address_of(&self.seed),
            commitment: JoinRequest::commit(&box_key, &claim_key, &self.nonce),
            extensions: self.request_extensions.clone(),
        }
    }

    /// The third message, once there is an invite; the same whenever it is asked for.
    #[must_use]
    pub fn reply(&self) -> Option<JoinReply> {
        let invite = self.invite.as_ref()?;
        // Step 3.4: i, B, N_a, and the claim of slot 0 over w₀ and b.
        let claim = invite.sign_claim(&self.seed);
        Some(JoinReply {
            invite: invite.hash(),
            box_key: self.seed.box_key().public_key(),
            claim_key: *claim.key(),
            nonce: self.nonce.clone(),
            signature: *claim.signature(),
        })
    }

    /// The plain stored form. Whoever stores it encrypts it.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn encode(&self) -> Result<Zeroizing<alloc::vec::Vec<u8>>, Error> {
        self.check()?;
        codec::encode(&wire::join::PendingJoin::from(self))
    }

    /// Reads the plain stored form.
    ///
    /// # Errors
    /// `Unsupported…` and `CriticalExtension` for what a newer version wrote, `TooLarge`,
    /// `Malformed` for what is no encoding, `Refused` with the rule that the content breaks.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let pending = Self::try_from(codec::decode::<wire::join::PendingJoin>(bytes)?)?;
        pending.check()?;
        Ok(pending)
    }

    fn check(&self) -> Result<(), Error> {
        check_kind(self.kind)?;
        holder::check_label(&self.label)?;
        self.request_extensions.check()?;
        self.extensions.check()?;
        let Some(invite) = &self.invite else {
            return Ok(());
        };
        invite.check()?;
        if invite.request != self.request().hash() {
            return Err(Rule::InviteRequest.into());
        }
        Ok(())
    }
}

/// What an account keeps of an invite that nobody has answered yet.
///
/// Not `Clone`: an invite is answered once.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Debug)]
pub struct PendingInvite {
    /// The request.
    pub request: JoinRequest,
    /// The invite.
    pub invite: JoinInvite,
    /// What w₀ follows from.
    pub secret: InviteSecret,
    /// What later versions add.
    pub extensions: Extensions,
}

impl PendingInvite {
    /// w₀ = HKDF*(invite secret, –, T(join writer; addr)), with the address of the request.
    #[must_use]
    pub fn first_writer(&self) -> SigningKey {
        self.secret.first_writer(&self.request)
    }

    /// The plain stored form.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn encode(&self) -> Result<Zeroizing<alloc::vec::Vec<u8>>, Error> {
        self.check()?;
        codec::encode(&wire::join::PendingInvite::from(self))
    }

    /// Reads the plain stored form.
    ///
    /// # Errors
    /// Those of [`PendingJoin::decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let pending = Self::try_from(codec::decode::<wire::join::PendingInvite>(bytes)?)?;
        pending.check()?;
        Ok(pending)
    }

    fn check(&self) -> Result<(), Error> {
        self.request.check()?;
        self.invite.check()?;
        let writer = self.first_writer().public_key();
        if self.invite.request != self.request.hash() || self.invite.first_writer != writer {
            return Err(Rule::InviteRequest.into());
        }
        self.extensions.check()
    }
}

impl InviteSecret {
    /// w₀ = HKDF*(invite secret, –, T(join writer; addr)), with the address of the request.
    #[must_use]
    pub fn first_writer(&self, request: &JoinRequest) -> SigningKey {
        // Step 2.2: w₀ = HKDF*(invite secret, –, T(join writer; addr)).
        let info = Transcript::new(Tag::JoinWriter).bytes(request.address.as_bytes());
        let scalar = kdf::derive_scalar::<Secp256k1>(self.expose_secret(), &[], info);
        keys::signing_key(scalar)
    }
}
