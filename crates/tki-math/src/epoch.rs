//! Which polynomial a share belongs to.

use core::fmt;

/// The generation τ of a sharing: 0 at first, one more for every refresh or reshare.
///
/// Shares of different epochs lie on different polynomials and do not combine. A share does not
/// know its epoch: whoever stores it stores the epoch beside it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch of a sharing that was never refreshed.
    pub const ZERO: Self = Self(0);

    /// The epoch of this number.
    #[must_use]
    pub const fn new(epoch: u64) -> Self {
        Self(epoch)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The epoch after this one, none after 2⁶⁴ − 1.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(epoch) => Some(Self(epoch)),
            None => None,
        }
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
