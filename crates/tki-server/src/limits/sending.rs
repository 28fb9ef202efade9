//! Answers on their way: each must be taken at the pace that bodies must have.
//!
//! A write that waits has its own limit (`serve/timed.rs`). It does not see who takes a byte now and
//! then, nor a stream of HTTP/2 whose client lets nothing more come, while it answers everything
//! else on the same connection.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::config::Config;

/// The answers that one connection has not yet taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sending {
    answers: Arc<Mutex<Answers>>,
}

#[derive(Debug, Default)]
struct Answers {
    last: u64,
    /// When each must have been taken.
    due: BTreeMap<u64, Instant>,
}

/// One answer, until its last byte has left.
#[derive(Debug)]
pub(crate) struct Sent {
    number: u64,
    sending: Sending,
}

impl Sending {
    /// An answer of so many bytes.
    pub(crate) fn begin(&self, bytes: usize, config: &Config) -> Sent {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let seconds = bytes.checked_div(config.body_rate).unwrap_or(u64::MAX);
        let allowed = config
            .write_timeout
            .saturating_add(Duration::from_secs(seconds))
            .min(config.body_timeout);
        let now = Instant::now();
        let mut answers = self.lock();
        answers.last = answers.last.wrapping_add(1);
        let number = answers.last;
        let due = now.checked_add(allowed).unwrap_or(now);
        answers.due.insert(number, due);
        drop(answers);
        Sent {
            number,
            sending: self.clone(),
        }
    }

    /// Returns when an answer has not been taken in time; looks as often as this.
    pub(crate) async fn overdue(&self, look: Duration) {
        loop {
            tokio::time::sleep(look).await;
            let now = Instant::now();
            if self.lock().due.values().any(|due| *due <= now) {
                return;
            }
        }
    }

    /// Whether every answer was taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().due.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.sending.lock().due.remove(&self.number);
    }
}
