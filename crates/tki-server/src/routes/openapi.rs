//! The description of the interface, from the code of the routes.

use std::sync::LazyLock;

use axum::response::Response;
use tki_storage_http::wire::{Problem, RestoredAnswer, Version};
use utoipa::{IntoResponses, OpenApi, ToSchema};

use super::of_json;
use super::{commits, health, records, restores, version};

/// The interface.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "tki-server",
        description = "Signed records, from any storage. The specification is docs/spec/http.md."
    ),
    paths(
        records::get,
        records::get_many,
        commits::commit,
        restores::restore,
        health::live,
        health::ready,
        version::version,
        openapi,
        crate::page::page,
    ),
    components(schemas(Problem, RestoredAnswer, Version, Health))
)]
struct Interface;

/// The interface in OpenAPI, as JSON that ends with a line break.
#[must_use]
pub fn document() -> String {
    // Correctness: the document has a JSON form.
    let mut text = Interface::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "server",
    responses((status = 200, description = "The interface in OpenAPI", body = Object))
)]
pub(crate) async fn openapi() -> Response {
    of_json(DOCUMENT.as_str())
}

/// Made once: it takes longer to make than to send.
static DOCUMENT: LazyLock<String> = LazyLock::new(document);

/// 1 to 1024 addresses of 32 bytes, one after the other.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "a description")]
pub(crate) struct AddressesBody(Vec<u8>);

/// For each address that was asked for, in order, a status of one byte: 0 absent, 1 present, 2 left
/// out. After 1 a big-endian u32 length and the record in its encoding.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "a description")]
pub(crate) struct AnswersBody(Vec<u8>);

/// One record in its encoding: docs/spec/record.md, steps 9 to 12.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "a description")]
pub(crate) struct RecordBody(Vec<u8>);

/// A big-endian u32 count, at most 1024, then for each record a big-endian u32 length and its
/// encoding.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "a description")]
pub(crate) struct RecordsBody(Vec<u8>);

/// What a healthy server says.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "a description: the answers are written as they are"
)]
pub(crate) struct Health {
    /// `live` or `ready`.
    status: String,
    /// Of a server that is ready: how much its background check found wrong.
    findings: Option<u64>,
}

/// What every request of records may be answered.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "a description")]
pub(crate) enum Shared {
    /// Of kind `malformed`: the question cannot be understood
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// Of kind `too-many-requests`: `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(Problem),
    /// Of kind `backend`, `corrupt` or `outcome-unknown`
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Problem),
    /// Of kind `unavailable`: nothing was changed
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

/// What every request with a body may be answered.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "a description")]
pub(crate) enum Bodies {
    /// Of kind `timeout`: the body came too slowly
    #[response(status = 408, content_type = "application/problem+json")]
    Timeout(Problem),
    /// Of kind `too-large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// Of kind `unsupported-media-type`
    #[response(status = 415, content_type = "application/problem+json")]
    Type(Problem),
}

/// What every request to write may be answered.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "a description")]
pub(crate) enum Written {
    /// Of kind `timeout`: the body came too slowly
    #[response(status = 408, content_type = "application/problem+json")]
    Timeout(Problem),
    /// Of kind `conflict`: another version is stored
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
    /// Of kind `too-large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// Of kind `unsupported-media-type`
    #[response(status = 415, content_type = "application/problem+json")]
    Type(Problem),
    /// Of kind `refused`: a record breaks a rule
    #[response(status = 422, content_type = "application/problem+json")]
    Refused(Problem),
}

/// What a server that takes in no copies answers.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "a description")]
pub(crate) enum Off {
    /// Of kind `unsupported`: this server takes in no copies
    #[response(status = 501, content_type = "application/problem+json")]
    Unsupported(Problem),
}
