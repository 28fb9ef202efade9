//! Randomness for tests: printed, repeatable and settable; or scripted word by word.

use core::convert::Infallible;

use rand_chacha::ChaCha20Rng;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};

/// A generator for the test of this name, seeded by the environment variable `TKI_TEST_SEED`, or
/// by 1. It prints its seed, which the test runner shows when the test fails.
#[expect(
    clippy::disallowed_methods,
    reason = "a test's seed is given by the environment"
)]
#[expect(clippy::print_stdout, reason = "a failing test shows its seed")]
pub(crate) fn rng(test: &str) -> ChaCha20Rng {
    let seed = std::env::var("TKI_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or(1);
    println!("{test}: TKI_TEST_SEED={seed}");
    let mut bytes = [0_u8; 32];
    for (position, byte) in seed
        .to_le_bytes()
        .into_iter()
        .chain(test.bytes())
        .enumerate()
    {
        let slot = &mut bytes[position % 32];
        *slot = slot.wrapping_mul(31).wrapping_add(byte);
    }
    ChaCha20Rng::from_seed(bytes)
}

/// A "generator" that gives out the bytes it was told to, so that a test chooses every coefficient.
pub(crate) struct Script {
    bytes: std::vec::IntoIter<u8>,
}

impl Script {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes: bytes.into_iter(),
        }
    }

    /// Whether everything was asked for.
    pub(crate) fn is_used_up(&self) -> bool {
        self.bytes.len() == 0
    }

    fn next_array<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.bytes.next().expect("the script is long enough"))
    }
}

impl TryRng for Script {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.next_array()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.next_array()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill_with(|| self.bytes.next().expect("the script is long enough"));
        Ok(())
    }
}

impl TryCryptoRng for Script {}
