//! The settings of a server.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use tki_storage_http::wire;

use crate::backend::StorageUrl;

/// Everything that a server is told. Sizes are in bytes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where records are kept.
    pub storage: StorageUrl,
    /// Whether it takes in copies.
    pub restores: bool,
    /// The largest body of a commit or restore.
    pub max_body: usize,
    /// What bodies and answers may take of the memory, all together.
    pub memory: usize,
    /// How long a request waits for memory.
    pub memory_wait: Duration,
    /// How long a connection may take for the head of a request, and stay idle.
    pub header_timeout: Duration,
    /// How long a body may come at no particular pace.
    pub body_grace: Duration,
    /// The pace that a body must have after that, in bytes a second.
    pub body_rate: u64,
    /// How long a body may take in all.
    pub body_timeout: Duration,
    /// How long a client may take nothing of an answer.
    pub write_timeout: Duration,
    /// How many connections there may be.
    pub max_connections: usize,
    /// How long requests may go on after the server was told to end.
    pub shutdown_timeout: Duration,
}

impl Config {
    /// The settings of a server of this storage that is told nothing else.
    #[must_use]
    pub const fn new(storage: StorageUrl) -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8420),
            storage,
            restores: true,
            max_body: wire::MAX_RECORDS_BODY,
            memory: 512 << 20,
            memory_wait: Duration::from_secs(2),
            header_timeout: Duration::from_secs(30),
            body_grace: Duration::from_secs(10),
            body_rate: 4 << 10,
            body_timeout: Duration::from_secs(300),
            write_timeout: Duration::from_secs(30),
            max_connections: 4096,
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}
