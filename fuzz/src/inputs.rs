//! Takes an input apart, and makes what seeds are made of.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// A generator that is the same in every run.
pub(crate) fn rng(number: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([number; 32])
}

/// The first byte, which chooses what is done with the others.
pub(crate) fn choice(data: &[u8]) -> (u8, &[u8]) {
    match data.split_first() {
        Some((choice, rest)) => (*choice, rest),
        None => (0, data),
    }
}

/// As many bytes as fit, and zeroes for the rest.
pub(crate) fn array<const N: usize>(data: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    for (place, byte) in array.iter_mut().zip(data) {
        *place = *byte;
    }
    array
}

/// Each of these inputs behind this choice.
pub(crate) fn chosen(choice: u8, inputs: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let chosen = |mut input: Vec<u8>| {
        input.insert(0, choice);
        input
    };
    inputs.into_iter().map(chosen).collect()
}

/// The file with one bit of this byte changed; `None` if there is no such byte.
pub(crate) fn flipped(bytes: &[u8], place: usize, bit: u8) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    *bytes.get_mut(place)? ^= 1 << (bit % 8);
    Some(bytes)
}
