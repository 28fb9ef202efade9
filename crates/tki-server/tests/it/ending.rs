//! The end of a server: what was acknowledged is kept, and what is asked is answered.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use core::time::Duration;
use std::sync::Arc;

use http::StatusCode;
use tki_server::Ended;
use tki_storage::{MemoryStorage, Storage as _};
use tki_storage_http::wire::{self, Kind, records};
use tokio::net::TcpStream;

use crate::asking::{Owner, app, config, empty, get, is, of_kind, post, problem};
use crate::gate::Gate;
use crate::loopback::{Running, request, status};

const TYPED: &str = "content-type: application/vnd.tki.records\r\n";

#[tokio::test]
async fn a_commit_in_flight_is_acknowledged_and_stored_before_the_end() {
    let mut rng = tki_testkit::rng("in flight");
    let gate = Gate::closed();
    let server = Running::start(app(config(), gate.clone())).await;
    let record = Owner::new(&mut rng).first(b"body");
    let mut client = server.connect().await;
    let body = records::encode(core::slice::from_ref(&record));
    client
        .send(request("POST", wire::COMMITS_PATH, TYPED, &body))
        .await;
    gate.arrived(1).await;

    let address = server.address;
    let ended = server.end();
    let letting = async {
        // Nobody else is let in meanwhile.
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        gate.open();
        client.rest().await
    };
    let (ended, answer) = tokio::join!(ended, letting);
    assert_eq!(status(&answer), 204);
    assert_eq!(ended, Ended::Completely);
    assert_eq!(gate.get(&record.address()).await.unwrap(), Some(record));
}

#[tokio::test]
async fn a_commit_that_outlasts_the_end_is_not_acknowledged() {
    let mut rng = tki_testkit::rng("outlasting");
    let gate = Gate::closed();
    let mut settings = config();
    settings.shutdown_timeout = Duration::from_millis(50);
    let server = Running::start(app(settings, gate.clone())).await;
    let record = Owner::new(&mut rng).first(b"body");
    let mut client = server.connect().await;
    let body = records::encode(core::slice::from_ref(&record));
    client
        .send(request("POST", wire::COMMITS_PATH, TYPED, &body))
        .await;
    gate.arrived(1).await;
    let (ended, answer) = tokio::join!(server.end(), client.rest());
    assert_eq!(ended, Ended::Cut { connections: 1 });
    assert_eq!(answer, "");
}

#[tokio::test]
async fn who_goes_away_does_not_stop_a_commit_and_the_end_waits_for_it() {
    let mut rng = tki_testkit::rng("going away");
    let gate = Gate::closed();
    let server = Running::start(app(config(), gate.clone())).await;
    let record = Owner::new(&mut rng).first(b"body");
    let mut client = server.connect().await;
    let body = records::encode(core::slice::from_ref(&record));
    client
        .send(request("POST", wire::COMMITS_PATH, TYPED, &body))
        .await;
    gate.arrived(1).await;
    drop(client);
    let letting = async {
        tokio::task::yield_now().await;
        gate.open();
    };
    let (ended, ()) = tokio::join!(server.end(), letting);
    assert_eq!(ended, Ended::Completely);
    assert_eq!(gate.get(&record.address()).await.unwrap(), Some(record));
}

#[tokio::test]
async fn an_idle_connection_does_not_keep_a_server_from_ending() {
    let server = Running::start(empty()).await;
    let (idle, mut kept) = (server.connect().await, server.connect().await);
    kept.send("GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
        .await;
    assert_eq!(status(&kept.head().await), 200);
    assert_eq!(server.end().await, Ended::Completely);
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_takes_too_long_leaves_the_outcome_open() {
    let mut rng = tki_testkit::rng("too long");
    let gate = Gate::closed();
    let app = app(config(), gate.clone());
    let record = Owner::new(&mut rng).first(b"body");
    let body = records::encode(core::slice::from_ref(&record));
    let answer = post(&app, wire::COMMITS_PATH, body).await;
    of_kind(problem(answer).await, Kind::OutcomeUnknown);
    // It goes on all the same.
    gate.open();
    while gate.get(&record.address()).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_server_that_ends_is_not_ready() {
    let app = app(config(), Arc::new(MemoryStorage::new()));
    is(&get(&app, "/health/ready").await, StatusCode::OK);
    let server = Running::start(Arc::clone(&app)).await;
    assert_eq!(server.end().await, Ended::Completely);
    of_kind(
        problem(get(&app, "/health/ready").await).await,
        Kind::Unavailable,
    );
    is(&get(&app, "/health/live").await, StatusCode::OK);
}
