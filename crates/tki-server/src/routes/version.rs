//! What the server is.

use alloc::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use tki_storage_http::wire::{Limits, Version};

use super::of_json;
use crate::app::App;

/// Its version, its limits, and what it keeps.
#[utoipa::path(
    get,
    path = "/version",
    operation_id = "version",
    tag = "server",
    responses((status = 200, description = "What the server is", body = Version))
)]
pub(crate) async fn version(State(app): State<Arc<App>>) -> Response {
    let limits = Limits::new(app.config.max_body, app.config.restores);
    let backend = app.config.storage.kind();
    let retention = app.storage.retention();
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    of_json(Version::new(name, version, backend, limits, &retention).encode())
}
