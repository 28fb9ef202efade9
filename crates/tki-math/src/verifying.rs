//! Public images: of the secret and of a share.

use alloc::vec::Vec;
use core::fmt;

use group::{Group, GroupEncoding};

use crate::{Curve, Error, InvalidPoint, SecretScalar, encoding::Hex};

/// The public key Y = s·G, never the identity.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct VerifyingKey<C: Curve> {
    /// Invariant: not the identity.
    point: C::Point,
}

impl<C: Curve> VerifyingKey<C> {
    /// The public image of this secret.
    ///
    /// # Errors
    /// [`Error::ZeroSecret`] when the secret is zero.
    ///
    /// # Security
    /// Constant time in the secret, but for whether it is zero.
    pub fn from_secret(secret: &SecretScalar<C>) -> Result<Self, Error> {
        Self::from_point(secret.public_point()).map_err(|_| Error::ZeroSecret)
    }

    /// The caller has shown that the point is not the identity.
    pub(crate) const fn from_point_unchecked(point: C::Point) -> Self {
        Self { point }
    }
}

/// The public image Y_i = s_i·G of a holder's share, never the identity.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct VerifyingShare<C: Curve> {
    /// Invariant: not the identity.
    point: C::Point,
}

macro_rules! public_image {
    ($type:ident) => {
        impl<C: Curve> $type<C> {
            /// Takes a point that is not the identity.
            ///
            /// # Errors
            /// [`InvalidPoint`] for the identity.
            pub fn from_point(point: C::Point) -> Result<Self, InvalidPoint> {
                if bool::from(point.is_identity()) {
                    return Err(InvalidPoint);
                }
                Ok(Self { point })
            }

            /// Reads the canonical encoding.
            ///
            /// # Errors
            /// [`InvalidPoint`] for the identity, and for bytes that
            /// [`Curve::decode_point`] refuses.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidPoint> {
                C::decode_point(bytes)
                    .ok_or(InvalidPoint)
                    .and_then(Self::from_point)
            }

            /// The canonical encoding, [`Curve::POINT_BYTES`] bytes.
            #[must_use]
            pub fn to_bytes(&self) -> Vec<u8> {
                self.point.to_bytes().as_ref().to_vec()
            }

            /// The point.
            #[must_use]
            pub const fn as_point(&self) -> &C::Point {
                &self.point
            }
        }

        /// The curve and the encoding in hexadecimal.
        impl<C: Curve> fmt::Debug for $type<C> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let encoded = Hex(self.point.to_bytes());
                write!(f, "{}<{}>({encoded:?})", stringify!($type), C::NAME)
            }
        }
    };
}

public_image!(VerifyingKey);
public_image!(VerifyingShare);
