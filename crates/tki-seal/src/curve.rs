//! The curves: marker types for `tki-math`, and the one enum that names them.
//!
//! A curve costs one file here. Only those files know the points and scalars of the curve crates.

use rand_core::CryptoRng;
use tki_math::{Curve, SecretScalar};
use zeroize::Zeroizing;

mod ed25519;
mod secp256k1;

pub use ed25519::Ed25519;
pub use secp256k1::Secp256k1;

/// A curve by name, for interfaces and stored formats.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum CurveId {
    /// The prime-order subgroup of edwards25519 (RFC 8032).
    Ed25519,
    /// secp256k1 (SEC 2).
    Secp256k1,
}

impl CurveId {
    /// Every curve, in alphabetical order.
    pub const ALL: &'static [Self] = &[Self::Ed25519, Self::Secp256k1];

    /// The name: `ed25519` or `secp256k1`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => Ed25519::NAME,
            Self::Secp256k1 => Secp256k1::NAME,
        }
    }

    /// The curve of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|curve| curve.name() == name)
    }

    /// The number that stored formats use: never reused, never renumbered.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Secp256k1 => 1,
            Self::Ed25519 => 2,
        }
    }

    /// The curve of this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|curve| curve.code() == code)
    }

    /// Bytes of an encoded point.
    #[must_use]
    pub const fn point_bytes(self) -> usize {
        match self {
            Self::Ed25519 => Ed25519::POINT_BYTES,
            Self::Secp256k1 => Secp256k1::POINT_BYTES,
        }
    }
}

impl core::fmt::Display for CurveId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// What this crate needs of a curve beyond [`Curve`]. Implemented here alone.
pub trait SealCurve: Curve + sealed::Sealed {
    /// The curve's name in interfaces and stored formats.
    const ID: CurveId;

    /// 48 bytes, read in the curve's own byte order, modulo the group order.
    ///
    /// Of uniform bytes the result is uniform up to a bias of 2⁻¹²⁸.
    ///
    /// # Security
    ///
    /// Constant time.
    fn scalar_from_wide(bytes: &[u8; 48]) -> Self::Scalar;
}

/// The bytes are no canonical encoding of a key, or the key is zero or the identity.
#[expect(clippy::exhaustive_structs, reason = "says nothing, by design")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidKey;

impl core::fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("not a valid key")
    }
}

impl core::error::Error for InvalidKey {}

/// A uniform scalar from 48 random bytes, drawn again if it is zero.
pub(crate) fn random_nonzero_scalar<C: SealCurve>(
    rng: &mut (impl CryptoRng + ?Sized),
) -> SecretScalar<C> {
    loop {
        let mut wide = Zeroizing::new([0; 48]);
        rng.fill_bytes(wide.as_mut_slice());
        let scalar = SecretScalar::new(C::scalar_from_wide(&wide));
        // Constant time: only the negligible event that this candidate is discarded is visible.
        if !bool::from(scalar.is_zero()) {
            return scalar;
        }
    }
}

mod sealed {
    //! Keeps [`SealCurve`](super::SealCurve) in this crate.

    /// Implemented by the curves of this crate.
    #[expect(
        unnameable_types,
        reason = "what cannot be named cannot be implemented elsewhere"
    )]
    pub trait Sealed {}
}
