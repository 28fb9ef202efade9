//! The field with 256 elements, as SLIP-0039 and AES have it.
//!
//! ```text
//! GF(2)[x] / (x⁸ + x⁴ + x³ + x + 1), a byte's highest bit being the coefficient of x⁷
//! ```
//! Addition is exclusive or. Nothing is looked up in tables: multiplication takes the same time for
//! all bytes.

/// x⁸ modulo the polynomial.
const REDUCTION: u8 = 0x1b;

/// a · b.
pub(super) fn multiply(a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (a, 0);
    for bit in 0..8 {
        product ^= a & mask(b >> bit);
        // a · x, reduced if x⁷ was in it.
        a = (a << 1) ^ (REDUCTION & mask(a >> 7));
    }
    product
}

/// 1 / a = a²⁵⁴; zero has none, and gives zero.
pub(super) fn invert(a: u8) -> u8 {
    // 254 = 2 + 4 + … + 128.
    let (mut square, mut product) = (a, 1);
    for _ in 0..7 {
        square = multiply(square, square);
        product = multiply(product, square);
    }
    product
}

/// All ones if the lowest bit is one, and zero if not.
fn mask(bit: u8) -> u8 {
    (bit & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::{invert, multiply};

    #[test]
    fn products_are_those_of_aes() {
        // FIPS 197, section 4.2.
        assert_eq!(multiply(0x57, 0x83), 0xc1);
        assert_eq!(multiply(0x57, 0x13), 0xfe);
        assert_eq!(multiply(0, 0x13), 0);
    }

    #[test]
    fn every_byte_but_zero_has_an_inverse() {
        for a in 1..=u8::MAX {
            assert_eq!(multiply(a, invert(a)), 1, "{a}");
        }
        assert_eq!(invert(0), 0);
    }
}
