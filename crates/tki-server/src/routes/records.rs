//! Reading: one record, or many.

use alloc::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use tki_record::{Address, MAX_ENCODED};
use tki_storage_http::wire::answers::Answers;
use tki_storage_http::wire::{self, Kind, Problem, addresses};

use super::of_records;
use super::openapi::{AddressesBody, AnswersBody, Bodies, RecordBody, Shared};
use crate::app::App;
use crate::asker::Asker;
use crate::body::{self, Takes};
use crate::problem::Refusal;

/// How many records are read from the storage at once for one answer.
const AT_ONCE: usize = 8;

/// What a record takes while it is read and encoded, in bytes.
const EACH: usize = 2 * MAX_ENCODED;

/// One record.
#[utoipa::path(
    get,
    path = "/v1/records/{address}",
    operation_id = "get",
    tag = "records",
    params(
        ("address" = String, Path, description = "64 lower-case hexadecimal digits", pattern = "^[0-9a-f]{64}$"),
        ("If-None-Match" = Option<String>, Header, description = "Entity tags that are known")
    ),
    responses(
        (
            status = 200,
            description = "The record in its encoding",
            body = RecordBody,
            content_type = "application/vnd.tki.records",
            headers(("ETag" = String, description = "The digest of the header, in quotes"))
        ),
        (status = 304, description = "The version that is known is the newest"),
        (
            status = 404,
            description = "Of kind `absent`: there is no record here",
            body = Problem,
            content_type = "application/problem+json"
        ),
        Shared,
    )
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Extension(asker): Extension<Asker>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let address = parse(&uri)?;
    one(&app, &asker, address, &headers).await
}

/// The record at this address.
pub(crate) async fn one(
    app: &App,
    asker: &Asker,
    address: Address,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    app.limits.read(asker.client, 1, app.now())?;
    let room = app.budget.reserve(asker.client, EACH).await?;
    let found = app.work.read(app.storage.get(&address)).await?;
    // Step 4.1: known absent is a problem of its own kind.
    let record = found.ok_or_else(|| Problem::absent(&address))?;
    // Step 4.2: the entity tag is the digest of the header, which vouches for the body.
    let tag = wire::entity_tag(&record);
    // Step 4.3: who has this version already is told so.
    let mut response = if has(headers, &tag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        of_records(app, asker, room, record.encode())
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// Many records.
#[utoipa::path(
    post,
    path = "/v1/records/get",
    operation_id = "get_many",
    tag = "records",
    request_body(
        content = AddressesBody,
        content_type = "application/vnd.tki.records",
        description = "What is asked for"
    ),
    responses(
        (
            status = 200,
            description = "An answer for each address",
            body = AnswersBody,
            content_type = "application/vnd.tki.records"
        ),
        Bodies,
        Shared,
    )
)]
pub(crate) async fn get_many(
    State(app): State<Arc<App>>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let takes = Takes {
        limit: wire::MAX_ADDRESSES.saturating_mul(32),
        copies: 1,
    };
    let received = body::receive(&app, asker.client, &headers, body, takes).await?;
    let asked = addresses::decode(&received.bytes).map_err(|error| Refusal::malformed(&error))?;
    app.limits.read(asker.client, asked.len(), app.now())?;
    let mut room = received.room;
    let mut answers = Answers::default();
    for some in asked.chunks(AT_ONCE) {
        if answers.is_full() {
            some.iter().for_each(|_| answers.push(None));
            continue;
        }
        let most = EACH.saturating_mul(some.len());
        room.merge(app.budget.reserve(asker.client, most).await?);
        let records = app.work.read(app.storage.get_many(some)).await?;
        for record in &records {
            answers.push(record.as_ref());
        }
        room.shrink_to(answers.length());
    }
    Ok(of_records(&app, &asker, room, answers.into_bytes()))
}

/// The address in a path: 64 lower-case digits, none of them encoded, so that a record has one path.
fn parse(uri: &Uri) -> Result<Address, Refusal> {
    address(uri).ok_or_else(|| {
        let detail = "an address is 64 lower-case hexadecimal digits";
        Refusal::new(Kind::Malformed, detail)
    })
}

/// The same, where it is the path of a record.
pub(crate) fn address(uri: &Uri) -> Option<Address> {
    let text = uri.path().strip_prefix(wire::RECORD_PATH)?;
    let lower = text.bytes().all(|byte| !byte.is_ascii_uppercase());
    text.parse().ok().filter(|_| lower)
}

/// Whether a conditional request names this tag, by the weak comparison of RFC 9110 (13.1.2).
fn has(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    tags.any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag)
}
