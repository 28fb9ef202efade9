//! One line and two counters for each request.
//!
//! A line has the name of the request, the path as the router knows it, without the address in it,
//! what was answered, lengths and time. It has no body, no header but the name, no client, and
//! nothing of an address: who may read logs should not learn from them who reads which record.

use axum::body::Body;
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
    "/openapi.json",
    "/v1/commits",
    "/v1/records/get",
    "/v1/restores",
    "/version",
];

/// The methods that are named; any other can be a text of its client's.
const METHODS: &[&str] = &["GET", "HEAD", "OPTIONS", "POST"];

/// The path of one record, without which one it is.
const RECORD: &str = "/v1/records/{address}";

/// A request that is being answered.
pub(crate) struct Observed {
    began: Instant,
    route: &'static str,
    method: &'static str,
    received: Option<u64>,
}

impl Observed {
    /// From the head of the request on.
    pub(crate) fn begin(request: &Request<Body>) -> Self {
        Self {
            began: Instant::now(),
            route: route(request.uri().path()),
            method: named(request.method()),
            received: announced(request.headers()).or_else(|| request.body().size_hint().exact()),
        }
    }

    /// Counts the request, and logs it: it has this answer.
    pub(crate) fn end(self, metrics: &Metrics, response: &Response) {
        let Self {
            began,
            route,
            method,
            received,
        } = self;
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
    }
}

fn named(method: &Method) -> &'static str {
    let known = METHODS.iter().find(|known| **known == method.as_str());
    known.copied().unwrap_or("other")
}

/// By which path a request is counted.
fn route(path: &str) -> &'static str {
    if let Some(route) = ROUTES.iter().find(|route| **route == path) {
        return route;
    }
    let address = path.strip_prefix(tki_storage_http::wire::RECORD_PATH);
    if address.is_some_and(|address| !address.is_empty() && !address.contains('/')) {
        RECORD
    } else {
        "other"
    }
}

/// The length that a head says.
fn announced(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}
