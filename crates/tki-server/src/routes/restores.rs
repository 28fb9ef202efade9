//! Taking in copies.

use alloc::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use tki_storage::Error;
use tki_storage_http::wire::{Kind, RestoredAnswer, records};

use super::commits::{takes, writable};
use super::of_json;
use super::openapi::{Off, RecordsBody, Shared, Written};
use crate::app::App;
use crate::asker::Asker;
use crate::body;
use crate::problem::Refusal;
use crate::proof::signatures;

/// How many signatures of writers the copies of one request may have: what is verified in less than a
/// second, while other writes wait.
const MAX_SIGNATURES: usize = 16 << 10;

/// All of the copies, or none.
#[utoipa::path(
    post,
    path = "/v1/restores",
    operation_id = "restore",
    tag = "records",
    request_body(
        content = RecordsBody,
        content_type = "application/vnd.tki.records",
        description = "From 0 records on"
    ),
    responses(
        (status = 200, description = "What became of each copy", body = RestoredAnswer),
        Off,
        Written,
        Shared,
    )
)]
pub(crate) async fn restore(
    State(app): State<Arc<App>>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    // Step 3.4: a server that takes in no copies says so before it reads them.
    if !app.config.restores {
        return Err(Error::Unsupported.into());
    }
    writable(&app, asker.client)?;
    let takes = takes(&app);
    let received = body::receive(&app, asker.client, &headers, body, takes).await?;
    let copies = records::decode(&received.bytes).map_err(|error| Refusal::malformed(&error))?;
    // A copy alone has all of its hand-overs verified, of which a small body can have very many.
    let cost = signatures(&copies);
    app.limits.write(asker.client, &copies, cost, app.now())?;
    if cost > MAX_SIGNATURES {
        let detail = format!("the copies have {cost} writers, of {MAX_SIGNATURES} at once");
        return Err(Refusal::new(Kind::TooLarge, &detail));
    }
    let (worked, client, room) = (Arc::clone(&app), asker.client, received.room);
    let call = async move {
        let restored = worked.storage.restore(&copies).await?;
        // Nobody's writer pays for copies of what is stored already, which anybody can send.
        let taken = copies.iter();
        let taken = taken.filter(|copy| !restored.kept.contains(&copy.address()));
        let created = restored.created.len();
        worked.limits.accepted(client, taken, created, worked.now());
        drop(room);
        Ok(restored)
    };
    let restored = app.work.write(call).await?;
    Ok(of_json(RestoredAnswer::of(&restored).encode()))
}
