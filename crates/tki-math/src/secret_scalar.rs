//! The one place where a secret scalar is held.

use alloc::boxed::Box;
use core::fmt;

use ff::Field;
use rand_core::CryptoRng;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{Curve, InvalidScalar};

/// A scalar that nobody may see: the secret s, or the value s_i of a share.
///
/// It is kept on the heap, so that moving it copies a pointer and leaves no copy of the value
/// behind, and is wiped when dropped. It has no `==`, no order, no `Default`, and its `Debug` tells
/// the curve only. Any scalar is allowed, zero included; keys refuse zero where they are made.
///
/// # Security
/// Wiping reaches this copy alone, not those that the compiler leaves in registers and stack
/// frames during arithmetic, nor what the system swaps out.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use subtle::ConstantTimeEq;
/// # use tki_math::{InvalidScalar, SecretScalar};
/// let secret = SecretScalar::<Secp256k1>::from_canonical_bytes(&[7; 32])?;
/// assert_eq!(*secret.to_bytes(), [7; 32]);
/// assert!(bool::from(secret.ct_eq(&secret.clone())));
/// assert_eq!(format!("{secret:?}"), "SecretScalar<secp256k1>(..)");
/// # Ok::<(), InvalidScalar>(())
/// ```
pub struct SecretScalar<C: Curve> {
    /// Invariants: 1. allocated once and never reallocated; 2. wiped on drop.
    scalar: Box<C::Scalar>,
}

impl<C: Curve> SecretScalar<C> {
    /// Takes a scalar into keeping and wipes the passed copy.
    ///
    /// Scalars are `Copy`: a copy that the caller keeps is the caller's to wipe.
    #[must_use]
    pub fn new(mut scalar: C::Scalar) -> Self {
        let kept = Self {
            scalar: Box::new(scalar),
        };
        scalar.zeroize();
        kept
    }

    /// A uniform scalar; zero with probability 1/q.
    #[must_use]
    pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::new(C::Scalar::random(rng))
    }

    /// The scalar of this canonical encoding, in the curve's byte order.
    ///
    /// # Errors
    /// [`InvalidScalar`] when the bytes stand for a number ≥ q.
    ///
    /// # Security
    /// Constant time; the result tells whether the bytes are canonical, and nothing else.
    pub fn from_canonical_bytes(bytes: &[u8; 32]) -> Result<Self, InvalidScalar> {
        C::scalar_from_bytes(bytes)
            .into_option()
            .map(Self::new)
            .ok_or(InvalidScalar)
    }

    /// The canonical encoding, in the curve's byte order.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(C::scalar_to_bytes(&self.scalar))
    }

    /// The scalar itself. Every use of this method is a place to audit.
    #[must_use]
    pub fn expose_secret(&self) -> &C::Scalar {
        &self.scalar
    }

    /// The public image s·G, in constant time.
    #[must_use]
    pub fn public_point(&self) -> C::Point {
        C::mul_by_generator(&self.scalar)
    }

    /// Whether the scalar is zero, in constant time.
    #[must_use]
    pub fn is_zero(&self) -> Choice {
        self.scalar.is_zero()
    }
}

/// A second copy, wiped like the first: a share is both kept by its holder and put into messages.
impl<C: Curve> Clone for SecretScalar<C> {
    fn clone(&self) -> Self {
        Self {
            scalar: self.scalar.clone(),
        }
    }
}

impl<C: Curve> ConstantTimeEq for SecretScalar<C> {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.scalar.ct_eq(&other.scalar)
    }
}

impl<C: Curve> Zeroize for SecretScalar<C> {
    fn zeroize(&mut self) {
        (*self.scalar).zeroize();
    }
}

impl<C: Curve> Drop for SecretScalar<C> {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl<C: Curve> ZeroizeOnDrop for SecretScalar<C> {}

impl<C: Curve> fmt::Debug for SecretScalar<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretScalar<{}>(..)", C::NAME)
    }
}
