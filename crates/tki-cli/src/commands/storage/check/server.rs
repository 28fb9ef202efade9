//! A storage server: that it answers by the rules, how quickly, and what it says of itself.

use core::time::Duration;

use rand_core::Rng as _;
use serde::Serialize;
use tki::record::Address;
use tki::storage::{Error, Storage as _};
use tki::storage_http::HttpStorage;
use tki::storage_http::wire::Version;

use crate::describe::line;
use crate::error::{Failure, Kind};
use crate::machine;
use crate::output::{Output, SCHEMA};
use crate::progress::Progress;
use crate::storage::Server;

/// How many round trips are timed.
const ROUNDS: usize = 5;

#[derive(Serialize)]
struct Checked {
    schema: u32,
    storage: String,
    server: Version,
    /// What it says of its own storage.
    ready: bool,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_ready: Option<String>,
    takes_copies: bool,
    /// Of the quickest and the slowest of a few reads, one after the other.
    round_trip_ms: RoundTrip,
}

#[derive(Clone, Copy, Serialize)]
struct RoundTrip {
    quickest: f64,
    slowest: f64,
}

/// Asks for what nobody has: whoever says that it is there, or does not say that it is absent, is no
/// storage.
pub(super) async fn check(output: Output, server: &Server) -> Result<(), Failure> {
    let storage = server.open()?;
    let progress = Progress::start(output, "asking the storage server");
    let version = storage.version().await.map_err(|e| server.failure(&e))?;
    let round_trip_ms = round_trips(&storage).await?;
    let not_ready = storage.ready().await.err();
    let takes_copies = match storage.restore(&[]).await {
        Ok(_) => true,
        Err(Error::Unsupported) => false,
        Err(error) => return Err(Failure::from(error).context("copies")),
    };
    drop(progress);
    let checked = Checked {
        schema: SCHEMA,
        storage: server.url.clone(),
        server: version,
        ready: not_ready.is_none(),
        not_ready: not_ready.as_ref().map(|error| tki::with_causes(error)),
        takes_copies,
        round_trip_ms,
    };
    output.result(&checked, &text(&checked))
}

async fn round_trips(storage: &HttpStorage) -> Result<RoundTrip, Failure> {
    let mut rng = machine::random()?;
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let mut nobody = [0; 32];
        rng.fill_bytes(&mut nobody);
        let began = machine::instant();
        let found = storage.get(&Address::from_bytes(nobody)).await?;
        times.push(milliseconds(began.elapsed()));
        if found.is_some() {
            let message = format!("{} has a record that nobody made", storage.url());
            return Err(Failure::new(Kind::Refused, message));
        }
    }
    Ok(RoundTrip {
        quickest: times.iter().copied().fold(f64::INFINITY, f64::min),
        slowest: times.iter().copied().fold(0.0, f64::max),
    })
}

/// In tenths.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

fn text(checked: &Checked) -> String {
    let mut text = String::new();
    let Checked {
        storage,
        server,
        round_trip_ms,
        ..
    } = checked;
    let Version {
        name,
        version,
        api,
        backend,
        limits,
        retention,
        ..
    } = server;
    line(
        &mut text,
        format_args!("{storage}: {name} {version}, interface {api}, records in {backend}"),
    );
    line(
        &mut text,
        format_args!(
            "  a read takes {} to {} ms",
            round_trip_ms.quickest, round_trip_ms.slowest
        ),
    );
    line(
        &mut text,
        format_args!(
            "  at once: {} records of {} bytes to write, {} to read; copies are {}",
            limits.records,
            limits.records_body,
            limits.addresses,
            if checked.takes_copies {
                "taken in"
            } else {
                "not taken in"
            }
        ),
    );
    line(
        &mut text,
        format_args!(
            "  of old records it keeps: {}; {}",
            retention.keeps, retention.note
        ),
    );
    match &checked.not_ready {
        None => line(&mut text, format_args!("  it is ready")),
        Some(why) => line(&mut text, format_args!("  it is not ready: {why}")),
    }
    text
}
