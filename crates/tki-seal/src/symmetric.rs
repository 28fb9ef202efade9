//! Sealing under a 32-byte key: any number of messages, each under its own derived key.
//!
//! Whoever has the key opens what was sealed, and notices every change; whoever has not learns its
//! length. A seal opens only in the context it was made in, which is a [`Transcript`]: what was
//! sealed as the one thing does not pass for another.
//!
//! `sealed = salt (32) ‖ commitment (32) ‖ ChaCha20-Poly1305(plaintext)`, with key and commitment
//! from HKDF(key, salt, context).
//!
//! Specification: `docs/spec/seal.md`, section 4.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::aead::{self, MessageKey};
use crate::kdf;
use crate::sealed_box::OpenError;
use crate::transcript::{Tag, Transcript};

/// Bytes that sealing adds to a plaintext: salt, commitment, tag.
pub const OVERHEAD: usize = SALT_BYTES + aead::COMMITMENT_BYTES + aead::TAG_BYTES;

/// A 32-byte key for sealing and opening.
///
/// Not `Clone`: whoever needs two derives it twice or borrows.
pub struct SymmetricKey {
    bytes: Zeroizing<[u8; 32]>,
}

impl SymmetricKey {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self { bytes }
    }

    /// A fresh key.
    #[must_use]
    pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut_slice());
        Self { bytes }
    }

    /// The bytes of the key, for storing it inside something that is itself sealed.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.bytes
    }
}

// Its only field wipes itself.
impl ZeroizeOnDrop for SymmetricKey {}

impl ConstantTimeEq for SymmetricKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.bytes.as_slice().ct_eq(other.bytes.as_slice())
    }
}

impl core::fmt::Debug for SymmetricKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SymmetricKey").finish_non_exhaustive()
    }
}

/// Seals `plaintext` under `key`; only the same key and context open it.
///
/// # Security
///
/// Constant time in key and plaintext up to the length of the latter, which shows. Randomness that
/// repeats (a restored machine) repeats a ciphertext only for the same key, context and plaintext.
#[must_use]
pub fn seal(
    key: &SymmetricKey,
    context: Transcript,
    plaintext: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<u8> {
    // Step 4.1: salt = HKDF(key, 32 random bytes, context and plaintext).
    let context = context.into_bytes();
    let mut fresh = Zeroizing::new([0; SALT_BYTES]);
    rng.fill_bytes(fresh.as_mut_slice());
    let info = Transcript::new(Tag::SymmetricSalt)
        .bytes(&context)
        .bytes(plaintext);
    let salt = kdf::derive_key(key.bytes.as_slice(), fresh.as_slice(), info);

    // Step 4.2: key ‖ commitment = HKDF(key, salt, context).
    let message_key = message_key(key, salt.as_slice(), &context);

    // Step 4.3: salt ‖ commitment ‖ ciphertext ‖ tag.
    aead::seal(&message_key, salt.as_slice(), plaintext)
}

/// Opens what [`seal`] made with the same key and context.
///
/// # Errors
///
/// [`OpenError`] for anything else, without saying what was wrong.
pub fn open(
    key: &SymmetricKey,
    context: Transcript,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    // Step 4.4: the salt, and from it key ‖ commitment as in step 4.2.
    let (salt, body) = sealed.split_at_checked(SALT_BYTES).ok_or(OpenError)?;
    let message_key = message_key(key, salt, &context.into_bytes());
    aead::open(&message_key, body).ok_or(OpenError)
}

fn message_key(key: &SymmetricKey, salt: &[u8], context: &[u8]) -> MessageKey {
    MessageKey::derive(
        key.bytes.as_slice(),
        salt,
        Transcript::new(Tag::SymmetricSeal).bytes(context),
    )
}

const SALT_BYTES: usize = 32;
