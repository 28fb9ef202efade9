//! Bitcoin's addresses for one key: Segwit version 0 and Taproot.
//!
//! Reference: BIP-141 and BIP-173 (P2WPKH); BIP-341, BIP-350 and BIP-86 (P2TR).
//! Specification: `docs/spec/formats.md`, section 14.

use alloc::string::String;

use bech32::{Hrp, hrp, segwit};
use sha2::{Digest as _, Sha256};
use tki_math::SecretScalar;
use tki_seal::curve::{CurveId, SealCurve as _, Secp256k1};

use super::InvalidPoint;
use crate::derivation::{DerivationError, hash160};
use crate::key_formats::Network;
use crate::private_key::PrivateKey;

/// The address that pays to the hash of a public key (P2WPKH): `bc1q…`.
///
/// Bech32 of version 0 and RIPEMD-160(SHA-256(compressed public key)).
///
/// # Errors
/// [`InvalidPoint`] unless `verifying_key` is the compressed SEC 1 encoding of a point.
///
/// # Examples
/// ```
/// use tki_formats::{Network, address};
///
/// // The key whose secret is 1, as in BIP-173.
/// let key = hex::decode("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
///     .ok()
///     .and_then(|bytes| bytes.try_into().ok())
///     .expect("33 bytes");
/// let address = address::bitcoin_segwit(&key, Network::Main)?;
/// assert_eq!(address, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
/// # Ok::<(), address::InvalidPoint>(())
/// ```
pub fn bitcoin_segwit(verifying_key: &[u8; 33], network: Network) -> Result<String, InvalidPoint> {
    Secp256k1::uncompressed(verifying_key).ok_or(InvalidPoint)?;
    // Step 14.1: version 0 and the hash of the key.
    segwit::encode_v0(hrp_of(network), &hash160(verifying_key)).map_err(|_| InvalidPoint)
}

/// The address that pays to a key of Taproot (P2TR): `bc1p…`.
///
/// Bech32m of version 1 and the x coordinate of the *output* key; [`taproot_output_key`] makes it
/// from the key that a wallet derives.
///
/// # Errors
/// [`InvalidPoint`] unless `output_key` is the compressed SEC 1 encoding of a point.
pub fn bitcoin_taproot(output_key: &[u8; 33], network: Network) -> Result<String, InvalidPoint> {
    Secp256k1::uncompressed(output_key).ok_or(InvalidPoint)?;
    // Step 14.4: version 1 and x.
    let [_, x @ ..] = output_key;
    segwit::encode_v1(hrp_of(network), x).map_err(|_| InvalidPoint)
}

/// The private key that spends what was paid to the Taproot address of this key alone.
///
/// d' = (d if point(d) has an even y, else q − d) + t,
/// t = SHA-256(SHA-256("`TapTweak`") ‖ SHA-256("`TapTweak`") ‖ x).
///
/// Reference: BIP-341, "Constructing and spending Taproot outputs", with no script tree; BIP-86.
///
/// # Errors
/// [`DerivationError::Curve`] for a key of another curve than secp256k1;
/// [`DerivationError::NoKey`] for one key in 2¹²⁷.
///
/// # Security
/// Constant time in the key; that y is odd is public.
pub fn taproot_output_key(key: &PrivateKey) -> Result<PrivateKey, DerivationError> {
    if key.curve() != CurveId::Secp256k1 {
        return Err(DerivationError::Curve);
    }
    let public = key.verifying_key();
    let (parity, x) = public.split_first().ok_or(DerivationError::NoKey)?;
    // Step 14.2: t = H_TapTweak(x).
    let tag = Sha256::digest(b"TapTweak");
    let tweak = Sha256::new().chain_update(tag).chain_update(tag);
    let tweak: [u8; 32] = tweak.chain_update(x).finalize().into();
    let t = SecretScalar::<Secp256k1>::from_canonical_bytes(&tweak);
    let t = t.map_err(|_| DerivationError::NoKey)?;
    // Step 14.3: d' = ±d + t.
    let d = SecretScalar::<Secp256k1>::from_canonical_bytes(key.expose_secret().scalar);
    let d = d.map_err(|_| DerivationError::NoKey)?;
    let even = if *parity == 3 {
        SecretScalar::<Secp256k1>::new(-*d.expose_secret())
    } else {
        d
    };
    let output = SecretScalar::<Secp256k1>::new(*even.expose_secret() + t.expose_secret());
    PrivateKey::from_scalar(&output).map_err(|_| DerivationError::NoKey)
}

const fn hrp_of(network: Network) -> Hrp {
    match network {
        Network::Main => hrp::BC,
        Network::Test => hrp::TB,
    }
}
