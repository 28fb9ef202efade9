//! Sealing to a public key: anyone can seal, only the holder of the secret key opens.
//!
//! `sealed = E (33) ‖ commitment (32) ‖ ChaCha20-Poly1305(plaintext)` with a fresh ephemeral pair
//! (e, E = e·G) on secp256k1 for every box, and key and commitment from HKDF of the shared point
//! e·R over both points and the context.
//!
//! | letter | here | |
//! |---|---|---|
//! | r, R = r·G | [`BoxSecretKey`], [`BoxPublicKey`] | of the recipient |
//! | e, E = e·G | `ephemeral`, `ephemeral_public` | of the box |
//! | Z = e·R = r·E | `shared` | secret |
//!
//! Specification: `docs/spec/seal.md`, section 3.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_math::SecretScalar;
use zeroize::{Zeroize as _, Zeroizing};

use crate::aead::{self, MessageKey};
use crate::curve::{InvalidKey, Secp256k1};
use crate::kdf;
use crate::transcript::{Tag, Transcript};

mod keys;

pub use keys::{BoxPublicKey, BoxSecretKey};

/// Bytes that sealing adds to a plaintext: ephemeral key, commitment, tag.
pub const OVERHEAD: usize = BoxPublicKey::BYTES + aead::COMMITMENT_BYTES + aead::TAG_BYTES;

/// Wrong key, wrong context or damaged bytes: which of them is not said.
#[expect(clippy::exhaustive_structs, reason = "says nothing, by design")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OpenError;

impl core::fmt::Display for OpenError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("sealed bytes do not open with this key and context")
    }
}

impl core::error::Error for OpenError {}

/// Seals `plaintext` to `recipient`; only its secret key opens it, and only in the same context.
///
/// Every call makes a fresh ephemeral key: to seal to several recipients, call it for each.
///
/// # Security
///
/// Says nothing about the sender. Constant time in the plaintext up to its length, which shows.
/// Randomness that repeats (a restored machine) repeats an ephemeral key only for the same
/// recipient, context and plaintext.
#[must_use]
pub fn seal(
    recipient: &BoxPublicKey,
    context: Transcript,
    plaintext: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<u8> {
    // Step 3.1: e from 32 random bytes, R, context and plaintext; E = e·G.
    let context = context.into_bytes();
    let mut fresh = Zeroizing::new([0; 32]);
    rng.fill_bytes(fresh.as_mut_slice());
    let mixed = Transcript::new(Tag::BoxEphemeral)
        .bytes(&recipient.to_bytes())
        .bytes(&context)
        .bytes(plaintext);
    let mixed = Zeroizing::new(mixed.digest());
    let info = Transcript::new(Tag::BoxEphemeral).bytes(mixed.as_slice());
    let ephemeral: SecretScalar<Secp256k1> = kdf::derive_scalar(fresh.as_slice(), &[], info);
    let ephemeral_public = BoxPublicKey::from_nonzero_scalar(&ephemeral);

    // Step 3.2: Z = e·R.
    let message_key = message_key(
        &ephemeral,
        recipient,
        &ephemeral_public,
        recipient,
        &context,
    );

    // Step 3.4: E ‖ commitment ‖ ciphertext ‖ tag.
    aead::seal(&message_key, &ephemeral_public.to_bytes(), plaintext)
}

/// Opens what [`seal`] made for this key and context.
///
/// # Errors
///
/// [`OpenError`] for anything else, without saying what was wrong.
pub fn open(
    secret: &BoxSecretKey,
    context: Transcript,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    // Step 3.5: E is a canonical point and not the identity.
    let (ephemeral_public, body) = sealed.split_first_chunk().ok_or(OpenError)?;
    let ephemeral_public =
        BoxPublicKey::from_bytes(ephemeral_public).map_err(|InvalidKey| OpenError)?;

    // Step 3.6: Z = r·E.
    let message_key = message_key(
        secret.expose_scalar(),
        &ephemeral_public,
        &ephemeral_public,
        &secret.public_key(),
        &context.into_bytes(),
    );
    aead::open(&message_key, body).ok_or(OpenError)
}

/// Step 3.3: key ‖ commitment = HKDF(Z, no salt, E, R, context).
fn message_key(
    own: &SecretScalar<Secp256k1>,
    other: &BoxPublicKey,
    ephemeral_public: &BoxPublicKey,
    recipient: &BoxPublicKey,
    context: &[u8],
) -> MessageKey {
    let mut shared = *other.as_point() * own.expose_secret();
    let shared_bytes = Zeroizing::new(Secp256k1::point_to_bytes(&shared));
    shared.zeroize();
    let info = Transcript::new(Tag::SealedBox)
        .bytes(&ephemeral_public.to_bytes())
        .bytes(&recipient.to_bytes())
        .bytes(context);
    MessageKey::derive(shared_bytes.as_slice(), &[], info)
}
