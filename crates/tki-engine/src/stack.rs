//! Wiping what finished calls left on the stack.
//!
//! Arithmetic and decoding keep secrets in locals for a moment. When a call returns, its frame is free
//! and as it was: until a later call happens to write over it, a dump of the process shows it.
//!
//! As deep as calls go here. Frames further up and registers are out of reach, and so is what the
//! compiler does with a frame that it shares between calls.

use core::hint::black_box;

/// Overwrites the part of the stack on which calls ran that the caller made before this one.
///
/// One `memset`: the compiler has to take the area for used, and so to fill it.
#[inline(never)]
pub(crate) fn wipe() {
    let mut area = [0_u8; DEPTH];
    black_box(&mut area);
}

/// Computes, and wipes all of the stack that this took.
#[inline(never)]
pub(crate) fn wiped<T>(compute: impl FnOnce() -> T) -> T {
    let result = apart(compute);
    wipe();
    result
}

/// In a frame of its own, where [`wipe`]'s will be.
#[inline(never)]
fn apart<T>(compute: impl FnOnce() -> T) -> T {
    compute()
}

/// Bytes.
const DEPTH: usize = 32 * 1024;
