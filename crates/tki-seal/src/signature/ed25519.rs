//! Ed25519 from a scalar alone: one that was shared has no seed.
//!
//! Reference: RFC 8032, section 5.1.6.

use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use sha2::Sha512;
use tki_math::SecretScalar;

use super::{Input, SchemeSignature, SignatureError};
use crate::curve::{Ed25519, nonidentity_point};
use crate::kdf;
use crate::transcript::{Tag, Transcript};

/// Signs a message; the key is not zero.
///
/// The nonce comes from a prefix derived from the scalar, since there is no seed to derive it from:
/// the signature is a valid one, but not the one that RFC 8032 would make from the seed.
pub(crate) fn sign(
    key: &SecretScalar<Ed25519>,
    input: Input<'_>,
) -> Result<SchemeSignature, SignatureError> {
    let Input::Message(message) = input else {
        return Err(SignatureError::Unsupported);
    };

    // Step 6.3: prefix = HKDF(s, no salt, "ed25519 nonce").
    let prefix = kdf::derive_key(
        key.to_bytes().as_slice(),
        &[],
        Transcript::new(Tag::Ed25519Nonce),
    );

    // Step 6.4: r = SHA-512(prefix ‖ message), R = r·B, k = SHA-512(R ‖ A ‖ message), s = r + k·a.
    let expanded = ExpandedSecretKey {
        scalar: *key.expose_secret(),
        hash_prefix: *prefix,
    };
    let public_key = ed25519_dalek::VerifyingKey::from(&expanded);
    Ok(SchemeSignature {
        bytes: raw_sign::<Sha512>(&expanded, message, &public_key).to_bytes(),
        recovery_id: None,
    })
}

pub(super) fn verify(
    key: &[u8],
    input: Input<'_>,
    signature: &[u8; 64],
) -> Result<(), SignatureError> {
    let Input::Message(message) = input else {
        return Err(SignatureError::Unsupported);
    };
    let point = nonidentity_point::<Ed25519>(key).ok_or(SignatureError::InvalidKey)?;
    let key = ed25519_dalek::VerifyingKey::from(curve25519_dalek::EdwardsPoint::from(point));
    let signature = ed25519_dalek::Signature::from_bytes(signature);
    key.verify_strict(message, &signature)
        .map_err(|_| SignatureError::InvalidSignature)
}
