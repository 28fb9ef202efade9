//! The scalar of an Ed25519 seed, so that a key that other tools made keeps its public key.
//!
//! Formula: `s = clamp(SHA-512(seed)[0..32]) mod ℓ`.
//! Reference: RFC 8032, section 5.1.5, steps 1 to 3.
//! Specification: `docs/spec/seal.md`, section 7.
//! Deviation: RFC 8032 keeps the clamped number; modulo ℓ it gives the same public key.

use curve25519_dalek::scalar::{Scalar, clamp_integer};
use sha2::{Digest as _, Sha512};
use tki_math::SecretScalar;
use zeroize::{Zeroize as _, Zeroizing};

use crate::curve::Ed25519;

/// The secret scalar of a 32-byte Ed25519 seed.
///
/// # Security
///
/// Constant time. The way back does not exist: whoever wants to export the seed keeps it.
#[must_use]
pub fn scalar_from_seed(seed: &[u8; 32]) -> SecretScalar<Ed25519> {
    // Step 7.1: h = SHA-512(seed), of which the first half counts.
    let mut hash = Sha512::digest(seed);
    let mut half = Zeroizing::new([0; 32]);
    half.copy_from_slice(hash.split_at(32).0);
    hash.zeroize();
    // Step 7.2: clear the three lowest bits and the highest, set the second highest.
    let clamped = Zeroizing::new(clamp_integer(*half));
    // Step 7.3: read little-endian, modulo ℓ.
    SecretScalar::new(Scalar::from_bytes_mod_order(*clamped))
}
