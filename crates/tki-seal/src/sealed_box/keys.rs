//! The two halves of a box key; this file holds the invariants "not zero" and "not the identity".

use rand_core::CryptoRng;
use tki_math::{Curve, SecretScalar};

use crate::curve::{InvalidKey, Secp256k1, nonidentity_point, random_nonzero_scalar};

/// A public key that boxes are sealed to: a point of secp256k1, never the identity.
///
/// Compares and orders by its 33-byte compressed encoding.
#[derive(Clone, Copy)]
pub struct BoxPublicKey {
    /// 1. Not the identity. 2. `bytes` is its canonical encoding.
    point: <Secp256k1 as Curve>::Point,
    bytes: [u8; Self::BYTES],
}

impl BoxPublicKey {
    /// Bytes of an encoded key.
    pub const BYTES: usize = 33;

    /// The key with this compressed SEC 1 encoding.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] unless the bytes are the canonical encoding of a point of the curve.
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Result<Self, InvalidKey> {
        let point = nonidentity_point::<Secp256k1>(bytes).ok_or(InvalidKey)?;
        Ok(Self {
            point,
            bytes: *bytes,
        })
    }

    /// The compressed SEC 1 encoding.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; Self::BYTES] {
        self.bytes
    }

    pub(super) fn as_point(&self) -> &<Secp256k1 as Curve>::Point {
        &self.point
    }

    /// Correctness: `scalar` is not zero, so its point is not the identity.
    pub(super) fn from_nonzero_scalar(scalar: &SecretScalar<Secp256k1>) -> Self {
        let point = Secp256k1::mul_by_generator(scalar.expose_secret());
        Self {
            point,
            bytes: Secp256k1::point_to_bytes(&point),
        }
    }
}

impl Eq for BoxPublicKey {}

impl PartialEq for BoxPublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Ord for BoxPublicKey {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl PartialOrd for BoxPublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl core::hash::Hash for BoxPublicKey {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl core::fmt::Debug for BoxPublicKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("BoxPublicKey(")?;
        for byte in self.bytes {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// A secret key that opens boxes.
///
/// Not `Clone`: whoever needs two derives it twice or borrows.
pub struct BoxSecretKey {
    /// Not zero.
    scalar: SecretScalar<Secp256k1>,
    public_key: BoxPublicKey,
}

impl BoxSecretKey {
    /// The key with this scalar, which is consumed.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if the scalar is zero.
    pub fn from_scalar(scalar: SecretScalar<Secp256k1>) -> Result<Self, InvalidKey> {
        // Constant time: only whether the key is valid is revealed.
        if scalar.is_zero().into() {
            return Err(InvalidKey);
        }
        Ok(Self {
            public_key: BoxPublicKey::from_nonzero_scalar(&scalar),
            scalar,
        })
    }

    /// A fresh key.
    #[must_use]
    pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let scalar = random_nonzero_scalar(rng);
        Self {
            public_key: BoxPublicKey::from_nonzero_scalar(&scalar),
            scalar,
        }
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> BoxPublicKey {
        self.public_key
    }

    pub(super) fn expose_scalar(&self) -> &SecretScalar<Secp256k1> {
        &self.scalar
    }
}

impl zeroize::ZeroizeOnDrop for BoxSecretKey {}

impl core::fmt::Debug for BoxSecretKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("BoxSecretKey")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}
