//! Paths: which key of a tree, from the top down.

use alloc::vec::Vec;
use core::{fmt, str::FromStr};

use super::{DerivationError, HARDENED};

/// Steps that a path may have: as many as a tree has levels.
const MOST: usize = 255;

/// A path, such as `m/44'/60'/0'/0/0`.
///
/// `m` is the top; each number is a child of the one before, hardened where `'`, `h` or `H` stands
/// after it. Printed with `'`.
///
/// # Examples
/// ```
/// use tki_formats::derivation::DerivationPath;
///
/// let path: DerivationPath = "m/84h/0H/0'/0/7".parse()?;
/// assert_eq!(path.to_string(), "m/84'/0'/0'/0/7");
/// # Ok::<(), tki_formats::derivation::DerivationError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct DerivationPath(Vec<u32>);

impl DerivationPath {
    /// The path of these numbers, 2³¹ and more being hardened.
    ///
    /// # Errors
    /// [`TooDeep`](DerivationError::TooDeep) for more than 255.
    pub fn from_numbers(numbers: &[u32]) -> Result<Self, DerivationError> {
        if numbers.len() > MOST {
            return Err(DerivationError::TooDeep);
        }
        Ok(Self(numbers.to_vec()))
    }

    /// Its numbers, 2³¹ and more being hardened.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.0
    }

    /// Whether the key at this path, with the chain code of the top, does not give the top's key
    /// away: its first step is hardened.
    #[must_use]
    pub fn protects_its_top(&self) -> bool {
        self.0.first().is_some_and(|number| *number >= HARDENED)
    }
}

impl FromStr for DerivationPath {
    type Err = DerivationError;

    fn from_str(text: &str) -> Result<Self, DerivationError> {
        let mut parts = text.trim().split('/');
        if !matches!(parts.next(), Some("m" | "M")) {
            return Err(DerivationError::Path);
        }
        let mut numbers = Vec::new();
        for part in parts {
            if numbers.len() == MOST {
                return Err(DerivationError::TooDeep);
            }
            let plain = part.strip_suffix(['\'', 'h', 'H']);
            let digits = plain.unwrap_or(part);
            let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
            let number = digits.parse().ok().filter(|n| is_number && *n < HARDENED);
            let number: u32 = number.ok_or(DerivationError::Path)?;
            numbers.push(plain.map_or(number, |_| number | HARDENED));
        }
        Ok(Self(numbers))
    }
}

impl fmt::Display for DerivationPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        for number in &self.0 {
            let mark = if *number >= HARDENED { "'" } else { "" };
            write!(f, "/{}{mark}", number & (HARDENED - 1))?;
        }
        Ok(())
    }
}
