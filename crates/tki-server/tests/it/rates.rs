//! Rates and quotas: who pays, and who cannot be made to.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use http::StatusCode;
use http::header::RETRY_AFTER;
use tki_record::Record;
use tki_server::{App, Config, Surroundings};
use tki_storage::{CountingStorage, MemoryStorage, Storage};
use tki_storage_http::wire::{self, Kind, addresses};

use crate::asking::{Owner, commit, config, get, is, of_kind, path, post, problem};
use crate::gate::Gate;
use crate::loopback::{Running, request, status};

/// A clock that a test moves.
#[derive(Clone)]
struct Clock {
    start: Instant,
    seconds: Arc<AtomicU64>,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "some moment to count from")]
    fn new() -> Self {
        Self {
            start: Instant::now(),
            seconds: Arc::default(),
        }
    }

    fn advance(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn server(&self, change: impl FnOnce(&mut Config)) -> Arc<App> {
        self.server_of(Arc::new(MemoryStorage::new()), change)
    }

    fn server_of(&self, storage: Arc<dyn Storage>, change: impl FnOnce(&mut Config)) -> Arc<App> {
        let mut settings = config();
        change(&mut settings);
        let clock = self.clone();
        let now = move || clock.start + Duration::from_secs(clock.seconds.load(Ordering::SeqCst));
        App::new(settings, storage, Surroundings::new(now, 1))
    }
}

/// One request was turned away, by this rate.
#[track_caller]
fn counted(app: &App, rate: &str) {
    let text = app.metrics().text();
    let turned_away = |line: &&str| line.starts_with("tki_server_turned_away_total");
    let mut lines = text
        .lines()
        .filter(turned_away)
        .filter(|line| !line.ends_with(" 0"));
    let line = format!("tki_server_turned_away_total{{kind=\"{rate}\"}} 1");
    assert_eq!(lines.next(), Some(line.as_str()));
    assert_eq!(lines.next(), None);
}

#[tokio::test]
async fn a_client_that_reads_too_fast_is_told_when_to_ask_again() {
    let clock = Clock::new();
    let app = clock.server(|settings| settings.rates.client_reads = Some(10));
    let nowhere = format!("{}{}", wire::RECORD_PATH, "ab".repeat(32));
    let many = addresses::encode(&[tki_record::Address::from_bytes([1; 32]); 50]);
    for _ in 0..2 {
        is(
            &post(&app, wire::GET_PATH, many.clone()).await,
            StatusCode::OK,
        );
    }
    is(&get(&app, &nowhere).await, StatusCode::NOT_FOUND);
    let refused = get(&app, &nowhere).await;
    let after: u64 = refused.headers()[RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    of_kind(problem(refused).await, Kind::TooManyRequests);
    clock.advance(after);
    is(&get(&app, &nowhere).await, StatusCode::NOT_FOUND);
    counted(&app, "client-reads");
    // What the server says of itself costs nothing.
    is(&get(&app, "/health/ready").await, StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_writes_too_fast_is_refused_before_its_body_is_read() {
    let mut rng = tki_testkit::rng("fast writes");
    let clock = Clock::new();
    let app = clock.server(|settings| settings.rates.client_writes = Some(1));
    let all: Vec<Record> = (0..20).map(|n| Owner::new(&mut rng).first(&[n])).collect();
    is(&commit(&app, &all).await, StatusCode::NO_CONTENT);
    // No type, no body: it is not looked at.
    let request = http::Request::post(wire::COMMITS_PATH).body(axum::body::Body::empty());
    let refused = crate::asking::ask(&app, request.unwrap()).await;
    of_kind(problem(refused).await, Kind::TooManyRequests);
    counted(&app, "client-writes");
    clock.advance(11);
    let next = Owner::new(&mut rng).first(b"next");
    is(&commit(&app, &[next]).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_writer_that_writes_too_fast_is_refused_whoever_sends_it() {
    let mut rng = tki_testkit::rng("fast writer");
    let clock = Clock::new();
    let app = clock.server(|settings| settings.rates.writer_writes = Some(1));
    let owner = Owner::new(&mut rng);
    let mut record = owner.first(b"0");
    let mut accepted = 0;
    let refused = loop {
        let answer = commit(&app, core::slice::from_ref(&record)).await;
        if answer.status() != StatusCode::NO_CONTENT {
            break answer;
        }
        accepted += 1;
        record = owner.next(&record, b"more");
    };
    assert_eq!(accepted, 11);
    counted(&app, "writer-writes");
    of_kind(problem(refused).await, Kind::TooManyRequests);
    // Another record of the same writer is refused too, another writer is not.
    let same = owner.another(&mut rng).first(b"x");
    of_kind(
        problem(commit(&app, &[same]).await).await,
        Kind::TooManyRequests,
    );
    let other = Owner::new(&mut rng).first(b"x");
    is(&commit(&app, &[other]).await, StatusCode::NO_CONTENT);
    clock.advance(2);
    is(&commit(&app, &[record]).await, StatusCode::NO_CONTENT);
}

/// Who names somebody else's key does not use up that key's rate.
#[tokio::test]
async fn forged_records_cost_the_writer_nothing() {
    let mut rng = tki_testkit::rng("forged");
    let clock = Clock::new();
    let app = clock.server(|settings| settings.rates.writer_writes = Some(1));
    let owner = Owner::new(&mut rng);
    let first = owner.first(b"0");
    is(
        &commit(&app, core::slice::from_ref(&first)).await,
        StatusCode::NO_CONTENT,
    );
    let next = owner.next(&first, b"1");
    let forged = next.encode();
    let signature = forged.len() - next.body().len() - 4 - 64;
    let mut forged = forged;
    forged[signature + 40] ^= 1;
    let forged = Record::decode(&forged).unwrap();
    assert_eq!(forged.writer(), next.writer());
    for _ in 0..50 {
        of_kind(
            problem(commit(&app, core::slice::from_ref(&forged)).await).await,
            Kind::Refused,
        );
    }
    is(&commit(&app, &[next]).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_client_creates_so_many_records_a_day_and_changes_them_at_will() {
    let mut rng = tki_testkit::rng("new records");
    let clock = Clock::new();
    let app = clock.server(|settings| settings.rates.client_new_records = Some(3));
    let owner = Owner::new(&mut rng);
    let first = owner.first(b"0");
    is(
        &commit(&app, core::slice::from_ref(&first)).await,
        StatusCode::NO_CONTENT,
    );
    let next = owner.next(&first, b"1");
    for _ in 0..5 {
        // Losers of races create nothing.
        of_kind(
            problem(commit(&app, core::slice::from_ref(&first)).await).await,
            Kind::Conflict,
        );
    }
    is(&commit(&app, &[next]).await, StatusCode::NO_CONTENT);
    let some: Vec<Record> = (0..3).map(|n| Owner::new(&mut rng).first(&[n])).collect();
    is(&commit(&app, &some).await, StatusCode::NO_CONTENT);
    let more = Owner::new(&mut rng).first(b"more");
    let refused = commit(&app, core::slice::from_ref(&more)).await;
    counted(&app, "client-new-records");
    of_kind(problem(refused).await, Kind::TooManyRequests);
    is(&get(&app, &path(&first)).await, StatusCode::OK);
    clock.advance(86_400);
    is(&commit(&app, &[more]).await, StatusCode::NO_CONTENT);
}

/// Nobody pays for the question, so it does not reach the storage each time.
#[tokio::test]
async fn asking_whether_it_is_ready_is_no_work_for_the_storage() {
    let clock = Clock::new();
    let storage = Arc::new(CountingStorage::new(MemoryStorage::new()));
    let app = clock.server_of(storage.clone(), |_| {});
    for _ in 0..2 {
        for path in ["/health/ready", "/"].repeat(20) {
            is(&get(&app, path).await, StatusCode::OK);
        }
        assert_eq!(storage.take().reads, 1);
        clock.advance(1);
    }
}

/// Whoever goes away before the answer has created all the same.
#[tokio::test]
async fn nobody_evades_a_quota_by_going_away() {
    let mut rng = tki_testkit::rng("going away");
    let clock = Clock::new();
    let gate = Gate::closed();
    let one = |settings: &mut Config| settings.rates.client_new_records = Some(1);
    let app = clock.server_of(gate.clone(), one);
    let some: Vec<Record> = (0..3).map(|n| Owner::new(&mut rng).first(&[n])).collect();
    let leaving = tokio::spawn({
        let (app, some) = (Arc::clone(&app), some.clone());
        async move { commit(&app, &some[..2]).await }
    });
    gate.arrived(1).await;
    leaving.abort();
    assert!(leaving.await.unwrap_err().is_cancelled());
    gate.open();
    while gate.storage.records().is_empty() {
        tokio::task::yield_now().await;
    }
    let refused = commit(&app, &some[2..]).await;
    of_kind(problem(refused).await, Kind::TooManyRequests);
}

/// Every writer that a copy ever had is a signature to be verified.
#[tokio::test]
async fn copies_cost_as_much_as_there_is_to_verify() {
    let mut rng = tki_testkit::rng("signatures");
    let clock = Clock::new();
    let app = clock.server(|settings| settings.rates.client_writes = Some(1));
    let owner = Owner::new(&mut rng);
    let mut record = owner.first(b"0");
    for _ in 0..16 {
        let same = Some(owner.writer.public_key());
        record = record.next(vec![], &owner.writer, same).unwrap();
    }
    let copies = |count| wire::records::encode(&vec![record.clone(); count]);
    is(
        &post(&app, wire::RESTORES_PATH, copies(1)).await,
        StatusCode::OK,
    );
    let refused = post(&app, wire::RESTORES_PATH, copies(1)).await;
    let after = refused.headers()[RETRY_AFTER].clone();
    of_kind(problem(refused).await, Kind::TooManyRequests);
    assert_eq!(after, "8");
    clock.advance(8);
    // And there is an end to what is verified at once.
    let refused = post(&app, wire::RESTORES_PATH, copies(1000)).await;
    of_kind(problem(refused).await, Kind::TooLarge);
}

/// Records can be read by everybody, and sent back: that costs who sends, and not their writer.
#[tokio::test]
async fn nobody_makes_a_writer_pay_with_copies_of_what_is_stored() {
    let mut rng = tki_testkit::rng("copies");
    let clock = Clock::new();
    let app = clock.server(|settings| settings.rates.writer_writes = Some(1));
    let owner = Owner::new(&mut rng);
    let first = owner.first(b"0");
    let copy = wire::records::encode(core::slice::from_ref(&first));
    for _ in 0..50 {
        is(
            &post(&app, wire::RESTORES_PATH, copy.clone()).await,
            StatusCode::OK,
        );
    }
    let next = owner.next(&first, b"1");
    is(&commit(&app, &[next]).await, StatusCode::NO_CONTENT);
}

/// Asks over loopback as if for somebody else, so many times; how often it was refused.
async fn refused(app: Arc<App>, forwarded: impl Fn(usize) -> String) -> usize {
    let server = Running::start(app).await;
    let nowhere = format!("{}{}", wire::RECORD_PATH, "ab".repeat(32));
    let mut refused = 0;
    for number in 0..20 {
        let header = format!("x-forwarded-for: {}\r\n", forwarded(number));
        let mut client = server.connect().await;
        client.send(request("GET", &nowhere, &header, b"")).await;
        refused += usize::from(status(&client.rest().await) == 429);
    }
    refused
}

#[tokio::test]
async fn nobody_evades_a_rate_by_claiming_to_be_others() {
    let somebody = |number: usize| format!("198.51.100.{number}");
    let one = |settings: &mut Config| settings.rates.client_reads = Some(1);
    let clock = Clock::new();
    assert_eq!(refused(clock.server(one), somebody).await, 9);
    // The proxy that is trusted is another one.
    let another = |settings: &mut Config| {
        one(settings);
        settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    };
    assert_eq!(refused(clock.server(another), somebody).await, 9);
    // It is this one: clients are told apart, and what they put before its word changes nothing.
    let trusted = |settings: &mut Config| {
        one(settings);
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    };
    assert_eq!(refused(clock.server(trusted), somebody).await, 0);
    let liar = |number: usize| format!("198.51.100.{number}, 192.0.2.1");
    assert_eq!(refused(clock.server(trusted), liar).await, 9);
}
