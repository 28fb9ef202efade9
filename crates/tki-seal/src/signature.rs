//! Signatures for the world outside: ECDSA for Bitcoin and Ethereum, BIP-340, Ed25519.
//!
//! | scheme | curve | a message is | a digest is |
//! |---|---|---|---|
//! | `bip340` | secp256k1 | signed as it is | signed as it is |
//! | `ecdsa-keccak256` | secp256k1 | hashed with Keccak-256 | signed as it is |
//! | `ecdsa-sha256` | secp256k1 | hashed with SHA-256 | signed as it is |
//! | `ed25519` | Ed25519 | signed as it is | refused |
//!
//! All are deterministic, all are verified before they are handed out, so that a fault of the
//! machine does not give the key away.
//! ECDSA signatures have the low s (at most q/2); one with a high s is refused when verifying.
//! Nothing is put before an Ethereum message: who wants EIP-191 or EIP-712 does it before.
//!
//! References: SEC 1 section 4.1 and RFC 6979 (HMAC-SHA256 for both hashes, as Ethereum's tools do);
//! BIP-340; RFC 8032 section 5.1.
//! Specification: `docs/spec/seal.md`, section 6.

use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use k256::ecdsa;
use k256::ecdsa::signature::hazmat::PrehashVerifier as _;
use sha2::{Digest as _, Sha256, Sha512};
use sha3::Keccak256;
use tki_math::{Curve as _, SecretScalar};

use crate::bip340;
use crate::curve::{CurveId, Ed25519, Secp256k1};
use crate::kdf;
use crate::transcript::{Tag, Transcript};

/// How a signature is made and verified.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Scheme {
    /// Schnorr signatures of Bitcoin's Taproot.
    Bip340,
    /// ECDSA over a Keccak-256 digest: Ethereum.
    EcdsaKeccak256,
    /// ECDSA over a SHA-256 digest: Bitcoin before Taproot, and most others.
    EcdsaSha256,
    /// Ed25519 without context or prehash.
    Ed25519,
}

impl Scheme {
    /// Every scheme, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::Bip340,
        Self::EcdsaKeccak256,
        Self::EcdsaSha256,
        Self::Ed25519,
    ];

    /// The name: `bip340`, `ecdsa-keccak256`, `ecdsa-sha256` or `ed25519`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bip340 => "bip340",
            Self::EcdsaKeccak256 => "ecdsa-keccak256",
            Self::EcdsaSha256 => "ecdsa-sha256",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The scheme of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|scheme| scheme.name() == name)
    }

    /// The curve of the scheme's keys.
    #[must_use]
    pub const fn curve(self) -> CurveId {
        match self {
            Self::Bip340 | Self::EcdsaKeccak256 | Self::EcdsaSha256 => CurveId::Secp256k1,
            Self::Ed25519 => CurveId::Ed25519,
        }
    }
}

impl core::fmt::Display for Scheme {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// What is signed.
#[expect(
    clippy::exhaustive_enums,
    reason = "a message or its digest; there is no third"
)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Input<'a> {
    /// 32 bytes that the caller has hashed.
    Digest([u8; 32]),
    /// A message, which the scheme hashes as it needs.
    Message(&'a [u8]),
}

/// A signature, and for ECDSA what is needed to recover the key from it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct SchemeSignature {
    bytes: [u8; 64],
    recovery_id: Option<u8>,
}

impl SchemeSignature {
    /// r ‖ s big-endian (ECDSA), R.x ‖ s big-endian (BIP-340), R ‖ s little-endian (Ed25519).
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 64] {
        self.bytes
    }

    /// ECDSA only: bit 0 is the parity of R.y, bit 1 is set if R.x is not below the order.
    #[must_use]
    pub const fn recovery_id(&self) -> Option<u8> {
        self.recovery_id
    }
}

impl core::fmt::Debug for SchemeSignature {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SchemeSignature")
            .field("bytes", &bip340::Signature::from_bytes(self.bytes))
            .field("recovery_id", &self.recovery_id)
            .finish()
    }
}

/// Why a signature was not made or does not count.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SignatureError {
    /// The signature just made does not verify: a fault of the machine. Nothing was handed out.
    Faulty,
    /// The key is not a canonical point of the scheme's curve, or is zero or the identity.
    InvalidKey,
    /// The signature is malformed or does not fit key and input.
    InvalidSignature,
    /// Ed25519 hashes the message twice, so a digest cannot stand for it.
    Unsupported,
    /// The scheme belongs to another curve than the key.
    WrongCurve,
}

impl core::fmt::Display for SignatureError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Faulty => "signature was discarded because it does not verify",
            Self::InvalidKey => "not a valid key of this scheme",
            Self::InvalidSignature => "signature does not verify",
            Self::Unsupported => "ed25519 signs messages, not digests",
            Self::WrongCurve => "scheme belongs to another curve",
        })
    }
}

impl core::error::Error for SignatureError {}

/// Signs with a secp256k1 key.
///
/// # Errors
///
/// [`SignatureError::WrongCurve`] for a scheme of another curve, [`SignatureError::InvalidKey`] if
/// the key is zero, [`SignatureError::Faulty`] if the machine miscalculated.
///
/// # Security
///
/// Constant time in the key.
pub fn sign_secp256k1(
    scheme: Scheme,
    key: &SecretScalar<Secp256k1>,
    input: Input<'_>,
) -> Result<SchemeSignature, SignatureError> {
    let (signature, public_key) = match scheme {
        Scheme::Bip340 => sign_bip340(key, input)?,
        Scheme::EcdsaKeccak256 | Scheme::EcdsaSha256 => {
            sign_ecdsa(key, ecdsa_digest(scheme, input))?
        }
        Scheme::Ed25519 => return Err(SignatureError::WrongCurve),
    };
    // Step 6.5: what does not verify is not handed out.
    verify(scheme, &public_key, input, &signature.bytes).map_err(|_| SignatureError::Faulty)?;
    Ok(signature)
}

/// Signs with an Ed25519 key.
///
/// The nonce comes from a prefix derived from the scalar, since a scalar that was shared has no
/// seed: the signature is a valid one, but not the one RFC 8032 would make from the seed.
///
/// # Errors
///
/// [`SignatureError::Unsupported`] for a digest, [`SignatureError::InvalidKey`] if the key is zero,
/// [`SignatureError::Faulty`] if the machine miscalculated.
///
/// # Security
///
/// Constant time in the key.
pub fn sign_ed25519(
    key: &SecretScalar<Ed25519>,
    input: Input<'_>,
) -> Result<SchemeSignature, SignatureError> {
    let Input::Message(message) = input else {
        return Err(SignatureError::Unsupported);
    };
    if key.is_zero().into() {
        return Err(SignatureError::InvalidKey);
    }

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
    let bytes = raw_sign::<Sha512>(&expanded, message, &public_key).to_bytes();

    // Step 6.5: what does not verify is not handed out.
    verify(Scheme::Ed25519, public_key.as_bytes(), input, &bytes)
        .map_err(|_| SignatureError::Faulty)?;
    Ok(SchemeSignature {
        bytes,
        recovery_id: None,
    })
}

/// Verifies a signature.
///
/// A key is a compressed point: 33 bytes on secp256k1, 32 on Ed25519. For BIP-340 it may also be
/// the 32 bytes of the x coordinate; of 33 bytes the first, the parity, is ignored.
///
/// Ed25519 is verified strictly: key and R of prime order, s and encodings canonical.
///
/// # Errors
///
/// [`SignatureError::InvalidKey`], [`SignatureError::InvalidSignature`], or
/// [`SignatureError::Unsupported`] for a digest under Ed25519.
///
/// # Security
///
/// Variable time: everything here is public.
pub fn verify(
    scheme: Scheme,
    key: &[u8],
    input: Input<'_>,
    signature: &[u8; 64],
) -> Result<(), SignatureError> {
    match scheme {
        Scheme::Bip340 => verify_bip340(key, input, signature),
        Scheme::EcdsaKeccak256 | Scheme::EcdsaSha256 => {
            verify_ecdsa(key, ecdsa_digest(scheme, input), signature)
        }
        Scheme::Ed25519 => verify_ed25519(key, input, signature),
    }
}

type Signed = (SchemeSignature, [u8; 33]);

/// Step 6.1: the digest that ECDSA signs.
fn ecdsa_digest(scheme: Scheme, input: Input<'_>) -> [u8; 32] {
    match input {
        Input::Digest(digest) => digest,
        Input::Message(message) if scheme == Scheme::EcdsaKeccak256 => {
            Keccak256::digest(message).into()
        }
        Input::Message(message) => Sha256::digest(message).into(),
    }
}

/// Step 6.2: k by RFC 6979, r = (k·G).x mod q, s = (z + r·d)/k, s or q − s, whichever is lower.
fn sign_ecdsa(key: &SecretScalar<Secp256k1>, digest: [u8; 32]) -> Result<Signed, SignatureError> {
    let nonzero: Option<k256::NonZeroScalar> =
        k256::NonZeroScalar::new(*key.expose_secret()).into();
    let key = ecdsa::SigningKey::from(nonzero.ok_or(SignatureError::InvalidKey)?);
    let (signature, recovery_id) = key.sign_prehash_recoverable(&digest);
    let public_key = Secp256k1::point_to_bytes(&(*key.verifying_key().as_affine()).into());
    let bytes = signature.to_bytes().into();
    Ok((
        SchemeSignature {
            bytes,
            recovery_id: Some(recovery_id.to_byte()),
        },
        public_key,
    ))
}

fn verify_ecdsa(key: &[u8], digest: [u8; 32], signature: &[u8; 64]) -> Result<(), SignatureError> {
    let point = Secp256k1::decode_nonidentity(key).ok_or(SignatureError::InvalidKey)?;
    let key = ecdsa::VerifyingKey::from_affine(point.to_affine())
        .map_err(|_| SignatureError::InvalidKey)?;
    let signature =
        ecdsa::Signature::from_slice(signature).map_err(|_| SignatureError::InvalidSignature)?;
    // A high s is a second signature that anyone can make from the first: there shall be one.
    if signature.normalize_s() != signature {
        return Err(SignatureError::InvalidSignature);
    }
    key.verify_prehash(&digest, &signature)
        .map_err(|_| SignatureError::InvalidSignature)
}

fn sign_bip340(key: &SecretScalar<Secp256k1>, input: Input<'_>) -> Result<Signed, SignatureError> {
    let public_key = Secp256k1::point_to_bytes(&Secp256k1::mul_by_generator(key.expose_secret()));
    let key =
        bip340::SigningKey::from_scalar(key.clone()).map_err(|_| SignatureError::InvalidKey)?;
    let signature = match input {
        Input::Digest(digest) => key.sign(&digest),
        Input::Message(message) => key.sign_message(message),
    };
    Ok((
        SchemeSignature {
            bytes: signature.to_bytes(),
            recovery_id: None,
        },
        public_key,
    ))
}

fn verify_bip340(key: &[u8], input: Input<'_>, signature: &[u8; 64]) -> Result<(), SignatureError> {
    let x: &[u8] = match key {
        [2 | 3, x @ ..] if x.len() == 32 => x,
        x => x,
    };
    let x: [u8; 32] = x.try_into().map_err(|_| SignatureError::InvalidKey)?;
    let key = bip340::PublicKey::from_bytes(x);
    let signature = bip340::Signature::from_bytes(*signature);
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

fn verify_ed25519(
    key: &[u8],
    input: Input<'_>,
    signature: &[u8; 64],
) -> Result<(), SignatureError> {
    let Input::Message(message) = input else {
        return Err(SignatureError::Unsupported);
    };
    let point = Ed25519::decode_nonidentity(key).ok_or(SignatureError::InvalidKey)?;
    let key = ed25519_dalek::VerifyingKey::from(point);
    let signature = ed25519_dalek::Signature::from_bytes(signature);
    key.verify_strict(message, &signature)
        .map_err(|_| SignatureError::InvalidSignature)
}
