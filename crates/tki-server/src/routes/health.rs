//! Whether the server runs, and whether it can work.

use alloc::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use tki_record::Address;

use super::of_json;
use crate::app::App;
use crate::problem::Refusal;

/// The process runs and answers.
pub(crate) async fn live() -> Response {
    of_json(r#"{"status":"live"}"#)
}

/// The storage answers a read.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    app.storage.get(&Address::from_bytes([0; 32])).await?;
    Ok(of_json(r#"{"status":"ready"}"#))
}
