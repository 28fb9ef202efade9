//! What runs beside the server for its operator: the admin socket, the metrics, the background check.

use alloc::sync::Arc;
use core::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use tki_storage::Browse;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::admin::{SOCKET, Socket};
use crate::app::App;
use crate::metrics::serve_metrics;
use crate::notice::Notice;
use crate::scrub::Scrub;

/// Why something for the operator could not be begun.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Metrics cannot be given out there.
    #[error("cannot listen for metrics on {listen}")]
    Metrics {
        /// The address.
        listen: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There can be no admin socket.
    #[error("the admin socket {} cannot be made; another server may use this folder", path.display())]
    Socket {
        /// Its name.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// What runs; it ends when this is dropped.
pub(super) struct Operations {
    tasks: JoinSet<()>,
}

impl Operations {
    /// Never ends: what runs beside the server is no reason to end it.
    pub(super) async fn go_on(mut self) {
        while self.tasks.join_next().await.is_some() {}
        core::future::pending::<()>().await;
    }
}

/// Begins everything that the settings name.
pub(super) async fn begin(app: &App, storage: Arc<dyn Browse>) -> Result<Operations, Failure> {
    let settings = &app.config.operations;
    let mut tasks = JoinSet::new();
    if let Some(folder) = &settings.data {
        let path = folder.join(SOCKET);
        let failed = |source| Failure::Socket { path, source };
        let mut builder = std::fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(folder);
        let opened = match made {
            Ok(()) => Socket::open(folder).await,
            Err(error) => Err(error),
        };
        tasks.spawn(opened.map_err(failed)?.serve(Arc::clone(&storage)));
    }
    if let Some(listen) = settings.metrics_listen {
        let failed = |source| Failure::Metrics { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let failed = |source| Failure::Metrics { listen, source };
        let address = listener.local_addr().map_err(failed)?;
        app.tell(&Notice::Measuring { address });
        tasks.spawn(serve_metrics(app.metrics(), listener));
    }
    if let Some(settings) = settings.scrub() {
        let clock = Arc::clone(&app.surroundings.unix_seconds);
        let scrub = Scrub::new(storage, app.metrics(), settings, move || clock());
        tasks.spawn(scrub.run());
    }
    Ok(Operations { tasks })
}
