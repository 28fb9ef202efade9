//! A server of ours in this process, over a storage of the test's.

use alloc::sync::Arc;
use std::time::Instant;

use tki_server::backend::StorageUrl;
use tki_server::config::Rates;
use tki_server::{App, Config, Surroundings, serve};
use tki_storage::Storage;
use tki_storage_http::HttpStorage;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running server; it ends when it is told to, or with the test.
pub(crate) struct Server {
    /// Host and port.
    pub(crate) address: String,
    end: Option<oneshot::Sender<()>>,
    ended: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(storage: Arc<dyn Storage>) -> Self {
        Self::with(storage, |_| ()).await
    }

    /// With other settings than usual.
    #[expect(clippy::disallowed_methods, reason = "a test brings the clock")]
    pub(crate) async fn with(storage: Arc<dyn Storage>, set: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut config = Config::new(StorageUrl::Memory);
        // A suite asks for more than anybody would.
        config.rates = Rates::default();
        set(&mut config);
        let app = App::new(config, storage, Surroundings::new(Instant::now, 1));
        let (end, told) = oneshot::channel();
        let ended = tokio::spawn(async move {
            serve(app, listener, None, async {
                told.await.ok();
            })
            .await;
        });
        Self {
            address,
            end: Some(end),
            ended,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn client(&self) -> HttpStorage {
        let client = HttpStorage::builder(&self.url()).build().unwrap();
        client.connect().await.unwrap()
    }

    /// Ends it, with what it has begun.
    pub(crate) async fn end(mut self) {
        self.end.take().unwrap().send(()).ok();
        self.ended.await.unwrap();
    }
}
