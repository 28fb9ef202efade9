//! Writing.

use alloc::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use tki_record::Commit;
use tki_storage_http::wire::records;

use crate::app::App;
use crate::body;
use crate::problem::Refusal;

/// What is made of a body while it is worked on: itself, its records, their encoding.
pub(super) const COPIES: usize = 3;

/// All of the records, or none.
pub(crate) async fn commit(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let limit = app.config.max_body;
    let received = body::receive(&app, &headers, body, limit, COPIES).await?;
    // Step 3.2: what cannot be decoded is malformed, and so are two records at one address.
    let decoded = records::decode(&received.bytes).map_err(|error| Refusal::malformed(&error))?;
    let commit = Commit::new(decoded).map_err(|error| Refusal::malformed(&error))?;
    app.storage.commit(&commit).await?;
    // Step 3.3: it is acknowledged when the storage has accepted it.
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
