//! The body of a request: bounded in size, in time and in what it holds of the memory.

use core::time::Duration;

use axum::body::Body;
use http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tki_storage_http::wire::{self, Kind};
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::limits::clients::Client;
use crate::limits::memory::Room;
use crate::problem::Refusal;

/// What a body holds of the memory at least, and by how much more it takes.
const STEP: usize = 64 << 10;

/// The bytes of a body, and their room.
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    pub(crate) room: Room,
}

/// What a body may take.
#[derive(Clone, Copy)]
pub(crate) struct Takes {
    /// Bytes.
    pub(crate) limit: usize,
    /// How often each byte is in memory while the body is worked on.
    pub(crate) copies: usize,
}

/// Reads a body of records or addresses.
///
/// # Errors
/// A refusal of kind unsupported media type, too large, timeout, malformed, or unavailable.
pub(crate) async fn receive(
    app: &App,
    client: Client,
    headers: &HeaderMap,
    body: Body,
    Takes { limit, copies }: Takes,
) -> Result<Received, Refusal> {
    // Step 1.3: binary bodies say what they are.
    let named = headers.get(header::CONTENT_TYPE);
    if named.is_none_or(|named| named.as_bytes() != wire::RECORDS.as_bytes()) {
        let detail = "the body must be of type application/vnd.tki.records";
        return Err(Refusal::new(Kind::UnsupportedMediaType, detail));
    }
    // Step 1.4: a body that says that it is too large is not read.
    let declared = body.size_hint().lower();
    if usize::try_from(declared).is_ok_and(|declared| declared <= limit) {
        read(app, client, body, Takes { limit, copies }).await
    } else {
        Err(too_large(limit))
    }
}

async fn read(
    app: &App,
    client: Client,
    mut body: Body,
    Takes { limit, copies }: Takes,
) -> Result<Received, Refusal> {
    let pace = Pace::new(&app.config);
    let mut bytes = Vec::new();
    let mut room = app
        .budget
        .reserve(client, STEP.saturating_mul(copies))
        .await?;
    let mut paid = STEP;
    loop {
        let frame = timeout_at(pace.deadline(bytes.len()), body.frame());
        let Ok(frame) = frame.await else {
            let detail = "the body came too slowly";
            return Err(Refusal::new(Kind::Timeout, detail));
        };
        let Some(frame) = frame else {
            return Ok(Received { bytes, room });
        };
        let Ok(frame) = frame else {
            let detail = "the body ended before its end";
            return Err(Refusal::new(Kind::Malformed, detail));
        };
        let Ok(data) = frame.into_data() else {
            continue; // Trailers say nothing here.
        };
        let length = bytes.len().saturating_add(data.len());
        if length > limit {
            return Err(too_large(limit));
        }
        while paid < length {
            room.merge(
                app.budget
                    .reserve(client, STEP.saturating_mul(copies))
                    .await?,
            );
            paid = paid.saturating_add(STEP);
        }
        app.metrics.received(data.len());
        bytes.extend_from_slice(&data);
    }
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(
        Kind::TooLarge,
        &format!("the body is larger than {limit} bytes"),
    )
}

/// How long the next bytes may take.
struct Pace {
    start: Instant,
    grace: Duration,
    total: Duration,
    /// Bytes in a second.
    rate: u64,
}

impl Pace {
    fn new(config: &crate::Config) -> Self {
        Self {
            start: Instant::now(),
            grace: config.body_grace,
            total: config.body_timeout,
            rate: config.body_rate,
        }
    }

    /// A moment, and one more second for each so many bytes that have come; no later than the end.
    fn deadline(&self, received: usize) -> Instant {
        let received = u64::try_from(received).unwrap_or(u64::MAX);
        let earned = Duration::from_secs(received.checked_div(self.rate).unwrap_or(u64::MAX >> 8));
        let allowed = self.grace.saturating_add(earned).min(self.total);
        self.start.checked_add(allowed).unwrap_or(self.start)
    }
}
