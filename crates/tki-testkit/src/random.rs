//! Randomness for tests: printed, repeatable, and settable by `TKI_TEST_SEED`.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// The environment variable that sets the seed of every randomised test.
pub const SEED_VARIABLE: &str = "TKI_TEST_SEED";

/// The seed of this run: the number in [`SEED_VARIABLE`], or 1.
#[must_use]
pub fn seed() -> u64 {
    number(SEED_VARIABLE, 1)
}

/// The number in this environment variable, or another: how long a test that can be longer runs.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the length of a run is given by the environment"
)]
pub fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// A generator for the test of this name; two names give unrelated streams. Prints its seed, which
/// the test runner shows when the test fails.
#[must_use]
#[expect(clippy::print_stdout, reason = "a failing test shows its seed")]
pub fn rng(test: &str) -> ChaCha20Rng {
    let seed = seed();
    println!("{test}: {SEED_VARIABLE}={seed}");
    let mut bytes = [0u8; 32];
    for (position, byte) in seed
        .to_le_bytes()
        .into_iter()
        .chain(test.bytes())
        .enumerate()
    {
        if let Some(slot) = bytes.get_mut(position % 32) {
            *slot = slot.wrapping_mul(31).wrapping_add(byte);
        }
    }
    ChaCha20Rng::from_seed(bytes)
}
