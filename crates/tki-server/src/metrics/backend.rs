//! What a storage says of itself when somebody asks.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::{STATES, States};

/// Of one kind of storage each, and 0 for the others.
#[derive(Debug, Default)]
pub(crate) struct BackendMetrics {
    writes: Counter,
    durable_writes: Counter,
    connections: Family<States, Gauge>,
    connections_limit: Gauge,
    connections_waiting: Gauge,
}

impl BackendMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let help = "Commits and restores that the storage in a file wrote";
        registry.register("storage_writes", help, self.writes.clone());
        let help = "Syncs of the disk that these shared";
        let counter = self.durable_writes.clone();
        registry.register("storage_durable_writes", help, counter);
        let help = "Connections to the database that are open";
        let gauges = self.connections.clone();
        registry.register("storage_connections", help, gauges);
        let help = "Connections to the database that there may be";
        let gauge = self.connections_limit.clone();
        registry.register("storage_connections_limit", help, gauge);
        let help = "Calls that wait for a connection to the database";
        let gauge = self.connections_waiting.clone();
        registry.register("storage_connections_waiting", help, gauge);
        for state in STATES {
            drop(self.connections.get_or_create(&States { state }));
        }
    }

    /// So many calls were written by so many transactions, since the server began.
    pub(crate) fn set_writes(&self, calls: u64, transactions: u64) {
        raise(&self.writes, calls);
        raise(&self.durable_writes, transactions);
    }

    /// So many connections are in this state.
    #[cfg(feature = "postgres")]
    pub(crate) fn set_connections(&self, state: &'static str, count: usize) {
        set(&self.connections.get_or_create(&States { state }), count);
    }

    /// So many connections there may be, and so many calls wait for one.
    #[cfg(feature = "postgres")]
    pub(crate) fn set_demand(&self, limit: usize, waiting: usize) {
        set(&self.connections_limit, limit);
        set(&self.connections_waiting, waiting);
    }
}

/// Correctness: one thread at a time asks for the text.
fn raise(counter: &Counter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}

#[cfg(feature = "postgres")]
fn set(gauge: &Gauge, to: usize) {
    gauge.set(i64::try_from(to).unwrap_or(i64::MAX));
}
