//! How a guardian stands in for the guarded: a request, digits read aloud, an answer.
//!
//! ```text
//! who recovers                                      guardian
//! request: R, label, expiry          ─────────────▶
//!          24 digits of H(help code; h), read aloud ▶ typed in
//!                                    ◀─────────────  answer: h, what his mailbox holds, sealed to R
//! ```
//!
//! | letter | name | |
//! |---|---|---|
//! | R | one-time box key of who recovers | public; its secret half with who recovers |
//! | h | hash of the request | public |
//!
//! A request is not committed to before the guardian says anything, so that two messages are
//! enough. Therefore the digits are many: whoever wants another request with the same digits tries
//! 10²⁴ box keys.
//!
//! Specification: `docs/spec/invite.md`, section 6.

use alloc::{string::String, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;
use tki_record::Address;
use tki_seal::{
    curve::Secp256k1,
    kdf,
    sealed_box::{self, BoxPublicKey, BoxSecretKey},
    transcript::{Tag, Transcript},
};
use zeroize::Zeroizing;

use crate::{
    codec, digits::Digits, error::Error, error::Rule, extensions::Extensions, holder, keys, limits,
    message::Message, secrets::HelpSecret, wire,
};

/// 24 digits by which a guardian knows that a request is the one he was told of.
pub type HelpCode = Digits<24>;

/// What somebody asks a guardian who can no longer open his account by himself.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HelpRequest {
    /// R.
    pub box_key: BoxPublicKey,
    /// What who asks calls himself: at most [`limits::LABEL_BYTES`] bytes.
    pub label: String,
    /// When it ends, in seconds since 1970 by the clock of whoever made it.
    pub expires: u64,
    /// What later versions add.
    pub extensions: Extensions,
}

impl HelpRequest {
    /// h = H(help request; R, label, expiry, extensions).
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        // Step 6.2: h = H(help request; R, label, expiry, extensions).
        let transcript = Transcript::new(Tag::HelpRequest)
            .bytes(&self.box_key.to_bytes())
            .bytes(self.label.as_bytes())
            .u64(self.expires);
        self.extensions.absorb(transcript).digest()
    }

    /// The digits of H(help code; h).
    #[must_use]
    pub fn code(&self) -> HelpCode {
        // Step 6.3: 24 digits of H(help code; h).
        let hash = Transcript::new(Tag::HelpCode).bytes(&self.hash()).digest();
        Digits::from_hash(&hash)
    }

    /// The message.
    ///
    /// # Errors
    /// The rule that the request breaks.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        Ok(codec::encode(&wire::help::Request::from(self))?.to_vec())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// `OtherMessage` for another message, `Unsupported…` and `CriticalExtension` for what a newer
    /// version wrote, `TooLarge`, `Malformed` for what is no encoding, `Refused` with the rule that
    /// the content breaks.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Message::HelpRequest.check(bytes)?;
        let request = Self::try_from(codec::decode::<wire::help::Request>(bytes)?)?;
        request.check()?;
        Ok(request)
    }

    fn check(&self) -> Result<(), Error> {
        holder::check_label(&self.label)?;
        self.extensions.check()
    }
}

/// What a guardian hands out: what one version of his mailbox held, and which one it was.
///
/// Not `Clone`: it is made for one request.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
pub struct HelpedMailbox {
    /// Where the mailbox is.
    pub address: Address,
    /// The guardian's box key.
    pub box_key: BoxPublicKey,
    /// [`Mailbox::hash`](crate::Mailbox::hash) of the mailbox as it is stored.
    pub hash: [u8; 32],
    /// The plain stored form of the mailbox.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// What later versions add.
    pub extensions: Extensions,
}

impl HelpedMailbox {
    fn check(&self) -> Result<(), Error> {
        if self.plaintext.len() > limits::MAILBOX_BYTES {
            return Err(Rule::SealedLength.into());
        }
        self.extensions.check()
    }
}

impl fmt::Debug for HelpedMailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HelpedMailbox")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// What a guardian answers: readable for who asked, and for nobody else.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HelpAnswer {
    /// h: the hash of the request.
    pub request: [u8; 32],
    /// A [`HelpedMailbox`], sealed to R in the context T(help answer; h).
    pub sealed: Vec<u8>,
    /// What later versions add.
    pub extensions: Extensions,
}

impl HelpAnswer {
    /// Answers a request, whose digits the guardian has compared.
    ///
    /// # Errors
    /// The rule that the content breaks.
    pub fn seal(
        request: &HelpRequest,
        mailbox: &HelpedMailbox,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, Error> {
        mailbox.check()?;
        let hash = request.hash();
        let plaintext = codec::encode(&wire::help::HelpedMailbox::from(mailbox))?;
        // Step 6.6: sealed to R in the context T(help answer; h).
        let sealed = sealed_box::seal(&request.box_key, context(&hash), &plaintext, rng);
        Ok(Self {
            request: hash,
            sealed,
            extensions: Extensions::new(),
        })
    }

    /// Opens an answer to the request that was made with this secret.
    ///
    /// # Errors
    /// `Unsealed` for an answer to another request, or a damaged one; otherwise those of
    /// [`HelpRequest::decode`].
    pub fn open(&self, secret: &HelpSecret) -> Result<HelpedMailbox, Error> {
        // Step 6.7: opened with the secret half of R in the same context.
        let plaintext = sealed_box::open(&secret.box_key(), context(&self.request), &self.sealed)
            .map_err(|_| Error::Unsealed)?;
        let wire = codec::decode::<wire::help::HelpedMailbox>(&plaintext)?;
        let mailbox = HelpedMailbox::try_from(wire)?;
        mailbox.check()?;
        Ok(mailbox)
    }

    /// The message.
    ///
    /// # Errors
    /// The rule that the answer breaks, or `TooLarge`.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.extensions.check()?;
        Ok(codec::encode(&wire::help::Answer::from(self))?.to_vec())
    }

    /// Reads the message; it is not opened.
    ///
    /// # Errors
    /// Those of [`HelpRequest::decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Message::HelpAnswer.check(bytes)?;
        let answer = Self::try_from(codec::decode::<wire::help::Answer>(bytes)?)?;
        answer.extensions.check()?;
        Ok(answer)
    }
}

fn context(request: &[u8; 32]) -> Transcript {
    Transcript::new(Tag::HelpAnswer).bytes(request)
}

/// What somebody who asked keeps until the answer comes.
///
/// Not `Clone`: it is for one answer.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Debug)]
pub struct PendingHelp {
    /// What R follows from.
    pub secret: HelpSecret,
    /// The request.
    pub request: HelpRequest,
    /// What later versions add.
    pub extensions: Extensions,
}

impl PendingHelp {
    /// A request with a new box key.
    #[must_use]
    pub fn new(label: &str, expires: u64, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let secret = HelpSecret::random(rng);
        Self {
            request: HelpRequest {
                box_key: secret.box_key().public_key(),
                label: label.into(),
                expires,
                extensions: Extensions::new(),
            },
            secret,
            extensions: Extensions::new(),
        }
    }

    /// The plain stored form. Whoever stores it encrypts it.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.check()?;
        codec::encode(&wire::help::Pending::from(self))
    }

    /// Reads the plain stored form.
    ///
    /// # Errors
    /// `Unsupported…` and `CriticalExtension` for what a newer version wrote, `TooLarge`,
    /// `Malformed` for what is no encoding, `Refused` with the rule that the content breaks.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let pending = Self::try_from(codec::decode::<wire::help::Pending>(bytes)?)?;
        pending.check()?;
        Ok(pending)
    }

    fn check(&self) -> Result<(), Error> {
        self.request.check()?;
        if self.request.box_key != self.secret.box_key().public_key() {
            return Err(Rule::BoxKey.into());
        }
        self.extensions.check()
    }
}

impl HelpSecret {
    /// The secret half of R = HKDF*(help secret, –, T(help key))·G.
    #[must_use]
    pub fn box_key(&self) -> BoxSecretKey {
        // Step 6.1: R = HKDF*(help secret, –, T(help key))·G.
        let info = Transcript::new(Tag::HelpKey);
        let scalar = kdf::derive_scalar::<Secp256k1>(self.expose_secret(), &[], info);
        keys::box_key(scalar)
    }
}
