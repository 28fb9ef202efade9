//! `tki-load empty`: what the server is made of, with a handler that does nothing.

use alloc::sync::Arc;
use core::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// Serves until it is killed.
pub(crate) async fn run(listen: SocketAddr, bytes: usize) -> Result<(), crate::Failure> {
    let body = Bytes::from(vec![0; bytes]);
    let answer = async move || body.clone();
    let router = Router::new()
        .route("/v1/records/{address}", get(answer))
        .route("/health/ready", get(|| async {}));
    let protocol = Arc::new(Builder::new(TokioExecutor::new()));
    let listener = TcpListener::bind(listen).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(router.clone());
        let protocol = Arc::clone(&protocol);
        tokio::spawn(async move {
            // How a connection ends is its client's business.
            drop(
                protocol
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
    }
}
