//! ECDSA over a digest of 32 bytes, on the curves of `RustCrypto`.
//!
//! Of a signature (r, s) the pair (r, q − s) is a second one, which anyone can make.
//! On secp256k1 one of the two counts, that with the lower s, as Bitcoin and Ethereum have it.
//! On P-256 both count: FIPS 186-5 knows no such rule, and half of what others sign has the higher
//! s. What is signed here is then what RFC 6979 gives.
//!
//! References: SEC 1, section 4.1; RFC 6979; BIP-62, "low S values".

use sha2::{Digest as _, Sha256};
use sha3::Keccak256;
use tki_math::{Curve, SecretScalar};

use super::{Input, Scheme, SchemeSignature, SignatureError};
use crate::curve::{P256, Secp256k1, nonidentity_point};

/// A curve whose keys sign by ECDSA.
pub(crate) trait Ecdsa: Curve {
    /// r ‖ s and the recovery id; none for the key zero.
    ///
    /// Constant time in the key.
    fn sign_digest(key: &Self::Scalar, digest: &[u8; 32]) -> Option<([u8; 64], u8)>;

    /// Whether r ‖ s is a signature by this key, which is not the identity.
    fn verify_digest(key: &Self::Point, digest: &[u8; 32], signature: &[u8; 64]) -> bool;
}

/// [`Ecdsa`] by a crate of `RustCrypto`: they have the same types under the same names.
macro_rules! ecdsa_by {
    ($backend:ident, $curve:ty, low_s: $low_s:literal) => {
        impl Ecdsa for $curve {
            fn sign_digest(key: &Self::Scalar, digest: &[u8; 32]) -> Option<([u8; 64], u8)> {
                let key: Option<$backend::NonZeroScalar> =
                    $backend::NonZeroScalar::new(*key).into();
                let key = $backend::ecdsa::SigningKey::from(key?);
                let (signature, recovery_id) = key.sign_prehash_recoverable(digest);
                Some((signature.to_bytes().into(), recovery_id.to_byte()))
            }

            fn verify_digest(key: &Self::Point, digest: &[u8; 32], signature: &[u8; 64]) -> bool {
                use $backend::ecdsa::signature::hazmat::PrehashVerifier as _;
                use $backend::ecdsa::{Signature, VerifyingKey};

                let (Ok(key), Ok(signature)) = (
                    VerifyingKey::from_affine(key.to_affine()),
                    Signature::from_slice(signature),
                ) else {
                    return false;
                };
                let counts = !$low_s || signature.normalize_s() == signature;
                counts && key.verify_prehash(digest, &signature).is_ok()
            }
        }
    };
}

ecdsa_by!(k256, Secp256k1, low_s: true);
ecdsa_by!(p256, P256, low_s: false);

/// Step 6.1: the digest that ECDSA signs.
pub(crate) fn digest(scheme: Scheme, input: Input<'_>) -> [u8; 32] {
    match input {
        Input::Digest(digest) => digest,
        Input::Message(message) if scheme == Scheme::EcdsaKeccak256 => {
            Keccak256::digest(message).into()
        }
        Input::Message(message) => Sha256::digest(message).into(),
    }
}

/// Step 6.2: k by RFC 6979, r = (k·G).x mod q, s = (z + r·d)/k; on secp256k1 s or q − s, whichever
/// is lower.
pub(crate) fn sign<C: Ecdsa>(
    key: &SecretScalar<C>,
    digest: &[u8; 32],
) -> Result<SchemeSignature, SignatureError> {
    let (bytes, recovery_id) =
        C::sign_digest(key.expose_secret(), digest).ok_or(SignatureError::InvalidKey)?;
    Ok(SchemeSignature {
        bytes,
        recovery_id: Some(recovery_id),
    })
}

pub(super) fn verify<C: Ecdsa>(
    key: &[u8],
    digest: &[u8; 32],
    signature: &[u8; 64],
) -> Result<(), SignatureError> {
    let key = nonidentity_point::<C>(key).ok_or(SignatureError::InvalidKey)?;
    if C::verify_digest(&key, digest, signature) {
        Ok(())
    } else {
        Err(SignatureError::InvalidSignature)
    }
}
