//! BIP-340 keys and signatures: what claims addresses, writes records and hands them over.
//!
//! A key pair is d and P = d·G, where d is taken as q − d if the y coordinate of P would be odd: so
//! 32 bytes, the x coordinate, name P. A signature is R = k·G and s = k + e·d with the challenge
//! e = H(R, P, message); it holds when s·G = R + e·P. Whoever signs without d would have to choose R
//! after e, which is a hash of it.
//!
//! Signing is deterministic (auxiliary randomness zero). The message is 32 bytes, a digest of a
//! [`Transcript`](crate::transcript::Transcript) as a rule.
//!
//! Several signatures are verified together by [`verify_all`].
//!
//! Reference: BIP-340, "Schnorr Signatures for secp256k1".

mod batch;

pub use batch::{Statement, verify_all};

use k256::FieldBytes;
use k256::schnorr;
use k256::schnorr::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use rand_core::CryptoRng;
use tki_math::SecretScalar;
use zeroize::ZeroizeOnDrop;

use crate::curve::{InvalidKey, Secp256k1, random_nonzero_scalar};

/// A secret key for BIP-340 signatures.
///
/// Not `Clone`: whoever needs two derives it twice or borrows.
pub struct SigningKey {
    // Wipes itself.
    inner: schnorr::SigningKey,
}

impl SigningKey {
    /// The key with this scalar, which is consumed.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if the scalar is zero.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "consuming it wipes the caller's copy"
    )]
    pub fn from_scalar(scalar: SecretScalar<Secp256k1>) -> Result<Self, InvalidKey> {
        let nonzero = Option::from(k256::NonZeroScalar::new(*scalar.expose_secret()));
        let nonzero: k256::NonZeroScalar = nonzero.ok_or(InvalidKey)?;
        Ok(Self {
            inner: nonzero.into(),
        })
    }

    /// A fresh key.
    #[must_use]
    pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        loop {
            // Correctness: the scalar is never zero, so the first round returns.
            if let Ok(key) = Self::from_scalar(random_nonzero_scalar(rng)) {
                return key;
            }
        }
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.inner.verifying_key().to_bytes().into())
    }

    /// Signs 32 bytes as they are, deterministically.
    ///
    /// # Security
    ///
    /// Constant time in the key.
    #[must_use]
    pub fn sign(&self, digest: &[u8; 32]) -> Signature {
        self.sign_message(digest)
    }

    /// Signs a message of any length as it is, deterministically.
    ///
    /// # Security
    ///
    /// Constant time in the key. A message that is not 32 bytes long should begin with a prefix of
    /// its application, as BIP-340 advises.
    #[must_use]
    pub fn sign_message(&self, message: &[u8]) -> Signature {
        Signature(sign(&self.inner, message).to_bytes())
    }
}

// `k256::schnorr::SigningKey` wipes itself when it is dropped.
impl ZeroizeOnDrop for SigningKey {}

impl core::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SigningKey")
            .field("public_key", &self.public_key())
            .finish_non_exhaustive()
    }
}

/// A BIP-340 public key: an x coordinate, 32 bytes.
///
/// The bytes are not looked at until a signature is verified; bytes that are no x coordinate of the
/// curve verify nothing. [`validate`](Self::validate) asks at once.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key with these bytes, not yet validated.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    /// The bytes, borrowed.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Says whether any signature can ever verify under this key.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if the bytes are no x coordinate of a point of the curve.
    pub fn validate(&self) -> Result<(), InvalidKey> {
        self.parse().map(|_| ()).ok_or(InvalidKey)
    }

    /// Verifies a signature over 32 bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`] if key or signature is malformed or does not fit.
    ///
    /// # Security
    ///
    /// Variable time: everything here is public.
    pub fn verify(&self, digest: &[u8; 32], signature: &Signature) -> Result<(), InvalidSignature> {
        self.verify_message(digest, signature)
    }

    /// Verifies a signature over a message of any length.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`] if key or signature is malformed or does not fit.
    ///
    /// # Security
    ///
    /// Variable time: everything here is public.
    pub fn verify_message(
        &self,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), InvalidSignature> {
        let signature =
            schnorr::Signature::from_bytes(&signature.0).map_err(|_| InvalidSignature)?;
        let key = self.parse().ok_or(InvalidSignature)?;
        key.verify_prehash(message, &signature)
            .map_err(|_| InvalidSignature)
    }

    fn parse(&self) -> Option<schnorr::VerifyingKey> {
        schnorr::VerifyingKey::from_bytes(&FieldBytes::from(self.0)).ok()
    }
}

impl AsRef<[u8]> for PublicKey {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl core::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write_hex(f, "PublicKey", &self.0)
    }
}

/// A BIP-340 signature, 64 bytes, not looked at until it is verified.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// The signature with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 64] {
        self.0
    }

    /// The bytes, borrowed.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl AsRef<[u8]> for Signature {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl core::fmt::Debug for Signature {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write_hex(f, "Signature", &self.0)
    }
}

/// A signature does not verify.
#[expect(clippy::exhaustive_structs, reason = "there is nothing to add")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidSignature;

impl core::fmt::Display for InvalidSignature {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("signature does not verify")
    }
}

impl core::error::Error for InvalidSignature {}

/// The signing algorithm of BIP-340, by `k256`, with auxiliary randomness 0, 1, 2, … until it works.
#[expect(
    clippy::expect_used,
    reason = "256 nonces are tried, each of which fails with probability 2⁻²⁵⁶"
)]
fn sign(key: &schnorr::SigningKey, message: &[u8]) -> schnorr::Signature {
    key.sign_prehash(message)
        .expect("one of 256 hashes is not zero modulo q")
}

fn write_hex(f: &mut core::fmt::Formatter<'_>, name: &str, bytes: &[u8]) -> core::fmt::Result {
    write!(f, "{name}(")?;
    for byte in bytes {
        write!(f, "{byte:02x}")?;
    }
    f.write_str(")")
}
