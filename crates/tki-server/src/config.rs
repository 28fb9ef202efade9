//! The settings of a server.

mod operations;
mod settings;
mod values;

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::path::PathBuf;

use thiserror::Error;
use tki_storage_http::wire;

use crate::backend::StorageUrl;
use crate::limits::clients::Net;

pub use operations::Operations;
pub use settings::{FileError, Settings};
pub use values::{InvalidValue, Size, Span, Switch};

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
    /// Which pages of browsers may ask.
    pub cors: Cors,
    /// With which certificate it speaks TLS.
    pub tls: Option<TlsFiles>,
    /// Proxies whose word on who asks is taken.
    pub trusted_proxies: Vec<Net>,
    /// How much each client and writer may ask for.
    pub rates: Rates,
    /// When the storage has more bytes, it takes no new ones.
    pub max_storage: Option<u64>,
    /// The largest body of a commit or restore.
    pub max_body: usize,
    /// What bodies and answers may take of the memory, all together.
    pub memory: usize,
    /// How long a request waits for memory.
    pub memory_wait: Duration,
    /// How many connections there may be.
    pub max_connections: usize,
    /// How many of them one client may have.
    pub client_connections: usize,
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
    /// How long the storage may take for an answer.
    pub storage_timeout: Duration,
    /// How long requests may go on after the server was told to end.
    pub shutdown_timeout: Duration,
    /// What is for its operator.
    pub operations: Operations,
}

/// How much a client or a writer may ask for; `None` is as much as it likes. A rate allows ten
/// seconds' worth at once.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Rates {
    /// Records that a client may read in a second.
    pub client_reads: Option<u32>,
    /// Records that a client may write in a second.
    pub client_writes: Option<u32>,
    /// Records that a writer may write in a second.
    pub writer_writes: Option<u32>,
    /// Records that a client may create in a day.
    pub client_new_records: Option<u32>,
}

/// Which pages of browsers may ask. It protects no data: see `docs/decisions`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "there is no fourth way to choose among origins"
)]
pub enum Cors {
    /// Of any origin.
    Any,
    /// Of none.
    None,
    /// Of these origins, each as a browser names it: `https://example.org`.
    Only(Vec<String>),
}

/// A certificate and its key, in PEM.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TlsFiles {
    /// The certificate of the server, followed by those that lead to one that clients know.
    pub certificate: PathBuf,
    /// The key of the first certificate.
    pub key: PathBuf,
}

impl TlsFiles {
    /// These files.
    #[must_use]
    pub const fn new(certificate: PathBuf, key: PathBuf) -> Self {
        Self { certificate, key }
    }
}

/// Settings that cannot all be followed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A certificate is of no use without its key, nor a key without its certificate.
    #[error("tls-cert and tls-key belong together: give both or neither")]
    HalfTls,
    /// One body would not fit into the memory for all of them.
    #[error("memory must be at least four times max-body ({least} bytes)")]
    Memory {
        /// The least that would do.
        least: usize,
    },
    /// An origin is not written as browsers write it.
    #[error("{origin} is no origin: write https://example.org, * for any, none for none")]
    Origin {
        /// What was given.
        origin: String,
    },
    /// Nothing could be served.
    #[error("{setting} must be at least 1")]
    Zero {
        /// The name of the setting.
        setting: &'static str,
    },
}

impl Config {
    /// The settings of a server of this storage that is told nothing else, without limits of rate.
    #[must_use]
    pub const fn new(storage: StorageUrl) -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8420),
            storage,
            restores: true,
            cors: Cors::Any,
            tls: None,
            trusted_proxies: Vec::new(),
            rates: Rates::none(),
            max_storage: None,
            max_body: wire::MAX_RECORDS_BODY,
            memory: 512 << 20,
            memory_wait: Duration::from_secs(2),
            max_connections: 1024,
            client_connections: 256,
            header_timeout: Duration::from_secs(30),
            body_grace: Duration::from_secs(10),
            body_rate: 4 << 10,
            body_timeout: Duration::from_secs(300),
            write_timeout: Duration::from_secs(30),
            storage_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(30),
            operations: Operations::none(),
        }
    }

    /// Whether the settings can be followed.
    ///
    /// # Errors
    /// [`ConfigError::Memory`], [`ConfigError::Zero`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let least = self.max_body.saturating_mul(4);
        if self.memory < least {
            return Err(ConfigError::Memory { least });
        }
        let counts = [
            ("max-connections", self.max_connections),
            ("client-connections", self.client_connections),
            ("max-body", self.max_body),
        ];
        match counts.iter().find(|(_, count)| *count == 0) {
            Some((setting, _)) => Err(ConfigError::Zero { setting }),
            None => Ok(()),
        }
    }
}

impl Rates {
    /// No limits of rate.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            client_reads: None,
            client_writes: None,
            writer_writes: None,
            client_new_records: None,
        }
    }

    /// What the binary begins with: far above what people need, far below what hurts.
    #[must_use]
    pub const fn usual() -> Self {
        Self {
            client_reads: Some(2000),
            client_writes: Some(200),
            writer_writes: Some(50),
            client_new_records: Some(100_000),
        }
    }
}
