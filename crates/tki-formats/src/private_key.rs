//! A whole private key, as it comes from another program and as it leaves for one.
//!
//! | curve | what is kept | hexadecimal | PKCS#8 |
//! |---|---|---|---|
//! | P-256, secp256k1 | the scalar, 1 … q − 1 | 64 digits, big-endian | RFC 5958 with RFC 5915 |
//! | Ed25519 | the seed of RFC 8032 | 64 digits, or 128 with the public key | RFC 8410 |
//! | Ed25519 | the scalar alone, where no seed is known | `scalar:` and 64 digits, little-endian | none |
//!
//! Other forms are in `key_formats`: [`KeyFormat`](crate::KeyFormat) has the list.
//!
//! The scalar of an Ed25519 key is marked, because the same digits read as a seed are another key.
//!
//! Specification: `docs/spec/formats.md`, sections 4 and 5.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;
use tki_math::{SecretScalar, VerifyingKey};
use tki_seal::{
    curve::{CurveId, Ed25519, SealCurve},
    ed25519_seed, on_curve,
};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::key_formats::pkcs8;

mod error;

pub use error::PrivateKeyError;

/// A private key that is whole.
///
/// It is on its way into an account or out of one; in between there are only shares. Not `Clone`:
/// each copy is one more that has to be destroyed.
///
/// # Security
/// Wiped when dropped. What it was read from and written to is the caller's to wipe. Reading is
/// constant time in the digits and bytes of the key itself, but for whether they are valid.
///
/// # Examples
/// ```
/// use tki_formats::PrivateKey;
/// use tki_seal::curve::CurveId;
///
/// let hex = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
/// let key = PrivateKey::from_hex(CurveId::Ed25519, hex)?;
/// assert_eq!(*key.to_hex(), hex);
///
/// let file = key.to_pkcs8()?;
/// assert!(file.starts_with("-----BEGIN PRIVATE KEY-----\n"));
/// let again = PrivateKey::from_pkcs8(file.as_bytes())?;
/// assert_eq!(again.verifying_key(), key.verifying_key());
/// # Ok::<(), tki_formats::PrivateKeyError>(())
/// ```
pub struct PrivateKey {
    curve: CurveId,
    /// Canonical on the curve, and not zero.
    scalar: Box<Zeroizing<[u8; 32]>>,
    /// Only on Ed25519, and that of the scalar.
    seed: Option<Box<Zeroizing<[u8; 32]>>>,
}

/// What a [`PrivateKey`] is made of.
#[non_exhaustive]
pub struct ExposedKey<'a> {
    /// The scalar, in the canonical encoding of the key's curve.
    pub scalar: &'a [u8; 32],
    /// On Ed25519 the seed that it was made from, if that is known.
    pub seed: Option<&'a [u8; 32]>,
}

/// What marks the digits of an Ed25519 scalar.
const SCALAR: &str = "scalar:";

impl PrivateKey {
    /// Reads hexadecimal digits: 64 of a scalar or an Ed25519 seed, 128 of an Ed25519 seed and its
    /// public key, or `scalar:` and 64 of an Ed25519 scalar. `0x` in front and white space around
    /// them do not matter.
    ///
    /// # Errors
    /// [`Hex`](PrivateKeyError::Hex), [`OutOfRange`](PrivateKeyError::OutOfRange),
    /// [`PublicKeyMismatch`](PrivateKeyError::PublicKeyMismatch).
    pub fn from_hex(curve: CurveId, text: &str) -> Result<Self, PrivateKeyError> {
        // Step 4.1: what is around the digits.
        let text = text.trim();
        let (scalar_only, digits) = match text.strip_prefix(SCALAR) {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        match (curve, scalar_only, digits.len()) {
            // Step 4.2: a scalar of a curve without seeds, big-endian.
            // Step 4.4: a scalar of Ed25519, little-endian, below ℓ.
            (CurveId::P256 | CurveId::Secp256k1, false, 64) | (CurveId::Ed25519, true, 64) => {
                Self::from_scalar_bytes(curve, &*decode(digits)?)
            }
            // Step 4.3: a seed, perhaps with its public key.
            (CurveId::Ed25519, false, 64) => Ok(Self::from_ed25519_seed(&*decode(digits)?)),
            (CurveId::Ed25519, false, 128) => {
                let (seed, public) = digits.split_at_checked(64).ok_or(PrivateKeyError::Hex)?;
                let key = Self::from_ed25519_seed(&*decode(seed)?);
                key.check_public_key(decode(public)?.as_slice())?;
                Ok(key)
            }
            (CurveId::Ed25519 | CurveId::P256 | CurveId::Secp256k1, _, _) => {
                Err(PrivateKeyError::Hex)
            }
        }
    }

    /// Reads a PKCS#8 file without passphrase, as PEM (`PRIVATE KEY`) or DER; the curve is in it.
    ///
    /// # Errors
    /// [`Encrypted`](PrivateKeyError::Encrypted), [`OtherAlgorithm`](PrivateKeyError::OtherAlgorithm),
    /// [`OtherPem`](PrivateKeyError::OtherPem), [`OutOfRange`](PrivateKeyError::OutOfRange),
    /// [`Pkcs8`](PrivateKeyError::Pkcs8),
    /// [`PublicKeyMismatch`](PrivateKeyError::PublicKeyMismatch),
    /// [`TooLarge`](PrivateKeyError::TooLarge).
    pub fn from_pkcs8(file: &[u8]) -> Result<Self, PrivateKeyError> {
        pkcs8::read(file)
    }

    /// A new key. On Ed25519 it has a seed, as other programs' keys have.
    #[must_use]
    pub fn random(curve: CurveId, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        loop {
            let mut bytes = Zeroizing::new([0; 32]);
            rng.fill_bytes(bytes.as_mut_slice());
            if curve == CurveId::Ed25519 {
                return Self::from_ed25519_seed(&bytes);
            }
            // Constant time: only that a candidate is no key, of which one in 2³² is on P-256 and
            // one in 2¹²⁸ on secp256k1, is visible.
            if let Ok(key) = Self::from_scalar_bytes(curve, &bytes) {
                return key;
            }
        }
    }

    /// The key with this scalar; on Ed25519 one of which no seed is known.
    ///
    /// # Errors
    /// [`OutOfRange`](PrivateKeyError::OutOfRange) for zero.
    pub fn from_scalar<C: SealCurve>(scalar: &SecretScalar<C>) -> Result<Self, PrivateKeyError> {
        if bool::from(scalar.is_zero()) {
            return Err(PrivateKeyError::OutOfRange);
        }
        Ok(Self {
            curve: C::ID,
            scalar: boxed(&scalar.to_bytes()),
            seed: None,
        })
    }

    /// The key of this RFC 8032 seed; wiping it is left to the caller.
    #[must_use]
    pub fn from_ed25519_seed(seed: &[u8; 32]) -> Self {
        // Correctness: a clamped number lies between 2²⁵⁴ and 2²⁵⁵ and is a multiple of 8, and no
        // multiple of 8·ℓ lies there: it is not zero modulo ℓ.
        Self {
            curve: Ed25519::ID,
            scalar: boxed(&ed25519_seed::scalar_from_seed(seed).to_bytes()),
            seed: Some(boxed(seed)),
        }
    }

    /// The key with the scalar of this canonical encoding.
    pub(crate) fn from_scalar_bytes(
        curve: CurveId,
        bytes: &[u8; 32],
    ) -> Result<Self, PrivateKeyError> {
        on_curve!(curve, C => {
            let scalar = SecretScalar::<C>::from_canonical_bytes(bytes);
            Self::from_scalar(&scalar.map_err(|_| PrivateKeyError::OutOfRange)?)
        })
    }

    /// The curve.
    #[must_use]
    pub const fn curve(&self) -> CurveId {
        self.curve
    }

    /// The public half, in the curve's canonical encoding: SEC 1 compressed, or RFC 8032.
    #[must_use]
    pub fn verifying_key(&self) -> Vec<u8> {
        on_curve!(self.curve, C => {
            // Correctness: the scalar is canonical and not zero.
            SecretScalar::<C>::from_canonical_bytes(&self.scalar)
                .ok()
                .and_then(|scalar| VerifyingKey::from_secret(&scalar).ok())
                .map(|key| key.to_bytes())
                .unwrap_or_default()
        })
    }

    /// Whether it is an Ed25519 key of which only the scalar is known: other programs do not read
    /// it.
    #[must_use]
    pub const fn is_scalar_only(&self) -> bool {
        matches!(self.curve, CurveId::Ed25519) && self.seed.is_none()
    }

    /// The digits that [`from_hex`](Self::from_hex) reads.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        let mark = if self.is_scalar_only() { SCALAR } else { "" };
        digits(mark, self.seed.as_deref().unwrap_or(&self.scalar))
    }

    /// A PKCS#8 file in PEM, as `openssl pkcs8 -topk8 -nocrypt` writes it.
    ///
    /// # Errors
    /// [`NoSeed`](PrivateKeyError::NoSeed) for an Ed25519 key of which only the scalar is known.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<String>, PrivateKeyError> {
        pkcs8::write(self)
    }

    /// What the key is made of.
    #[must_use]
    pub fn expose_secret(&self) -> ExposedKey<'_> {
        ExposedKey {
            scalar: &self.scalar,
            seed: self.seed.as_deref().map(|seed| &**seed),
        }
    }

    /// Holds a public key that came with this one against it, in either encoding of SEC 1 where the
    /// curve has them.
    pub(crate) fn check_public_key(&self, public: &[u8]) -> Result<(), PrivateKeyError> {
        let own = self.verifying_key();
        let long = on_curve!(self.curve, C => C::uncompressed(&own));
        if public == own || long.is_some_and(|long| public == long) {
            Ok(())
        } else {
            Err(PrivateKeyError::PublicKeyMismatch)
        }
    }
}

/// Its parts wipe themselves.
impl ZeroizeOnDrop for PrivateKey {}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey<{}>(..)", self.curve())
    }
}

impl fmt::Debug for ExposedKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExposedKey(..)")
    }
}

/// A copy on the heap; none is left on the stack, as moving one into a box would.
fn boxed(bytes: &[u8; 32]) -> Box<Zeroizing<[u8; 32]>> {
    let mut boxed = Box::new(Zeroizing::new([0; 32]));
    boxed.copy_from_slice(bytes);
    boxed
}

/// 64 digits, capital or small.
fn decode(digits: &str) -> Result<Zeroizing<[u8; 32]>, PrivateKeyError> {
    let mut bytes = Zeroizing::new([0; 32]);
    let decoded = base16ct::mixed::decode(digits, bytes.as_mut_slice());
    match decoded.map(<[u8]>::len) {
        Ok(32) => Ok(bytes),
        _ => Err(PrivateKeyError::Hex),
    }
}

fn digits(mark: &str, bytes: &[u8; 32]) -> Zeroizing<String> {
    let mut digits = Zeroizing::new([0; 64]);
    let mut text = Zeroizing::new(String::with_capacity(SCALAR.len() + 64));
    text.push_str(mark);
    // Correctness: there is room for exactly the digits of 32 bytes.
    text.push_str(base16ct::lower::encode_str(bytes, digits.as_mut_slice()).unwrap_or_default());
    text
}
