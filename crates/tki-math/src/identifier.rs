//! The point at which a holder's share is the polynomial's value.

use core::{fmt, num::NonZeroU128, str::FromStr};

use rand_core::CryptoRng;

use crate::error::{InvalidIdentifier, ZeroIdentifier};

/// The evaluation point x_i of a holder: a positive integer below 2¹²⁸.
///
/// It belongs to no curve: every group order in use exceeds 2¹²⁸, so that different identifiers are
/// different scalars on each of them, and none is zero, where the secret is.
/// Identifiers are public.
///
/// Plain threshold structures give out 1, 2, 3, … and never give one out twice; see
/// [`FIRST`](Self::FIRST) and [`next`](Self::next).
///
/// # Examples
/// ```
/// use tki_math::{Identifier, ZeroIdentifier};
///
/// assert_eq!(Identifier::FIRST.next(), Some(Identifier::new(2)?));
/// assert_eq!("2".parse::<Identifier>().map(Identifier::get), Ok(2));
/// assert_eq!(Identifier::new(0), Err(ZeroIdentifier));
/// # Ok::<(), ZeroIdentifier>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Identifier(NonZeroU128);

impl Identifier {
    /// The identifier 1.
    pub const FIRST: Self = Self(NonZeroU128::MIN);

    /// The identifier of this number.
    ///
    /// # Errors
    /// [`ZeroIdentifier`] for 0: a share there would be the secret.
    pub const fn new(x: u128) -> Result<Self, ZeroIdentifier> {
        match NonZeroU128::new(x) {
            Some(x) => Ok(Self(x)),
            None => Err(ZeroIdentifier),
        }
    }

    /// A random identifier from 2⁶⁴ up, for a member of a ranked gate: see
    /// [`AccessStructure::check`](crate::AccessStructure::check).
    #[must_use]
    pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        loop {
            let mut bytes = [0; 16];
            rng.fill_bytes(&mut bytes);
            let x = u128::from_le_bytes(bytes);
            if let (true, Ok(identifier)) = (x >> 64 != 0, Self::new(x)) {
                return identifier;
            }
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u128 {
        self.0.get()
    }

    /// The identifier one above this one, none above 2¹²⁸ − 1.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(x) => Some(Self(x)),
            None => None,
        }
    }
}

impl From<NonZeroU128> for Identifier {
    fn from(x: NonZeroU128) -> Self {
        Self(x)
    }
}

impl TryFrom<u128> for Identifier {
    type Error = ZeroIdentifier;

    fn try_from(x: u128) -> Result<Self, ZeroIdentifier> {
        Self::new(x)
    }
}

/// Decimal, without sign or leading zeros: the one text of an identifier.
impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Reads exactly what [`Display`](fmt::Display) writes.
impl FromStr for Identifier {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
        if text.starts_with(['0', '+']) {
            return Err(InvalidIdentifier);
        }
        text.parse().map(Self).map_err(|_| InvalidIdentifier)
    }
}
