//! Every path, and what stands before all of them.

use alloc::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use core::net::{IpAddr, Ipv4Addr};
use http::header::{ORIGIN, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, StatusCode};
use tki_storage_http::wire::{self, Kind};
use tower::ServiceExt as _;

use crate::app::App;
use crate::asker::Asker;
use crate::cors;
use crate::limits::clients::Client;
use crate::limits::sending::Sending;
use crate::metrics::Observed;
use crate::page::page;
use crate::problem::Refusal;
use crate::routes::{commits, health, openapi, records, restores, version};
use crate::serve::Peer;

/// Headers of a request. In HTTP/2 a byte of a head can stand for a header of any length that was sent
/// before, and nobody else counts them.
pub(crate) const MAX_HEADERS: usize = 64;

/// The server's paths, with all that is done for every request.
pub fn router(app: Arc<App>) -> Router {
    let answers = Answers::new(app);
    Router::new().fallback(async move |request| answers.answer(None, request).await)
}

/// What answers requests. What is read most is answered here, without the detour through the paths.
#[derive(Clone)]
pub(crate) struct Answers {
    app: Arc<App>,
    paths: Router,
}

impl Answers {
    pub(crate) fn new(app: Arc<App>) -> Self {
        let paths = paths(Arc::clone(&app));
        Self { app, paths }
    }

    /// Answers one, of this connection; `None`: asked without one.
    pub(crate) async fn answer(&self, peer: Option<&Peer>, request: Request<Body>) -> Response {
        let observed = Observed::begin(&request);
        let response = self.named(peer, request).await;
        observed.end(&self.app.metrics, &response);
        response
    }

    /// Says in the answer what is said in every one.
    async fn named(&self, peer: Option<&Peer>, request: Request<Body>) -> Response {
        let app = &self.app;
        // Step 1.1: a request has a name: its own if that is well-formed, else a new one.
        let named = request.headers().get(wire::REQUEST_ID);
        let named = named.filter(|named| well_formed(named));
        let id = match named {
            Some(named) => Some(named.clone()),
            None => HeaderValue::try_from(app.request_id()).ok(),
        };
        let allowed = cors::allowed(&app.config.cors, request.headers().get(ORIGIN));

        let mut response = if cors::is_preflight(request.method(), request.headers()) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            cors::say_what(response.headers_mut());
            response
        } else if request.headers().len() > MAX_HEADERS {
            Refusal::new(Kind::Malformed, "the request has too many headers").into_response()
        } else {
            self.dispatch(peer, request).await
        };

        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        cors::say(&app.config.cors, allowed, headers);
        if let Some(id) = id {
            headers.insert(wire::REQUEST_ID, id);
        }
        response
    }

    async fn dispatch(&self, peer: Option<&Peer>, mut request: Request<Body>) -> Response {
        let (address, sending) = match peer {
            Some(peer) => (peer.address.ip(), peer.sending.clone()),
            None => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), Sending::default()),
        };
        let proxies = &self.app.config.trusted_proxies;
        let client = Client::behind(address, request.headers(), proxies);
        let asker = Asker { client, sending };
        if request.method() == Method::GET
            && let Some(address) = records::address(request.uri())
        {
            let record = records::one(&self.app, &asker, address, request.headers()).await;
            return record.unwrap_or_else(Refusal::into_response);
        }
        request.extensions_mut().insert(asker);
        // Correctness: a router always has an answer.
        match self.paths.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

fn paths(app: Arc<App>) -> Router {
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
        .with_state(app)
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
