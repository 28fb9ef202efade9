//! Trees of keys: BIP-32 on secp256k1, SLIP-10 on P-256 and Ed25519.
//!
//! ```text
//! master   (k, c) = I           I = HMAC-SHA512(name of the curve, seed)
//! child i  (k', c') = (I_L + k mod q, I_R),   on Ed25519 (I_L, I_R)
//!          I = HMAC-SHA512(c, 00 ‖ k ‖ i)          i ≥ 2³¹: hardened
//!          I = HMAC-SHA512(c, point(k) ‖ i)        i < 2³¹: not on Ed25519
//! ```
//! `I_L` and `I_R` are the halves of I, 32 bytes each, numbers big-endian. On Ed25519 k is the seed of
//! RFC 8032, and so an account's key has a tree only if its seed is known.
//!
//! | letter | name | secret |
//! |---|---|---|
//! | k | private key, or seed on Ed25519 | yes |
//! | c | chain code | from the world; with k or with a child's key it is as good as the tree |
//! | i | number of the child, with the highest bit set if it is hardened | no |
//!
//! **Whoever has c and one child that is not hardened can compute k**: k = k' − `I_L`. A hardened
//! child does not tell of its parent.
//!
//! Reference: BIP-32, "Private parent key → private child key"; SLIP-0010. Deviation: where
//! SLIP-0010 tries again on P-256 because `I_L` ≥ q, BIP-32 says on secp256k1 that there is no such
//! child; nobody will ever see either on secp256k1 (2⁻¹²⁷), and P-256 has it once in 2³².
//! Specification: `docs/spec/formats.md`, section 15.

use alloc::string::String;
use core::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use ripemd::Ripemd160;
use sha2::{Digest as _, Sha256, Sha512};
use tki_math::SecretScalar;
use tki_seal::{
    curve::{CurveId, SealCurve},
    on_curve,
};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::key_formats::{Network, xprv};
use crate::private_key::{PrivateKey, PrivateKeyError};

mod chain_code;
mod error;
mod path;

pub use chain_code::ChainCode;
pub use error::DerivationError;
pub use path::DerivationPath;

/// From this number on children are hardened.
pub(crate) const HARDENED: u32 = 1 << 31;

/// A private key and its chain code: from here down a tree of keys follows.
///
/// Not `Clone`, and deriving consumes it: each copy is one more that has to be destroyed.
///
/// # Security
/// Wiped when dropped. Deriving is constant time in the key and the chain code, but for the
/// negligible case that a candidate is no key.
///
/// # Examples
/// ```
/// use tki_formats::derivation::ExtendedKey;
/// use tki_seal::curve::CurveId;
///
/// // SLIP-0010, test vector 1 for Ed25519.
/// let seed: Vec<u8> = (0..16).collect();
/// let key = ExtendedKey::from_seed(CurveId::Ed25519, &seed)?.derive(&"m/0'/1'".parse()?)?;
/// let digits = "b1d0bad404bf35da785a64ca1ac54b2617211d2777696fbffaf208f746ae84f2";
/// assert_eq!(*key.key().to_hex(), digits);
/// # Ok::<(), tki_formats::derivation::DerivationError>(())
/// ```
pub struct ExtendedKey {
    /// On Ed25519 its seed is known.
    key: PrivateKey,
    chain_code: ChainCode,
    origin: Origin,
}

/// Where in its tree a key is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Origin {
    pub(crate) depth: u8,
    /// The first bytes of the hash of the parent's public key.
    pub(crate) parent: [u8; 4],
    pub(crate) number: u32,
}

impl ExtendedKey {
    /// The top of the tree over a key that is known already, and this chain code.
    ///
    /// # Errors
    /// [`NoSeed`](DerivationError::NoSeed) for an Ed25519 key of which the scalar alone is known.
    pub fn new(key: PrivateKey, chain_code: ChainCode) -> Result<Self, DerivationError> {
        let origin = Origin {
            depth: 0,
            parent: [0; 4],
            number: 0,
        };
        Self::with_origin(key, chain_code, origin)
    }

    /// The top of the tree over a seed, such as the 64 bytes of a phrase.
    ///
    /// # Errors
    /// [`SeedLength`](DerivationError::SeedLength) unless it has 16 to 64 bytes;
    /// [`NoKey`](DerivationError::NoKey) for one seed in 2¹²⁷ on secp256k1.
    pub fn from_seed(curve: CurveId, seed: &[u8]) -> Result<Self, DerivationError> {
        if !(16..=64).contains(&seed.len()) {
            return Err(DerivationError::SeedLength);
        }
        let name: &[u8] = match curve {
            CurveId::Ed25519 => b"ed25519 seed",
            CurveId::P256 => b"Nist256p1 seed",
            CurveId::Secp256k1 => b"Bitcoin seed",
        };
        // Step 15.1: I = HMAC-SHA512(name of the curve, seed).
        let mut i = hmac_sha512(name, &[seed]);
        loop {
            let (left, right) = halves(&i);
            let key = if curve == CurveId::Ed25519 {
                Some(PrivateKey::from_ed25519_seed(left))
            } else {
                PrivateKey::from_scalar_bytes(curve, left).ok()
            };
            match key {
                Some(key) => return Self::new(key, ChainCode::from_bytes(right)),
                // Constant time: only that a candidate is no key is visible.
                None if curve == CurveId::P256 => i = hmac_sha512(name, &[i.as_slice()]),
                None => return Err(DerivationError::NoKey),
            }
        }
    }

    /// Reads an extended private key of Bitcoin, `xprv…` or `tprv…`.
    ///
    /// # Errors
    /// [`Base58`](PrivateKeyError::Base58), [`Checksum`](PrivateKeyError::Checksum),
    /// [`Xprv`](PrivateKeyError::Xprv), [`PublicKey`](PrivateKeyError::PublicKey) for an `xpub…`,
    /// [`OutOfRange`](PrivateKeyError::OutOfRange).
    pub fn from_xprv(text: &str) -> Result<Self, PrivateKeyError> {
        xprv::read(text.trim())
    }

    pub(crate) fn with_origin(
        key: PrivateKey,
        chain_code: ChainCode,
        origin: Origin,
    ) -> Result<Self, DerivationError> {
        if key.is_scalar_only() {
            return Err(DerivationError::NoSeed);
        }
        Ok(Self {
            key,
            chain_code,
            origin,
        })
    }

    /// The key at a path that begins here.
    ///
    /// # Errors
    /// [`Hardened`](DerivationError::Hardened) for a step that is not hardened on Ed25519;
    /// [`TooDeep`](DerivationError::TooDeep) below depth 255; [`NoKey`](DerivationError::NoKey) if
    /// there is no such child, which nobody will see.
    pub fn derive(self, path: &DerivationPath) -> Result<Self, DerivationError> {
        let mut key = self;
        for number in path.numbers() {
            key = key.child(*number)?;
        }
        Ok(key)
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The key alone, from which no other follows.
    #[must_use]
    pub fn into_key(self) -> PrivateKey {
        self.key
    }

    /// The chain code.
    #[must_use]
    pub const fn chain_code(&self) -> &ChainCode {
        &self.chain_code
    }

    /// Writes it as wallets of Bitcoin read it.
    ///
    /// # Errors
    /// [`NoForm`](PrivateKeyError::NoForm) for a key of another curve than secp256k1.
    pub fn to_xprv(&self, network: Network) -> Result<Zeroizing<String>, PrivateKeyError> {
        xprv::write(self, network)
    }

    pub(crate) const fn origin(&self) -> Origin {
        self.origin
    }

    fn child(&self, number: u32) -> Result<Self, DerivationError> {
        let curve = self.key.curve();
        if curve == CurveId::Ed25519 && number < HARDENED {
            return Err(DerivationError::Hardened);
        }
        let depth = self.origin.depth.checked_add(1);
        let public = self.key.verifying_key();
        let exposed = self.key.expose_secret();
        let end = number.to_be_bytes();
        let c = self.chain_code.expose_secret();
        // Step 15.2: I = HMAC-SHA512(c, 00 ‖ k ‖ i) or HMAC-SHA512(c, point(k) ‖ i).
        let mut i = if number >= HARDENED {
            let k = exposed.seed.unwrap_or(exposed.scalar);
            hmac_sha512(c, &[&[0], k, &end])
        } else {
            hmac_sha512(c, &[&public, &end])
        };
        // Step 15.3: (I_L + k, I_R); on Ed25519 (I_L, I_R).
        let (key, chain_code) = loop {
            let (left, right) = halves(&i);
            let key = on_curve!(curve, C => match C::ID {
                CurveId::Ed25519 => Some(PrivateKey::from_ed25519_seed(left)),
                CurveId::P256 | CurveId::Secp256k1 => sum::<C>(left, exposed.scalar),
            });
            match key {
                Some(key) => break (key, ChainCode::from_bytes(right)),
                // Constant time: only that a candidate is no key is visible.
                None if curve == CurveId::P256 => i = hmac_sha512(c, &[&[1], right, &end]),
                None => return Err(DerivationError::NoKey),
            }
        };
        let origin = Origin {
            depth: depth.ok_or(DerivationError::TooDeep)?,
            parent: fingerprint(&public),
            number,
        };
        Self::with_origin(key, chain_code, origin)
    }
}

/// Its parts wipe themselves.
impl ZeroizeOnDrop for ExtendedKey {}

impl fmt::Debug for ExtendedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExtendedKey<{}>(..)", self.key.curve())
    }
}

/// a + b as a key; none if a ≥ q or the sum is zero.
fn sum<C: SealCurve>(a: &[u8; 32], b: &[u8; 32]) -> Option<PrivateKey> {
    let a = SecretScalar::<C>::from_canonical_bytes(a).ok()?;
    let b = SecretScalar::<C>::from_canonical_bytes(b).ok()?;
    let sum = SecretScalar::<C>::new(*a.expose_secret() + b.expose_secret());
    PrivateKey::from_scalar(&sum).ok()
}

/// Step 15.4: the first four bytes of RIPEMD-160(SHA-256(public key)).
fn fingerprint(public: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = hash160(public);
    [a, b, c, d]
}

/// RIPEMD-160(SHA-256(bytes)), by which Bitcoin calls public keys.
pub(crate) fn hash160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(bytes)).into()
}

fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
    let mut bytes = Zeroizing::new([0; 64]);
    // Correctness: HMAC takes a key of any length.
    if let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(key) {
        for part in parts {
            mac.update(part);
        }
        let mut output = mac.finalize().into_bytes();
        bytes.copy_from_slice(&output);
        output.as_mut_slice().zeroize();
    }
    bytes
}

/// `I_L` and `I_R`.
fn halves(i: &[u8; 64]) -> (&[u8; 32], &[u8; 32]) {
    // Correctness: 64 bytes are two times 32.
    i.split_first_chunk()
        .and_then(|(left, right)| Some((left, right.first_chunk()?)))
        .unwrap_or((&[0; 32], &[0; 32]))
}
