//! Digits that two people compare, to find out whether somebody stands between their machines.

use core::fmt;

/// So many decimal digits of a hash, for people to compare or to type in.
///
/// `d mod 10^DIGITS`, d being the first 16 bytes of the hash as a little-endian number. No digit
/// count up to 24 makes one value more likely than another by more than 2⁻⁴⁸.
///
/// # Security
/// Comparing is not constant time: the digits are read aloud.
///
/// # Examples
/// ```
/// use tki_metadata::Digits;
///
/// let digits = Digits::<6>::from_hash(&[7; 32]);
/// let shown = digits.to_string();
/// assert_eq!(Digits::parse(&shown), Some(digits));
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Digits<const DIGITS: u32>(u128);

impl<const DIGITS: u32> Digits<DIGITS> {
    const MODULUS: u128 = {
        assert!(DIGITS > 0 && DIGITS <= 24, "between one and 24 digits");
        10_u128.pow(DIGITS)
    };

    /// The digits of a hash.
    #[must_use]
    pub fn from_hash(hash: &[u8; 32]) -> Self {
        let (low, _) = hash.split_at(16);
        let number = low.iter().rev().fold(0_u128, |number, byte| {
            number.wrapping_shl(8) | u128::from(*byte)
        });
        Self(number.checked_rem(Self::MODULUS).unwrap_or(0))
    }

    /// Reads digits as somebody typed them: with blanks, hyphens or dots between them, or without.
    /// `None` for anything else, and for another number of digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut number = 0_u128;
        let mut count = 0_u32;
        for character in text.trim().chars() {
            if matches!(character, ' ' | '-' | '.') {
                continue;
            }
            let digit = character.to_digit(10)?;
            count = count.checked_add(1).filter(|count| *count <= DIGITS)?;
            number = number.checked_mul(10)?.checked_add(u128::from(digit))?;
        }
        (count == DIGITS).then_some(Self(number))
    }
}

impl<const DIGITS: u32> fmt::Display for Digits<DIGITS> {
    /// In groups: of three where their number is a multiple of three and small, else of four.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = usize::try_from(DIGITS).unwrap_or(0);
        let digits = alloc::format!("{:0width$}", self.0);
        let group = if width <= 9 { 3 } else { 4 };
        for (position, digit) in digits.chars().enumerate() {
            if position > 0 && position.checked_rem(group) == Some(0) {
                f.write_str(" ")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl<const DIGITS: u32> fmt::Debug for Digits<DIGITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digits({self})")
    }
}
