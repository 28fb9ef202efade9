//! `tki-server serve`: the server itself.

use alloc::sync::Arc;

use tokio::net::TcpListener;

use crate::app::{App, Surroundings};
use crate::config::Config;
use crate::serve::{Ended, serve};

/// Why a server could not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The storage could not be opened.
    #[error("the storage {storage} cannot be opened")]
    Storage {
        /// Its URL, without a password.
        storage: String,
        /// What the backend said.
        #[source]
        source: tki_storage::Error,
    },
    /// Nobody can be listened to there.
    #[error("cannot listen on {listen}: another program may, or the address is not this machine's")]
    Listen {
        /// The address.
        listen: core::net::SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Opens the storage, listens, says where through `listening`, and serves until `end`.
///
/// # Errors
/// [`Failure::Storage`], [`Failure::Listen`].
pub async fn run(
    config: Config,
    surroundings: Surroundings,
    listening: impl FnOnce(core::net::SocketAddr),
    end: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let storage = config.storage.open().map_err(|source| Failure::Storage {
        storage: config.storage.to_string(),
        source,
    })?;
    let listen = config.listen;
    let failed = |source| Failure::Listen { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    listening(listener.local_addr().map_err(failed)?);
    let app = App::new(config, storage, surroundings);
    Ok(serve(Arc::clone(&app), listener, end).await)
}
