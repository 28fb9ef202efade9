//! Every path, and what stands before all of them.

use alloc::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::{HeaderValue, Request};
use tki_storage_http::wire::{self, Kind};

use crate::app::App;
use crate::problem::Refusal;
use crate::routes::{commits, health, records, restores, version};

/// The server's paths.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/records/{address}", get(records::get))
        .route(wire::GET_PATH, post(records::get_many))
        .route(wire::COMMITS_PATH, post(commits::commit))
        .route(wire::RESTORES_PATH, post(restores::restore))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route(wire::VERSION_PATH, get(version::version))
        .fallback(no_such_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(Arc::clone(&app), every_request))
        .with_state(app)
}

/// What is done for every request, whatever it asks for.
async fn every_request(
    State(app): State<Arc<App>>,
    request: Request<axum::body::Body>,
    next: Next,
) -> Response {
    // Step 1.1: a request has a name: its own if that is well-formed, else a new one.
    let named = request.headers().get(wire::REQUEST_ID).filter(well_formed);
    let id = match named {
        Some(named) => Some(named.clone()),
        None => HeaderValue::try_from(app.request_id()).ok(),
    };
    let mut response = next.run(request).await;
    if let Some(id) = id {
        response.headers_mut().insert(wire::REQUEST_ID, id);
    }
    response
}

/// 1 to 64 letters, digits, points, hyphens and underscores.
fn well_formed(id: &&HeaderValue) -> bool {
    let bytes = id.as_bytes();
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
    (1..=64).contains(&bytes.len()) && bytes.iter().all(allowed)
}

// Step 1.2: neither of these means that a record is absent.
async fn no_such_path() -> Response {
    Refusal::new(Kind::NoSuchPath, "there is no such path").into_response()
}

async fn method_not_allowed() -> Response {
    Refusal::new(
        Kind::MethodNotAllowed,
        "this path does not know this method",
    )
    .into_response()
}
