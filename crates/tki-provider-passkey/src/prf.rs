//! The pseudorandom function of a credential.
//!
//! ```text
//! salt   = SHA-256("WebAuthn PRF" ‖ 0x00 ‖ input)
//! output = HMAC-SHA-256(`CredRandom`, salt)
//! ```
//!
//! References: the salt is WebAuthn level 3, section 10.1.4; the output is that of the extension
//! `hmac-secret` for one salt, CTAP 2.1, section 12.5, with `CredRandom` the one for a verified user
//! (`CredRandomWithUV`), which is the only one that WebAuthn gives out.
//!
//! Specification: `docs/spec/passkey.md`, section 1.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// What an authenticator is asked to evaluate for this input of a PRF: SHA-256("WebAuthn PRF" ‖
/// 0x00 ‖ input).
///
/// The prefix keeps what a web page may ask for apart from what other programs do.
///
/// # Examples
/// ```
/// use tki_provider_passkey::prf_salt;
///
/// // WebAuthn level 3, section 16.17.1.
/// let salt = prf_salt(b"WebAuthn PRF test vectors\x02");
/// assert_eq!(salt[..4], [0x52, 0x74, 0x13, 0xeb]);
/// ```
#[must_use]
pub fn prf_salt(input: &[u8]) -> [u8; 32] {
    // Step 1.1: the salt.
    let mut hash = Sha256::new();
    hash.update(b"WebAuthn PRF\0");
    hash.update(input);
    hash.finalize().into()
}

/// What an authenticator answers: HMAC-SHA-256(`cred_random`, salt).
///
/// # Security
/// Constant time in `cred_random`.
#[must_use]
pub fn hmac_secret(cred_random: &[u8; 32], salt: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    // Step 1.2: the output.
    let mut output = Zeroizing::new([0; 32]);
    // Correctness: HMAC takes keys of every length.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(cred_random) {
        mac.update(salt);
        output.copy_from_slice(&mac.finalize().into_bytes());
    }
    output
}
