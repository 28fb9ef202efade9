//! The answers, one file for what belongs together.

pub(crate) mod commits;
pub(crate) mod health;
pub(crate) mod openapi;
pub(crate) mod records;
pub(crate) mod restores;
pub(crate) mod version;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, header};
use tki_storage_http::wire;

use crate::app::App;
use crate::asker::Asker;
use crate::limits::memory::Room;

/// An answer of records, which keeps its room in the memory until it is taken, and must be taken in
/// time.
fn of_records(app: &App, asker: &Asker, room: Room, bytes: Vec<u8>) -> Response {
    let sent = asker.sending.begin(bytes.len(), &app.config);
    typed(wire::RECORDS, Body::from(room.hold(bytes, sent)))
}

/// An answer of JSON.
fn of_json(json: impl Into<Body>) -> Response {
    typed(wire::JSON, json.into())
}

fn typed(media_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
