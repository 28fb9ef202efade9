//! ChaCha20-Poly1305 with a commitment to its key: the common half of both kinds of seal.
//!
//! ChaCha20-Poly1305 alone does not commit to its key: one ciphertext can be made to open under
//! several keys. So 64 bytes are derived; the first half is the key, the second half, a commitment
//! to it, stands before the ciphertext and is compared, in constant time, before anything is
//! decrypted.
//!
//! Every key is used for one message, so the nonce is zero.
//!
//! Specification: `docs/spec/seal.md`, section 2.

use alloc::vec::Vec;

use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, KeyInit as _, Nonce, Tag};
use subtle::ConstantTimeEq as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::kdf;
use crate::transcript::Transcript;

/// The key of one message and the commitment to it.
#[derive(ZeroizeOnDrop)]
pub(crate) struct MessageKey {
    key: [u8; 32],
    commitment: [u8; COMMITMENT_BYTES],
}

impl MessageKey {
    /// Step 2.1: key ‖ commitment = the 64 bytes derived from the secret, the salt and `info`.
    pub(crate) fn derive(secret: &[u8], salt: &[u8], info: Transcript) -> Self {
        let okm = kdf::expand::<64>(secret, salt, info);
        let (key, commitment) = okm.split_at(32);
        let mut derived = Self {
            key: [0; 32],
            commitment: [0; COMMITMENT_BYTES],
        };
        derived.key.copy_from_slice(key);
        derived.commitment.copy_from_slice(commitment);
        derived
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.key.into())
    }
}

/// Bytes of the commitment.
pub(crate) const COMMITMENT_BYTES: usize = 32;

/// Bytes of the authentication tag.
pub(crate) const TAG_BYTES: usize = 16;

/// `header ‖ commitment ‖ ciphertext ‖ tag`.
pub(crate) fn seal(key: &MessageKey, header: &[u8], plaintext: &[u8]) -> Vec<u8> {
    // Step 2.2: header ‖ commitment ‖ plaintext, of which the plaintext is encrypted in place.
    // The capacity is exact, so that no copy of the plaintext is left behind by growth.
    let plaintext_at = header.len() + COMMITMENT_BYTES;
    let mut sealed = Vec::with_capacity(plaintext_at + plaintext.len() + TAG_BYTES);
    sealed.extend_from_slice(header);
    sealed.extend_from_slice(&key.commitment);
    sealed.extend_from_slice(plaintext);
    let (_, buffer) = sealed.split_at_mut(plaintext_at);
    #[expect(
        clippy::expect_used,
        reason = "fails only for plaintexts of 256 GiB, the reach of the cipher's block counter"
    )]
    let tag = key
        .cipher()
        .encrypt_inout_detached(&Nonce::default(), &[], InOutBuf::from(buffer))
        .expect("plaintext is shorter than 256 GiB");

    // Step 2.3: the tag last.
    sealed.extend_from_slice(&tag);
    sealed
}

/// The plaintext of `body = commitment ‖ ciphertext ‖ tag`, or nothing.
pub(crate) fn open(key: &MessageKey, body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (commitment, body) = body.split_at_checked(COMMITMENT_BYTES)?;
    let (ciphertext, tag) = body.split_at_checked(body.len().checked_sub(TAG_BYTES)?)?;

    // Step 2.4: the commitment first, compared in constant time.
    if !bool::from(commitment.ct_eq(key.commitment.as_slice())) {
        return None;
    }

    // Step 2.5: then the tag, then decryption.
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    key.cipher()
        .decrypt_inout_detached(
            &Nonce::default(),
            &[],
            InOutBuf::from(plaintext.as_mut_slice()),
            &Tag::try_from(tag).ok()?,
        )
        .ok()?;
    Some(plaintext)
}
