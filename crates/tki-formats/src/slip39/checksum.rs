//! RS1024: a Reed–Solomon code over the field with 1024 elements, which is three words long.
//!
//! It finds any error of three words, and others but one in 2³⁰.
//!
//! Reference: SLIP-0039, "Checksum". Specification: `docs/spec/slip39.md`, steps 1.5 and 2.4.

/// Words of the checksum.
pub(super) const LENGTH: usize = 3;

/// What the bits of the highest word add when it leaves the register: the generator polynomial
/// (x − a)(x − a²)(x − a³) times powers of a.
const GENERATOR: [u32; 10] = [
    0x00e0_e040,
    0x01c1_c080,
    0x0383_8100,
    0x0707_0200,
    0x0e0e_0009,
    0x1c0c_2412,
    0x3808_6c24,
    0x3090_fc48,
    0x21b1_f890,
    0x03f3_f120,
];

/// The three words that follow these.
pub(super) fn make(customization: &str, words: &[u16]) -> [u16; LENGTH] {
    let value = remainder(customization, words.iter().copied().chain([0; LENGTH])) ^ 1;
    let word = |shift: u32| u16::try_from((value >> shift) & 0x3ff).unwrap_or(0);
    [word(20), word(10), word(0)]
}

/// Whether the last three words are those that follow the others.
pub(super) fn fits(customization: &str, words: &[u16]) -> bool {
    remainder(customization, words.iter().copied()) == 1
}

/// What is left of customization string and words, divided by the generator.
fn remainder(customization: &str, words: impl Iterator<Item = u16>) -> u32 {
    let mut register = 1_u32;
    for value in customization
        .bytes()
        .map(u32::from)
        .chain(words.map(u32::from))
    {
        let leaving = register >> 20;
        register = ((register & 0x000f_ffff) << 10) ^ value;
        for (bit, addend) in GENERATOR.iter().enumerate() {
            // Constant time: each addend is masked, not chosen.
            register ^= addend & ((leaving >> bit) & 1).wrapping_neg();
        }
    }
    register
}
