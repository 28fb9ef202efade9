//! Taking in copies.

use alloc::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use tki_storage::Error;
use tki_storage_http::wire::{RestoredAnswer, records};

use super::commits::COPIES;
use super::of_json;
use crate::app::App;
use crate::body;
use crate::problem::Refusal;

/// All of the copies, or none.
pub(crate) async fn restore(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    // Step 3.4: a server that takes in no copies says so before it reads them.
    if !app.config.restores {
        return Err(Error::Unsupported.into());
    }
    let limit = app.config.max_body;
    let received = body::receive(&app, &headers, body, limit, COPIES).await?;
    let copies = records::decode(&received.bytes).map_err(|error| Refusal::malformed(&error))?;
    let restored = app.storage.restore(&copies).await?;
    Ok(of_json(RestoredAnswer::of(&restored).encode()))
}
