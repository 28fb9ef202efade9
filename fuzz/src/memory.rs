//! How much memory a decoder takes, compared with what it was given.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What any decoder may allocate, whatever it is given.
const FIXED: usize = 16 * 1024;

/// What it may allocate for each byte of the input, all allocations added up. A stored list of
/// small things takes more room in memory than in its encoding, and is encoded again to be
/// compared.
const PER_BYTE: usize = 48;

/// What reading a stored type may allocate besides: serde makes room for what a list says it holds,
/// at most 1 MiB, before it reads the first element, and lists are at most four deep.
const PREPARED: usize = 4 * 1024 * 1024;

/// Does the work, and panics if it allocated more than an input of this length pays for.
pub(crate) fn bounded<T>(input: usize, work: impl FnOnce() -> T) -> T {
    measured(FIXED + PER_BYTE * input, input, work)
}

/// As [`bounded`], for what is read through serde.
pub(crate) fn bounded_stored<T>(input: usize, work: impl FnOnce() -> T) -> T {
    measured(FIXED + PREPARED + PER_BYTE * input, input, work)
}

fn measured<T>(limit: usize, input: usize, work: impl FnOnce() -> T) -> T {
    let region = Region::new(ALLOCATOR);
    let value = work();
    let allocated = region.change().bytes_allocated;
    assert!(
        allocated <= limit,
        "{allocated} bytes allocated for an input of {input}"
    );
    value
}
