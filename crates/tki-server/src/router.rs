//! Every path, and what stands before all of them.

use alloc::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use core::net::{IpAddr, Ipv4Addr};
use http::header::{ORIGIN, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, StatusCode};
use tki_storage_http::wire::{self, Kind};

use crate::app::App;
use crate::asker::Asker;
use crate::cors;
use crate::limits::clients::Client;
use crate::limits::sending::Sending;
use crate::metrics::observe;
use crate::page::page;
use crate::problem::Refusal;
use crate::routes::{commits, health, openapi, records, restores, version};
use crate::serve::Peer;

/// Headers of a request. In HTTP/2 a byte of a head can stand for a header of any length that was sent
/// before, and nobody else counts them.
pub(crate) const MAX_HEADERS: usize = 64;

/// The server's paths.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/v1/records/{address}", get(records::get))
        .route(wire::GET_PATH, post(records::get_many))
        .route(wire::COMMITS_PATH, post(commits::commit))
        .route(wire::RESTORES_PATH, post(restores::restore))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route(wire::VERSION_PATH, get(version::version))
        .route("/openapi.json", get(openapi::openapi))
        .fallback(no_such_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(Arc::clone(&app), every_request))
        .layer(from_fn_with_state(app.metrics(), observe))
        .with_state(app)
}

/// What is done for every request, whatever it asks for.
async fn every_request(
    State(app): State<Arc<App>>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    // Step 1.1: a request has a name: its own if that is well-formed, else a new one.
    let named = request.headers().get(wire::REQUEST_ID);
    let named = named.filter(|named| well_formed(named));
    let id = match named {
        Some(named) => Some(named.clone()),
        None => HeaderValue::try_from(app.request_id()).ok(),
    };
    let (peer, sending) = match request.extensions().get::<Peer>() {
        Some(peer) => (peer.address.ip(), peer.sending.clone()),
        // Asked without a connection.
        None => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), Sending::default()),
    };
    let client = Client::behind(peer, request.headers(), &app.config.trusted_proxies);
    request.extensions_mut().insert(Asker { client, sending });
    let allowed = cors::allowed(&app.config.cors, request.headers().get(ORIGIN));

    let mut response = if cors::is_preflight(request.method(), request.headers()) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        cors::say_what(response.headers_mut());
        response
    } else if request.headers().len() > MAX_HEADERS {
        Refusal::new(Kind::Malformed, "the request has too many headers").into_response()
    } else {
        next.run(request).await
    };

    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    cors::say(&app.config.cors, allowed, headers);
    if let Some(id) = id {
        headers.insert(wire::REQUEST_ID, id);
    }
    response
}

/// 1 to 64 letters, digits, points, hyphens and underscores.
fn well_formed(id: &HeaderValue) -> bool {
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
