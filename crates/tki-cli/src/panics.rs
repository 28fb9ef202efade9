//! What becomes of a panic: an answer like any other, on standard error, as JSON if that is asked
//! for.
//!
//! redb panics on some damaged files, and `tki-storage-redb` catches that and calls the file
//! corrupt: nothing about it is printed. Any other panic is a bug of ours.

use core::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use crate::error::{Failure, Kind};

/// What the newest panic said, and where.
static NEWEST: Mutex<Option<String>> = Mutex::new(None);

/// Keeps what a panic says instead of printing it.
pub(crate) fn keep_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let newest = panic.to_string();
        *NEWEST.lock().unwrap_or_else(PoisonError::into_inner) = Some(newest);
    }));
}

/// Runs a command to its end, whatever happens.
pub(crate) fn catch(command: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    // Correctness: nothing of the command is used afterwards.
    std::panic::catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(|_| {
        let newest = NEWEST.lock().unwrap_or_else(PoisonError::into_inner).take();
        let text = newest.unwrap_or_else(|| "panicked".into());
        Err(Failure::new(
            Kind::Internal,
            format!("internal error: {text}"),
        ))
    })
}
