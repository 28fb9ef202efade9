//! Digits of any script.

use alloc::string::String;

use zeroize::Zeroizing;

use super::{AnswerError, collect, text};

/// The digits of an answer that is to be digits.
pub(super) fn read(typed: &str) -> Result<Zeroizing<String>, AnswerError> {
    if text::characters(typed).any(|c| c.is_alphanumeric() && !c.is_ascii_digit()) {
        return Err(AnswerError::NotDigits);
    }
    // Step 1.8: the digits, and nothing that stands between them.
    Ok(collect(|| {
        text::characters(typed).filter(char::is_ascii_digit)
    }))
}

/// The ASCII digit for a decimal digit of another script; anything else as it is.
pub(super) fn to_ascii(character: char) -> char {
    let place = ZEROS.partition_point(|zero| *zero <= character);
    let zero = place.checked_sub(1).and_then(|before| ZEROS.get(before));
    let value = zero.and_then(|zero| u32::from(character).checked_sub(u32::from(*zero)));
    value
        .and_then(|value| char::from_digit(value, 10))
        .unwrap_or(character)
}

/// The digits 0 of Unicode (general category Nd) that NFKD leaves as they are, ascending; each is
/// followed by its script's other nine. Scripts that come later are no digits here, so that an
/// answer stays what it is.
const ZEROS: &[char] = &[
    '\u{0660}',
    '\u{06f0}',
    '\u{07c0}',
    '\u{0966}',
    '\u{09e6}',
    '\u{0a66}',
    '\u{0ae6}',
    '\u{0b66}',
    '\u{0be6}',
    '\u{0c66}',
    '\u{0ce6}',
    '\u{0d66}',
    '\u{0de6}',
    '\u{0e50}',
    '\u{0ed0}',
    '\u{0f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e950}',
];

#[cfg(test)]
mod tests {
    use super::{ZEROS, to_ascii};

    #[test]
    fn ten_characters_from_each_zero_are_digits_and_no_others() {
        assert!(ZEROS.is_sorted_by(|left, right| u32::from(*left) + 10 <= u32::from(*right)));
        for (zero, value) in ZEROS
            .iter()
            .flat_map(|zero| (0..10).map(move |v| (zero, v)))
        {
            let digit = char::from_u32(u32::from(*zero) + value).unwrap();
            assert_eq!(to_ascii(digit).to_digit(10), Some(value), "{digit:?}");
            assert!(digit.is_numeric(), "{digit:?}");
        }
        for other in ['a', '0', '9', '٪', '\u{65f}', '½', '一', '\u{10ffff}'] {
            assert_eq!(to_ascii(other), other);
        }
    }
}
