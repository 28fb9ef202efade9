//! Signatures for the world outside: ECDSA for Bitcoin, Ethereum and X.509, BIP-340, Ed25519.
//!
//! | scheme | curve | a message is | a digest is |
//! |---|---|---|---|
//! | `bip340` | secp256k1 | signed as it is | signed as it is |
//! | `ecdsa-keccak256` | secp256k1 | hashed with Keccak-256 | signed as it is |
//! | `ecdsa-p256-sha256` | P-256 | hashed with SHA-256 | signed as it is |
//! | `ecdsa-sha256` | secp256k1 | hashed with SHA-256 | signed as it is |
//! | `ed25519` | Ed25519 | signed as it is | refused |
//!
//! All are deterministic, all are verified before they are handed out, so that a fault of the
//! machine does not give the key away.
//! On secp256k1 ECDSA signatures have the low s (at most q/2), and one with a high s is refused when
//! verifying; on P-256 either counts.
//! Nothing is put before an Ethereum message: who wants EIP-191 or EIP-712 does it before.
//!
//! References: SEC 1 section 4.1 and RFC 6979 (HMAC-SHA256 for both hashes, as Ethereum's tools do);
//! BIP-340; RFC 8032 section 5.1.
//! Specification: `docs/spec/seal.md`, section 6.

use group::GroupEncoding as _;
use tki_math::SecretScalar;

use crate::bip340;
use crate::curve::{CurveId, P256, SealCurve, Secp256k1};

pub(crate) mod ecdsa;
pub(crate) mod ed25519;
pub(crate) mod taproot;

/// How a signature is made and verified.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Scheme {
    /// Schnorr signatures of Bitcoin's Taproot.
    Bip340,
    /// ECDSA over a Keccak-256 digest: Ethereum.
    EcdsaKeccak256,
    /// ECDSA on P-256 over a SHA-256 digest: X.509, TLS, JOSE's `ES256`.
    EcdsaP256Sha256,
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
        Self::EcdsaP256Sha256,
        Self::EcdsaSha256,
        Self::Ed25519,
    ];

    /// The name, such as `ecdsa-sha256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bip340 => "bip340",
            Self::EcdsaKeccak256 => "ecdsa-keccak256",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
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
            Self::EcdsaP256Sha256 => CurveId::P256,
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

/// Signs with a key.
///
/// An Ed25519 signature is a valid one, but not the one that RFC 8032 would make from a seed, since
/// a scalar that was shared has none.
///
/// # Errors
///
/// [`SignatureError::WrongCurve`] for a scheme of another curve, [`SignatureError::InvalidKey`] if
/// the key is zero, [`SignatureError::Unsupported`] for a digest under Ed25519,
/// [`SignatureError::Faulty`] if the machine miscalculated.
///
/// # Security
///
/// Constant time in the key.
pub fn sign<C: SealCurve>(
    scheme: Scheme,
    key: &SecretScalar<C>,
    input: Input<'_>,
) -> Result<SchemeSignature, SignatureError> {
    if scheme.curve() != C::ID {
        return Err(SignatureError::WrongCurve);
    }
    // Constant time: only whether the key is valid is revealed.
    if key.is_zero().into() {
        return Err(SignatureError::InvalidKey);
    }
    let signature = C::sign(scheme, key, input)?;
    // Step 6.5: what does not verify is not handed out.
    let public_key = key.public_point().to_bytes();
    verify(scheme, public_key.as_ref(), input, &signature.bytes)
        .map_err(|_| SignatureError::Faulty)?;
    Ok(signature)
}

/// Verifies a signature.
///
/// A key is a compressed point: 32 bytes on Ed25519, 33 elsewhere. For BIP-340 it may also be the
/// 32 bytes of the x coordinate; of 33 bytes the first, the parity, is ignored.
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
        Scheme::Bip340 => taproot::verify(key, input, signature),
        Scheme::EcdsaKeccak256 | Scheme::EcdsaSha256 => {
            ecdsa::verify::<Secp256k1>(key, &ecdsa::digest(scheme, input), signature)
        }
        Scheme::EcdsaP256Sha256 => {
            ecdsa::verify::<P256>(key, &ecdsa::digest(scheme, input), signature)
        }
        Scheme::Ed25519 => ed25519::verify(key, input, signature),
    }
}
