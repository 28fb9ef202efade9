//! BIP-340 as a scheme beside others: keys as accounts have them, with a parity in front.

use tki_math::SecretScalar;

use super::{Input, SchemeSignature, SignatureError};
use crate::bip340::{PublicKey, Signature, SigningKey};
use crate::curve::Secp256k1;

pub(crate) fn sign(
    key: &SecretScalar<Secp256k1>,
    input: Input<'_>,
) -> Result<SchemeSignature, SignatureError> {
    let key = SigningKey::from_scalar(key.clone()).map_err(|_| SignatureError::InvalidKey)?;
    let signature = match input {
        Input::Digest(digest) => key.sign(&digest),
        Input::Message(message) => key.sign_message(message),
    };
    Ok(SchemeSignature {
        bytes: signature.to_bytes(),
        recovery_id: None,
    })
}

pub(super) fn verify(
    key: &[u8],
    input: Input<'_>,
    signature: &[u8; 64],
) -> Result<(), SignatureError> {
    let x: &[u8] = match key {
        [2 | 3, x @ ..] if x.len() == 32 => x,
        x => x,
    };
    let x: [u8; 32] = x.try_into().map_err(|_| SignatureError::InvalidKey)?;
    let key = PublicKey::from_bytes(x);
    let signature = Signature::from_bytes(*signature);
    let verified = match &input {
        Input::Digest(digest) => key.verify(digest, &signature),
        Input::Message(message) => key.verify_message(message, &signature),
    };
    // The key is parsed a second time only to name the reason of a failure.
    verified.map_err(|_| match key.validate() {
        Ok(()) => SignatureError::InvalidSignature,
        Err(_) => SignatureError::InvalidKey,
    })
}
