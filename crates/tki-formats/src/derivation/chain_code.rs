//! The second half of an extended key.

use alloc::boxed::Box;
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

/// A chain code: 32 bytes that, with a key, give the keys below it.
///
/// # Security
/// With any child that is not hardened it gives the parent's key away. Wiped when dropped.
pub struct ChainCode(Box<Zeroizing<[u8; 32]>>);

impl ChainCode {
    /// The chain code with these bytes; wiping them is left to the caller.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut kept = Box::new(Zeroizing::new([0; 32]));
        kept.copy_from_slice(bytes);
        Self(kept)
    }

    /// The bytes.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Its bytes wipe themselves.
impl ZeroizeOnDrop for ChainCode {}

impl fmt::Debug for ChainCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainCode(..)")
    }
}
