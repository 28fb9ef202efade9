//! Whether the server runs, and whether it can work.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use axum::extract::State;
use axum::response::Response;
use tki_storage::{Error, Outage};
use tki_storage_http::wire::Problem;

use super::of_json;
use super::openapi::{Health, Shared};
use crate::app::App;
use crate::problem::Refusal;

/// The process runs and answers.
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "live",
    tag = "server",
    responses((status = 200, description = "The process answers", body = Health))
)]
pub(crate) async fn live() -> Response {
    of_json(r#"{"status":"live"}"#)
}

/// The storage answers a read, and the server was not told to end.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "ready",
    tag = "server",
    responses(
        (status = 200, description = "The storage answers", body = Health),
        Shared,
    )
)]
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    if app.ending.load(Ordering::Relaxed) {
        let mut problem = Problem::of(&Error::Unavailable(Outage::Busy));
        problem.detail = "the server was told to end".to_owned();
        return Err(problem.into());
    }
    let answers = app.readiness.ask(&app).await;
    answers.map_err(|problem| Refusal::from(problem).after(1))?;
    // Damage that was found is said, and no reason to take all other records away.
    let findings = app.metrics.scrub.all_findings();
    Ok(of_json(format!(
        r#"{{"status":"ready","findings":{findings}}}"#
    )))
}
