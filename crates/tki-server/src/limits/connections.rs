//! How many connections a client has.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clients::Client;

/// The connections of every client that has one.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    most: usize,
    open: Arc<Mutex<BTreeMap<Client, usize>>>,
}

/// One connection, as long as it lasts.
#[derive(Debug)]
pub(crate) struct Connected {
    client: Client,
    connections: Connections,
}

impl Connections {
    /// So many for each.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            open: Arc::default(),
        }
    }

    /// One more of this client, unless it has as many as it may.
    pub(crate) fn open(&self, client: Client) -> Option<Connected> {
        let mut open = self.lock();
        let count = open.entry(client).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Connected {
            client,
            connections: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Client, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        if let Some(count) = open.get_mut(&self.client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_as_many_as_it_may_and_leaves_nothing_behind() {
        let connections = Connections::new(2);
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|ip| Client::of(ip.parse().unwrap()));
        let first = connections.open(one).unwrap();
        let second = connections.open(one).unwrap();
        assert!(connections.open(one).is_none());
        let third = connections.open(other).unwrap();
        drop(first);
        assert!(connections.open(one).is_some());
        drop((second, third));
        assert!(connections.lock().is_empty());
    }
}
