//! Keys and scalars from a secret: HKDF (RFC 5869) over SHA3-256, `info` always a [`Transcript`].
//!
//! One secret serves many purposes: from it, a key for each of them is derived, so that whoever
//! learns one of the keys learns nothing of the secret or of the other keys. What a key is for is
//! said by the transcript, tag and fields; different transcripts give independent keys.
//!
//! The secret has to be unguessable. For a passphrase see [`password`](crate::password).
//!
//! Formula: `okm = HKDF-Expand(HKDF-Extract(salt, secret), info, L)` with HMAC-SHA3-256, whose
//! block is 136 bytes. L = 32 for a key, 48 for a scalar.
//!
//! Specification: `docs/spec/seal.md`, section 1.

use hkdf::SimpleHkdf;
use sha3::Sha3_256;
use tki_math::SecretScalar;
use zeroize::Zeroizing;

use crate::curve::SealCurve;
use crate::transcript::Transcript;

/// Derives a 32-byte key.
///
/// `salt` may be empty, which RFC 5869 defines as 32 zero bytes.
///
/// # Security
///
/// Constant time in `secret` up to its length. Different purposes must differ in `info`.
///
/// # Examples
///
/// ```
/// use tki_seal::kdf::derive_key;
/// use tki_seal::transcript::{Tag, Transcript};
///
/// let one = derive_key(b"secret", b"", Transcript::new(Tag::Example).u64(1));
/// let two = derive_key(b"secret", b"", Transcript::new(Tag::Example).u64(2));
/// assert_ne!(*one, *two);
/// ```
#[must_use]
pub fn derive_key(secret: &[u8], salt: &[u8], info: Transcript) -> Zeroizing<[u8; 32]> {
    expand(secret, salt, info)
}

/// Derives a scalar, uniform up to a bias of 2⁻¹²⁸ and never zero.
///
/// # Security
///
/// Constant time in `secret` up to its length, but for the retry of a zero, which happens with
/// probability 2⁻²⁵². Different purposes must differ in `info`.
#[must_use]
#[expect(
    clippy::needless_pass_by_value,
    reason = "as everywhere: a transcript is for one use"
)]
pub fn derive_scalar<C: SealCurve>(
    secret: &[u8],
    salt: &[u8],
    info: Transcript,
) -> SecretScalar<C> {
    let mut counter = 0;
    loop {
        // Step 1.3: 48 bytes for info ‖ u64(counter), reduced; the next counter if that is zero.
        let wide = expand::<48>(secret, salt, info.clone().u64(counter));
        let scalar = SecretScalar::new(C::scalar_from_wide(&wide));
        // Constant time: only the negligible event that this candidate is discarded is visible.
        if !bool::from(scalar.is_zero()) {
            return scalar;
        }
        counter += 1;
    }
}

/// HKDF-SHA3-256 with N bytes of output.
pub(crate) fn expand<const N: usize>(
    secret: &[u8],
    salt: &[u8],
    info: Transcript,
) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 255 * 32, "HKDF-SHA3-256 gives at most 8160 bytes") };
    // Step 1.1: extract with the salt.
    let hkdf = SimpleHkdf::<Sha3_256>::new(Some(salt), secret);
    // Step 1.2: expand with the encoded transcript.
    let mut okm = Zeroizing::new([0; N]);
    // Correctness: expanding fails only beyond 255 · 32 bytes, excluded at compile time above.
    let expanded = hkdf.expand(&info.into_bytes(), okm.as_mut_slice());
    debug_assert!(
        expanded.is_ok(),
        "output length was checked at compile time"
    );
    okm
}
