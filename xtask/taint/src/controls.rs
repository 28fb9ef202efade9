//! Controls: two mistakes that must be reported, and the same choice made well, which must not.
//! Without them a silent valgrind could mean that it saw nothing.

use core::hint::black_box;

use subtle::{Choice, ConditionallySelectable as _};

use crate::source::secret_bytes;

/// A branch on a secret.
#[inline(never)]
pub(crate) fn control_branch() {
    let bytes = secret_bytes(1);
    if black_box(bytes[0]) & 1 == 1 {
        black_box(branch_taken());
    }
}

/// What the branch leads to; a call, so that no conditional move takes its place.
#[inline(never)]
fn branch_taken() -> u8 {
    black_box(1)
}

/// A table look-up at a secret place.
#[inline(never)]
pub(crate) fn control_table() {
    let table: [u8; 256] = core::array::from_fn(|place| place.to_le_bytes()[0]);
    let bytes = secret_bytes(2);
    black_box(black_box(&table)[usize::from(bytes[0])]);
}

/// A choice by a secret that costs no branch.
#[inline(never)]
pub(crate) fn control_select() {
    let bytes = secret_bytes(3);
    let choice = Choice::from(bytes[0] & 1);
    black_box(u8::conditional_select(&bytes[1], &bytes[2], choice));
}
