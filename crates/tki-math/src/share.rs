//! What a holder keeps of the secret.

use core::fmt;

use zeroize::ZeroizeOnDrop;

use crate::{Curve, Error, Identifier, SecretScalar, VerifyingShare};

/// A share (x_i, s_i) with s_i = f(x_i): a holder's identifier and the polynomial's value there.
///
/// The identifier is public, the value secret and wiped on drop.
/// A share comes from a dealer or from storage: before it is used,
/// [`PolynomialCommitment::verify`](crate::PolynomialCommitment::verify) tells whether it is right.
#[derive(ZeroizeOnDrop)]
pub struct Share<C: Curve> {
    #[zeroize(skip)]
    identifier: Identifier,
    value: SecretScalar<C>,
}

impl<C: Curve> Share<C> {
    /// The share of these parts. Any value is allowed, zero included.
    #[must_use]
    pub const fn new(identifier: Identifier, value: SecretScalar<C>) -> Self {
        Self { identifier, value }
    }

    /// The holder's x_i, public.
    #[must_use]
    pub const fn identifier(&self) -> Identifier {
        self.identifier
    }

    /// The value s_i, secret.
    #[must_use]
    pub const fn value(&self) -> &SecretScalar<C> {
        &self.value
    }

    /// The public image Y_i = s_i·G.
    ///
    /// # Errors
    /// [`Error::IdentityVerifyingShare`] when s_i is zero.
    ///
    /// # Security
    /// Constant time in s_i, but for whether it is zero.
    pub fn verifying_share(&self) -> Result<VerifyingShare<C>, Error> {
        VerifyingShare::from_point(self.value.public_point()).map_err(|_| {
            Error::IdentityVerifyingShare {
                identifier: self.identifier,
            }
        })
    }
}

impl<C: Curve> fmt::Debug for Share<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Share")
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}
