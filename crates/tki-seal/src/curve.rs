//! The curves: marker types for `tki-math`, and the one enum that names them.
//!
//! A curve is used for one thing: the points of it that are multiples of one point G form a group of
//! prime order q. Scalars are the integers modulo q; a·G is quickly computed, and nobody knows how
//! to find a from it. A secret key is such an a, and its verifying key is A = a·G.
//!
//! | curve | order | points of the curve | a point is written in | a scalar is written |
//! |---|---|---|---|---|
//! | [`Ed25519`] | ℓ ≈ 2²⁵² | 8·ℓ, of which the subgroup of order ℓ is used | 32 bytes, RFC 8032 | little-endian |
//! | [`P256`] | q ≈ 2²⁵⁶ − 2²²⁴ | q | 33 bytes, SEC 1 compressed | big-endian |
//! | [`Secp256k1`] | q ≈ 2²⁵⁶ − 2¹²⁸ | q | 33 bytes, SEC 1 compressed | big-endian |
//!
//! There is one encoding of each point and each scalar, and all other bytes are refused. The
//! identity 0·G is a point to the mathematics, and refused wherever a key is meant.
//!
//! The markers have no arithmetic of their own: it comes from `curve25519-dalek`, `p256` and `k256`.
//! A curve costs one file here, a line in each list below, and a form for its private keys in
//! `tki-formats`. Only those files know the points and scalars of the curve crates.

use group::Group as _;
use rand_core::CryptoRng;
use tki_math::{Curve, SecretScalar};
use zeroize::Zeroizing;

mod ed25519;
mod p256;
mod secp256k1;

pub use ed25519::Ed25519;
pub use p256::P256;
pub(crate) use p256::{hash_to_p256, hash_to_p256_scalar};
pub use secp256k1::Secp256k1;

/// A curve by name, for interfaces and stored formats.
#[expect(
    clippy::exhaustive_enums,
    reason = "what decides by curve shall not compile until it has decided on a new one"
)]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum CurveId {
    /// The prime-order subgroup of edwards25519 (RFC 8032).
    Ed25519,
    /// P-256 (NIST SP 800-186), also called secp256r1 and prime256v1.
    P256,
    /// secp256k1 (SEC 2).
    Secp256k1,
}

/// Evaluates an expression in which the curve of a [`CurveId`](crate::curve::CurveId) is a type.
///
/// All that goes from a curve's name to its arithmetic goes through here.
///
/// # Examples
///
/// ```
/// use tki_math::Curve as _;
/// use tki_seal::{curve::CurveId, on_curve};
///
/// let is_point = |curve: CurveId, bytes: &[u8]| {
///     on_curve!(curve, C => C::decode_point(bytes).is_some())
/// };
/// assert!(is_point(CurveId::P256, &[0; 33]), "the identity");
/// assert!(!is_point(CurveId::Ed25519, &[0; 33]));
/// ```
#[macro_export]
macro_rules! on_curve {
    ($curve:expr, $C:ident => $body:expr) => {
        match $curve {
            $crate::curve::CurveId::Ed25519 => {
                type $C = $crate::curve::Ed25519;
                $body
            }
            $crate::curve::CurveId::P256 => {
                type $C = $crate::curve::P256;
                $body
            }
            $crate::curve::CurveId::Secp256k1 => {
                type $C = $crate::curve::Secp256k1;
                $body
            }
        }
    };
}

impl CurveId {
    /// Every curve, in alphabetical order.
    pub const ALL: &'static [Self] = &[Self::Ed25519, Self::P256, Self::Secp256k1];

    /// The name: `ed25519`, `p256` or `secp256k1`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        on_curve!(self, C => C::NAME)
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
            Self::P256 => 3,
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
        on_curve!(self, C => C::POINT_BYTES)
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

    /// The uncompressed SEC 1 encoding of a point given in the compressed one, for foreign formats
    /// that hold both coordinates; `None` unless it is canonical and not the identity, and on a
    /// curve whose points SEC 1 does not encode.
    #[must_use]
    fn uncompressed(_compressed: &[u8]) -> Option<[u8; 65]> {
        None
    }
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

/// A canonical point that is not the identity.
pub(crate) fn nonidentity_point<C: Curve>(bytes: &[u8]) -> Option<C::Point> {
    C::decode_point(bytes).filter(|point| !bool::from(point.is_identity()))
}

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

    use tki_math::{Curve, SecretScalar};

    use crate::signature::{Input, Scheme, SchemeSignature, SignatureError};

    /// Implemented by the curves of this crate.
    #[expect(
        unnameable_types,
        reason = "what cannot be named cannot be implemented elsewhere"
    )]
    pub trait Sealed: Curve {
        /// Signs under one of the curve's own schemes; nothing is verified yet.
        ///
        /// For [`sign`](crate::signature::sign), which is what to call.
        ///
        /// # Errors
        ///
        /// Those of [`sign`](crate::signature::sign) but `Faulty`.
        fn sign(
            scheme: Scheme,
            key: &SecretScalar<Self>,
            input: Input<'_>,
        ) -> Result<SchemeSignature, SignatureError>;
    }
}
