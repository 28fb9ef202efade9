//! How many shares suffice.

use core::{fmt, num::NonZeroU16};

use crate::error::ZeroThreshold;

/// The most holders that a secret is split among.
///
/// What a dealing costs grows with the number of holders times the threshold; this bounds it.
pub const MOST_HOLDERS: usize = 1000;

/// The number t of shares that suffice; one fewer tell nothing.
///
/// The polynomial of a sharing has t coefficients and degree at most t − 1. t = 1 is a sharing
/// whose every share is the secret: the algebra allows it, accounts do not.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Threshold(NonZeroU16);

impl Threshold {
    /// The threshold 1.
    pub const ONE: Self = Self(NonZeroU16::MIN);

    /// The threshold of this number.
    ///
    /// # Errors
    /// [`ZeroThreshold`] for 0.
    pub const fn new(t: u16) -> Result<Self, ZeroThreshold> {
        match NonZeroU16::new(t) {
            Some(t) => Ok(Self(t)),
            None => Err(ZeroThreshold),
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// The degree bound t − 1 of the polynomial.
    #[must_use]
    pub const fn degree(self) -> u16 {
        self.0.get().saturating_sub(1)
    }

    /// The number as a length.
    pub(crate) const fn len(self) -> usize {
        self.0.get() as usize
    }
}

impl From<NonZeroU16> for Threshold {
    fn from(t: NonZeroU16) -> Self {
        Self(t)
    }
}

impl TryFrom<u16> for Threshold {
    type Error = ZeroThreshold;

    fn try_from(t: u16) -> Result<Self, ZeroThreshold> {
        Self::new(t)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
