//! One line and two counters for each request.
//!
//! A line has the name of the request, the path as the router knows it, without the address in it,
//! what was answered, lengths and time. It has no body, no header but the name, no client, and
//! nothing of an address: who may read logs should not learn from them who reads which record.

use alloc::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, Method, Request, header};
use http_body::Body as _;
use tokio::time::Instant;

use super::Metrics;
use crate::limits::rates::Exceeded;

/// The paths by which requests are counted; every other is `other`.
const ROUTES: &[&str] = &[
    "/",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/openapi.json",
    "/v1/commits",
    "/v1/records/get",
    "/v1/records/{address}",
    "/v1/restores",
    "/version",
];

/// The methods that are named; any other can be a text of its client's.
const METHODS: [Method; 4] = [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST];

/// Counts a request, and logs it when it was answered.
pub(crate) async fn observe(
    State(metrics): State<Arc<Metrics>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let began = Instant::now();
    let path = request.extensions().get::<MatchedPath>();
    let route = path.and_then(|path| ROUTES.iter().find(|route| **route == path.as_str()));
    let route = route.copied().unwrap_or("other");
    let received = announced(request.headers()).or_else(|| request.body().size_hint().exact());
    let method = METHODS.into_iter().find(|known| known == request.method());
    let method = method.map_or_else(|| "other".to_owned(), |known| known.to_string());

    let response = next.run(request).await;

    let took = began.elapsed();
    let status = response.status().as_u16();
    let sent = response.body().size_hint().exact();
    metrics.answered(route, status, took);
    match status {
        408 => metrics.turned_away("pace"),
        413 => metrics.turned_away("size"),
        _ => {}
    }
    if let Some(Exceeded(rate)) = response.extensions().get() {
        metrics.turned_away(rate);
    }
    metrics.sent.inc_by(sent.unwrap_or(0));
    let id = response.headers().get(tki_storage_http::wire::REQUEST_ID);
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or("");
    let milliseconds = took.as_secs_f64() * 1000.0;
    if status >= 500 {
        tracing::warn!(
            id,
            method,
            route,
            status,
            received,
            sent,
            milliseconds,
            "request"
        );
    } else {
        tracing::info!(
            id,
            method,
            route,
            status,
            received,
            sent,
            milliseconds,
            "request"
        );
    }
    response
}

/// The length that a head says.
fn announced(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}
