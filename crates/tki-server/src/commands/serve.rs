//! `tki-server`: the server itself.

mod operations;

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::time::Duration;

use tki_storage::Browse;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::app::{App, Surroundings};
use crate::config::Config;
use crate::described::described;
use crate::notice::Notice;
use crate::serve::{Ended, serve};
use crate::tls::{Tls, TlsError};

pub use operations::Failure as OperationsFailure;

/// How often the files of the certificate are looked at.
const LOOK: Duration = Duration::from_secs(10);

/// Why a server could not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Nobody can be listened to there.
    #[error("cannot listen on {listen}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The storage could not be opened.
    #[error("the storage {storage} cannot be opened")]
    Storage {
        /// Its URL, without a password.
        storage: String,
        /// What the backend said.
        #[source]
        source: tki_storage::Error,
    },
    /// Something for the operator could not be begun.
    #[error(transparent)]
    Operations(#[from] operations::Failure),
    /// The certificate cannot be used.
    #[error("TLS cannot be spoken")]
    Tls(#[from] TlsError),
}

/// Opens the storage, listens and serves until `end`. Whenever `reload` is notified, and when its
/// files change, the certificate is read again.
///
/// # Errors
/// [`Failure::Storage`], [`Failure::Tls`], [`Failure::Listen`].
pub async fn run(
    config: Config,
    surroundings: Surroundings,
    reload: &Notify,
    end: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let tls = config.tls.clone().map(Tls::load).transpose()?.map(Arc::new);
    let opened = config.storage.open().await;
    let backend = opened.map_err(|source| Failure::Storage {
        storage: config.storage.to_string(),
        source,
    })?;
    let listen = config.listen;
    let failed = |source| Failure::Listen { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let storage: Arc<dyn Browse> = Arc::clone(&backend.storage);
    let app = App::new(config, storage, surroundings);
    backend.count(&app.metrics);
    let operations = operations::begin(&app, Arc::clone(&backend.storage)).await?;
    let with_tls = tls.is_some();
    if !with_tls && !address.ip().is_loopback() {
        app.tell(&Notice::WithoutTls { address });
    }
    app.tell(&Notice::Listening {
        address,
        tls: with_tls,
    });
    let serving = serve(Arc::clone(&app), listener, tls.clone(), end);
    tokio::select! {
        ended = serving => Ok(ended),
        // Neither of these ends.
        () = follow(&app, tls.as_deref(), reload) => Ok(Ended::Completely),
        () = backend.measure(&app) => Ok(Ended::Completely),
        () = operations.go_on() => Ok(Ended::Completely),
    }
}

/// Reads the certificate again when it may have changed, and says what became of it.
async fn follow(app: &App, tls: Option<&Tls>, reload: &Notify) {
    let mut said = String::new();
    loop {
        let told = tokio::select! {
            () = reload.notified() => true,
            () = sleep(LOOK) => false,
        };
        let Some(tls) = tls else { continue };
        match tls.reload() {
            Ok(true) => {
                said.clear();
                app.tell(&Notice::CertificateChanged);
            }
            Ok(false) => said.clear(),
            Err(error) => {
                let reason = described(&error);
                // What is wrong is said once, and each time somebody asks.
                if told || reason != said {
                    said.clone_from(&reason);
                    app.tell(&Notice::CertificateKept { reason });
                }
            }
        }
    }
}
