//! How many bytes of bodies and answers may be in memory at once, in all and for each client.
//!
//! A body takes its part as its bytes arrive, an answer before it is read from the storage, and both
//! give it back when they are gone: an answer when its last byte was handed to the connection. What
//! finds no room waits a moment, and is then told that the server is busy. One client alone never
//! has more than its share, so that the rest is for the others.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::clients::Client;
use super::sending::Sent;
use crate::config::Config;

/// What one permit stands for, in bytes.
const UNIT: usize = 1024;

/// The room that there is.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    all: Arc<Semaphore>,
    /// Units of one client.
    share: usize,
    clients: Arc<Mutex<BTreeMap<Client, Arc<Semaphore>>>>,
    wait: Duration,
}

/// There was no room for as long as was waited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NoRoom;

impl Budget {
    /// The room that is configured; a quarter of it, but at least that of one request, for one
    /// client.
    pub(crate) fn new(config: &Config) -> Self {
        let units = |bytes: usize| (bytes / UNIT).clamp(1, Semaphore::MAX_PERMITS);
        let request = config.max_body.saturating_mul(4);
        let share = (config.memory / 4).max(request).min(config.memory);
        Self {
            all: Arc::new(Semaphore::new(units(config.memory))),
            share: units(share),
            clients: Arc::default(),
            wait: config.memory_wait,
        }
    }

    /// Room for so many bytes.
    pub(crate) async fn reserve(&self, client: Client, bytes: usize) -> Result<Room, NoRoom> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).map_err(|_| NoRoom)?;
        // Dropped, whatever comes of the waiting, it forgets a client that has nothing.
        let known = Known {
            client,
            budget: self.clone(),
        };
        let share = known.share();
        let waiting = async {
            let own = share.acquire_many_owned(units).await.ok()?;
            let all = Arc::clone(&self.all).acquire_many_owned(units).await.ok()?;
            Some((own, all))
        };
        let reserved = tokio::time::timeout(self.wait, waiting).await;
        let (own, all) = reserved.ok().flatten().ok_or(NoRoom)?;
        Ok(Room { own, all, known })
    }

    /// How many bytes are free.
    pub(crate) fn free(&self) -> usize {
        self.all.available_permits().saturating_mul(UNIT)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Client, Arc<Semaphore>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client that has room, or asks for it.
#[derive(Debug)]
struct Known {
    client: Client,
    budget: Budget,
}

impl Known {
    fn share(&self) -> Arc<Semaphore> {
        let units = self.budget.share;
        let mut clients = self.budget.lock();
        let share = clients.entry(self.client);
        Arc::clone(share.or_insert_with(|| Arc::new(Semaphore::new(units))))
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        let mut clients = self.budget.lock();
        // Permits and those who wait hold the share; when all is there and nobody does, it is as
        // good as a new one.
        let unused = |share: &Arc<Semaphore>| Arc::strong_count(share) == 1;
        if clients.get(&self.client).is_some_and(unused) {
            clients.remove(&self.client);
        }
    }
}

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Room {
    own: OwnedSemaphorePermit,
    all: OwnedSemaphorePermit,
    /// Last, so that it finds the permits given back.
    #[expect(dead_code, reason = "dropped with the permits")]
    known: Known,
}

impl Room {
    /// Takes another part of the same client in.
    pub(crate) fn merge(&mut self, other: Self) {
        let Self { own, all, .. } = other;
        self.own.merge(own);
        self.all.merge(all);
    }

    /// Gives back what is more than so many bytes.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let left = bytes.div_ceil(UNIT);
        for permit in [&mut self.own, &mut self.all] {
            let excess = permit.num_permits().saturating_sub(left);
            drop(permit.split(excess));
        }
    }

    /// Bytes that keep their room until they are sent.
    pub(crate) fn hold(mut self, bytes: Vec<u8>, sent: Sent) -> Bytes {
        self.shrink_to(bytes.len());
        Bytes::from_owner(Held {
            bytes,
            room: self,
            sent,
        })
    }
}

struct Held {
    bytes: Vec<u8>,
    #[expect(dead_code, reason = "dropped with the bytes")]
    room: Room,
    #[expect(dead_code, reason = "dropped with the bytes")]
    sent: Sent,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::StorageUrl;

    fn budget() -> Budget {
        let mut config = Config::new(StorageUrl::Memory);
        config.max_body = 100 * UNIT;
        config.memory = 4000 * UNIT;
        Budget::new(&config)
    }

    fn client(text: &str) -> Client {
        Client::of(text.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn one_client_leaves_room_for_others_and_the_last_leaves_nothing_behind() {
        let budget = budget();
        let [one, other] = [client("192.0.2.1"), client("192.0.2.2")];
        let mut room = budget.reserve(one, 600 * UNIT).await.unwrap();
        room.merge(budget.reserve(one, 400 * UNIT).await.unwrap());
        assert_eq!(budget.reserve(one, 1).await.err(), Some(NoRoom));
        let others = budget.reserve(other, 1000 * UNIT).await.unwrap();
        room.shrink_to(10);
        drop(budget.reserve(one, 999 * UNIT).await.unwrap());
        drop((room, others));
        assert!(budget.lock().is_empty());
        assert_eq!(budget.all.available_permits(), 4000);
    }

    #[tokio::test(start_paused = true)]
    async fn all_clients_together_have_no_more_than_there_is() {
        let budget = budget();
        let mut rooms = Vec::new();
        for number in 1..=4 {
            let client = client(&format!("192.0.2.{number}"));
            rooms.push(budget.reserve(client, 1000 * UNIT).await.unwrap());
        }
        let fifth = client("192.0.2.5");
        assert_eq!(budget.reserve(fifth, 1).await.err(), Some(NoRoom));
        rooms.pop();
        drop(budget.reserve(fifth, 1000 * UNIT).await.unwrap());
    }
}
