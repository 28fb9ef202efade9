//! Writing.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use tki_record::Commit;
use tki_storage::{Error, Outage};
use tki_storage_http::wire::records;

use super::openapi::{RecordsBody, Shared, Written};
use crate::app::App;
use crate::asker::Asker;
use crate::body::{self, Takes};
use crate::limits::clients::Client;
use crate::problem::Refusal;

/// What the body of a commit or restore may take: while it is worked on, there are itself, its
/// records, and their encoding.
pub(super) const fn takes(app: &App) -> Takes {
    Takes {
        limit: app.config.max_body,
        copies: 3,
    }
}

/// All of the records, or none.
#[utoipa::path(
    post,
    path = "/v1/commits",
    operation_id = "commit",
    tag = "records",
    request_body(
        content = RecordsBody,
        content_type = "application/vnd.tki.records",
        description = "From 1 record on"
    ),
    responses(
        (status = 204, description = "Every record is stored, and stays"),
        Written,
        Shared,
    )
)]
pub(crate) async fn commit(
    State(app): State<Arc<App>>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    writable(&app, asker.client)?;
    let takes = takes(&app);
    let received = body::receive(&app, asker.client, &headers, body, takes).await?;
    // Step 3.2: what cannot be decoded is malformed, and so are two records at one address.
    let decoded = records::decode(&received.bytes).map_err(|error| Refusal::malformed(&error))?;
    let commit = Commit::new(decoded).map_err(|error| Refusal::malformed(&error))?;
    let cost = commit.records().len();
    app.limits
        .write(asker.client, commit.records(), cost, app.now())?;
    let (worked, client, room) = (Arc::clone(&app), asker.client, received.room);
    // It goes on if the client goes away, who pays all the same, and the server waits for it.
    let call = async move {
        worked.storage.commit(&commit).await?;
        let created = commit.records().iter().filter(|new| new.version() == 0);
        let (records, created) = (commit.records().iter(), created.count());
        worked
            .limits
            .accepted(client, records, created, worked.now());
        drop(room);
        Ok(())
    };
    app.work.write(call).await?;
    // Step 3.3: it is acknowledged when the storage has accepted it.
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// Whether anything may be written now, before a body is read.
pub(super) fn writable(app: &App, client: Client) -> Result<(), Refusal> {
    // Step 3.5: a storage that has reached its limit is a disk that is full.
    if app.full.load(Ordering::Relaxed) {
        return Err(Error::Unavailable(Outage::DiskFull).into());
    }
    // Step 3.6: who asks for too much is told when to ask again; nothing was changed.
    app.limits.may_write(client, app.now())
}
