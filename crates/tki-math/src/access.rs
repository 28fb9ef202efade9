//! Which sets of holders may use the secret.

use alloc::vec::Vec;

use crate::{Identifier, Threshold};

/// The rule that says which holders together suffice.
///
/// One form exists today. Nested, weighted and ranked structures will be further variants.
///
/// # Examples
/// ```
/// use tki_math::{AccessStructure, Identifier, Threshold};
///
/// let structure = AccessStructure::Threshold(Threshold::new(2)?);
/// let (device, words) = (Identifier::new(1)?, Identifier::new(3)?);
/// assert!(structure.is_satisfied_by(&[device, words]));
/// assert!(!structure.is_satisfied_by(&[device, device]));
/// assert_eq!(structure.shares_needed(&[words]), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum AccessStructure {
    /// Any t different holders.
    Threshold(Threshold),
}

impl AccessStructure {
    /// The number of coefficients of the polynomial: what a commitment's length must be.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        match self {
            Self::Threshold(threshold) => *threshold,
        }
    }

    /// Whether these holders suffice. A holder named twice counts once.
    #[must_use]
    pub fn is_satisfied_by(&self, identifiers: &[Identifier]) -> bool {
        let (have, need) = self.shares_needed(identifiers);
        have >= need
    }

    /// How many shares these holders have between them, and how many it takes.
    #[must_use]
    pub fn shares_needed(&self, identifiers: &[Identifier]) -> (usize, usize) {
        match self {
            Self::Threshold(threshold) => (count_distinct(identifiers), threshold.len()),
        }
    }
}

fn count_distinct(identifiers: &[Identifier]) -> usize {
    let mut sorted: Vec<_> = identifiers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len()
}
