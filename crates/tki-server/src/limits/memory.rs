//! How many bytes of bodies and answers may be in memory at once.
//!
//! A body takes its part as its bytes arrive, an answer before it is read from the storage, and both
//! give it back when they are gone: an answer when its last byte was handed to the connection. What
//! finds no room waits a moment, and is then told that the server is busy.

use alloc::sync::Arc;
use core::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What one permit stands for, in bytes.
const UNIT: usize = 1024;

/// The room that there is.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    units: Arc<Semaphore>,
    wait: Duration,
}

/// There was no room for as long as was waited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NoRoom;

impl Budget {
    /// Room for so many bytes, for which a request waits so long.
    pub(crate) fn new(bytes: usize, wait: Duration) -> Self {
        let units = (bytes / UNIT).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            units: Arc::new(Semaphore::new(units)),
            wait,
        }
    }

    /// Room for so many bytes.
    pub(crate) async fn reserve(&self, bytes: usize) -> Result<Room, NoRoom> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).map_err(|_| NoRoom)?;
        let waiting = Arc::clone(&self.units).acquire_many_owned(units);
        match tokio::time::timeout(self.wait, waiting).await {
            Ok(Ok(permit)) => Ok(Room { permit }),
            Ok(Err(_)) | Err(_) => Err(NoRoom),
        }
    }

    /// How many bytes are free.
    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.units.available_permits().saturating_mul(UNIT)
    }
}

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Room {
    permit: OwnedSemaphorePermit,
}

impl Room {
    /// Takes another part in.
    pub(crate) fn merge(&mut self, other: Self) {
        self.permit.merge(other.permit);
    }

    /// Gives back what is more than so many bytes.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let excess = self
            .permit
            .num_permits()
            .saturating_sub(bytes.div_ceil(UNIT));
        drop(self.permit.split(excess));
    }

    /// Bytes that keep their room until they are sent.
    pub(crate) fn hold(mut self, bytes: Vec<u8>) -> Bytes {
        self.shrink_to(bytes.len());
        Bytes::from_owner(Held { bytes, room: self })
    }
}

struct Held {
    bytes: Vec<u8>,
    #[expect(dead_code, reason = "dropped with the bytes")]
    room: Room,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
