//! `/metrics`, on a listener of its own: what is counted is for the operator, not for clients.

use alloc::sync::Arc;
use core::convert::Infallible;
use core::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::Metrics;

/// What the text is.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How many may ask at once.
const CONNECTIONS: usize = 16;

/// How long one may take to ask.
const HEAD: Duration = Duration::from_secs(10);

/// How long nothing is accepted after the system had no more of something, such as open files.
const BREATH: Duration = Duration::from_millis(100);

/// Answers `GET /metrics` over HTTP/1.1, until it is dropped.
pub async fn serve_metrics(metrics: Arc<Metrics>, listener: TcpListener) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let metrics = Arc::clone(&metrics);
        tokio::spawn(async move {
            let answer = service_fn(|request| {
                let answer = answer(&metrics, &request);
                async { Ok::<_, Infallible>(answer) }
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD);
            // Who breaks off has what he wanted.
            drop(http.serve_connection(TokioIo::new(stream), answer).await);
            drop(permit);
        });
    }
}

fn answer(metrics: &Metrics, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if request.uri().path() != "/metrics" || request.method() != Method::GET {
        let mut response = Response::new(Full::from("only GET /metrics is here\n"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let mut response = Response::new(Full::from(metrics.text()));
    let value = HeaderValue::from_static(CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}
