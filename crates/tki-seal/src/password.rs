//! A key from a passphrase: Argon2id (RFC 9106), version 0x13, 32-byte salt and output.
//!
//! People choose passphrases that can be guessed, so that each guess has to cost something: time, and
//! memory that cannot be had cheaply. The salt makes the guesses for one file useless for another.
//! With n guesses in a year, a passphrase is found in a year if it is among the n likeliest: the
//! parameters say how large n is, and the passphrase has to do the rest.
//!
//! Specification: `docs/spec/seal.md`, section 5.

use alloc::vec::Vec;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

/// What deriving a key from a passphrase costs, within bounds.
///
/// The bounds exist because these numbers are read from files that anybody may have written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Argon2Params {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

impl Argon2Params {
    /// 64 MiB, 8 passes, one lane: about half a second.
    pub const DEFAULT: Self = Self {
        memory_kib: 64 * 1024,
        iterations: 8,
        parallelism: 1,
    };

    /// Bytes of an encoding.
    pub const BYTES: usize = 12;

    /// Most memory: 1 GiB.
    pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;

    /// Most passes over the memory.
    pub const MAX_ITERATIONS: u32 = 64;

    /// Most lanes.
    pub const MAX_PARALLELISM: u32 = 16;

    /// Parameters within the bounds.
    ///
    /// # Errors
    ///
    /// [`PasswordError::ParametersOutOfBounds`] unless each number is at least 1 and at most its
    /// maximum, and there are 8 KiB of memory for each lane.
    pub const fn new(
        memory_kib: u32,
        iterations: u32,
        parallelism: u32,
    ) -> Result<Self, PasswordError> {
        let in_bounds = 1 <= parallelism
            && parallelism <= Self::MAX_PARALLELISM
            && 8 * parallelism <= memory_kib
            && memory_kib <= Self::MAX_MEMORY_KIB
            && 1 <= iterations
            && iterations <= Self::MAX_ITERATIONS;
        if in_bounds {
            Ok(Self {
                memory_kib,
                iterations,
                parallelism,
            })
        } else {
            Err(PasswordError::ParametersOutOfBounds)
        }
    }

    /// The smallest parameters there are: 8 KiB, one pass. They protect nothing.
    #[must_use]
    pub const fn insecure_for_tests() -> Self {
        Self {
            memory_kib: 8,
            iterations: 1,
            parallelism: 1,
        }
    }

    /// KiB of memory.
    #[must_use]
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    #[must_use]
    pub const fn iterations(self) -> u32 {
        self.iterations
    }

    /// Lanes.
    #[must_use]
    pub const fn parallelism(self) -> u32 {
        self.parallelism
    }

    /// The three numbers, each in four little-endian bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let [a, b, c] = [self.memory_kib, self.iterations, self.parallelism].map(u32::to_le_bytes);
        let [a0, a1, a2, a3] = a;
        let [b0, b1, b2, b3] = b;
        let [c0, c1, c2, c3] = c;
        [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3]
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// [`PasswordError::ParametersOutOfBounds`] as [`new`](Self::new).
    pub const fn from_bytes(bytes: &[u8; Self::BYTES]) -> Result<Self, PasswordError> {
        let [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3] = *bytes;
        Self::new(
            u32::from_le_bytes([a0, a1, a2, a3]),
            u32::from_le_bytes([b0, b1, b2, b3]),
            u32::from_le_bytes([c0, c1, c2, c3]),
        )
    }
}

/// Derives a 32-byte key from a passphrase.
///
/// # Errors
///
/// [`PasswordError::OutOfMemory`], [`PasswordError::PasswordTooLong`] beyond 4 GiB.
///
/// # Security
///
/// The first half of the first pass is independent of the passphrase, the rest is not: an observer
/// of memory accesses learns something. The memory is wiped.
pub fn derive(
    password: &[u8],
    salt: &[u8; 32],
    params: Argon2Params,
) -> Result<Zeroizing<[u8; 32]>, PasswordError> {
    // Step 5.1: Argon2id, version 0x13, no secret, no associated data, 32 bytes of output.
    let params = Params::new(
        params.memory_kib,
        params.iterations,
        params.parallelism,
        Some(32),
    )
    .map_err(|_| PasswordError::ParametersOutOfBounds)?;
    // The memory is ours, because `argon2` gives its own back without wiping it.
    let mut memory = Zeroizing::new(Vec::new());
    memory
        .try_reserve_exact(params.block_count())
        .map_err(|_| PasswordError::OutOfMemory)?;
    memory.resize(params.block_count(), Block::default());
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, salt, key.as_mut_slice(), memory.as_mut_slice())
        .map_err(|_| PasswordError::PasswordTooLong)?;
    Ok(key)
}

/// Why no key was derived.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PasswordError {
    /// There is not as much memory as the parameters ask for.
    OutOfMemory,
    /// Too much or too little of memory, iterations or parallelism.
    ParametersOutOfBounds,
    /// The passphrase is longer than Argon2 allows, which is 4 GiB.
    PasswordTooLong,
}

impl core::fmt::Display for PasswordError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::OutOfMemory => "not enough memory to derive a key from the passphrase",
            Self::ParametersOutOfBounds => "key derivation parameters are out of bounds",
            Self::PasswordTooLong => "passphrase is too long",
        })
    }
}

impl core::error::Error for PasswordError {}
