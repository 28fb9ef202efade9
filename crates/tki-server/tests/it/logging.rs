//! Logs: what they have, and above all what they have not.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use http::Request;
use tki_record::Record;
use tki_server::logs::{LogFormat, LogLevel, subscriber};
use tki_storage_http::wire;
use tracing_subscriber::fmt::MakeWriter;

use crate::asking::{Owner, ask, commit, empty, get, path, post};

/// What was written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Written {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// Every hexadecimal form in which these bytes could be recognised.
fn leaks(log: &str, bytes: &[u8]) -> bool {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Five bytes are more than a log may have of an address.
    let pieces = (0..hex.len().saturating_sub(10)).step_by(2);
    let log = log.to_lowercase();
    pieces
        .into_iter()
        .any(|start| log.contains(&hex[start..start + 10]))
}

/// Everything that a server is asked, right and wrong.
async fn everything(record: &Record, second: &Record) {
    let app = empty();
    commit(&app, core::slice::from_ref(record)).await;
    commit(&app, core::slice::from_ref(record)).await;
    get(&app, &path(record)).await;
    get(&app, &path(record).to_uppercase()).await;
    post(&app, wire::GET_PATH, record.address().to_bytes().to_vec()).await;
    post(&app, wire::COMMITS_PATH, record.encode()).await;
    post(
        &app,
        wire::RESTORES_PATH,
        wire::records::encode(core::slice::from_ref(second)),
    )
    .await;
    get(
        &app,
        &format!("/nowhere/{}?q=canary-query", record.address()),
    )
    .await;
    let request = Request::get(path(record)).header("authorization", "canary-header");
    ask(&app, request.body(Body::empty()).unwrap()).await;
    // A signature that is none.
    let mut forged = record.encode();
    forged[300] ^= 1;
    let mut body = 1_u32.to_be_bytes().to_vec();
    body.extend(u32::try_from(forged.len()).unwrap().to_be_bytes());
    body.extend(&forged);
    post(&app, wire::COMMITS_PATH, body).await;
}

#[tokio::test]
async fn no_line_has_a_body_a_header_a_signature_or_a_whole_address() {
    let mut rng = tki_testkit::rng("canary");
    let owner = Owner::new(&mut rng);
    let record = owner.first(b"canary-body-of-a-record");
    let second = owner.next(&record, b"canary-body-of-another");
    for format in [LogFormat::Text, LogFormat::Json] {
        let written = Written::default();
        let guard =
            tracing::subscriber::set_default(subscriber(format, LogLevel::Debug, written.clone()));
        everything(&record, &second).await;
        drop(guard);
        let log = written.text();
        assert!(log.lines().count() >= 10, "{log}");
        assert!(!log.contains("canary"), "{log}");
        let header = record.header();
        for secret in [
            &record.address().to_bytes()[..],
            &header.signature().to_bytes(),
            &header.claim().signature().to_bytes(),
            &header.claim().key().to_bytes(),
            &header.claim().first_writer().to_bytes(),
            record.body(),
        ] {
            assert!(!leaks(&log, secret), "{log}");
        }
    }
}

#[tokio::test]
async fn a_line_says_what_was_asked_and_how_it_ended() {
    let mut rng = tki_testkit::rng("line");
    let record = Owner::new(&mut rng).first(b"body");
    let written = Written::default();
    let subscriber = subscriber(LogFormat::Json, LogLevel::Info, written.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    let app = empty();
    let request = Request::get(path(&record)).header(wire::REQUEST_ID, "the-name");
    ask(&app, request.body(Body::empty()).unwrap()).await;
    drop(guard);
    let line: serde_json::Value = serde_json::from_str(written.text().trim()).unwrap();
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["message"], "request");
    assert_eq!(line["id"], "the-name");
    assert_eq!(line["method"], "GET");
    assert_eq!(line["route"], "/v1/records/{address}");
    assert_eq!(line["status"], 404);
    assert!(line["milliseconds"].as_f64().is_some(), "{line}");
    assert!(line["sent"].as_u64().is_some(), "{line}");
}

#[tokio::test]
async fn a_level_leaves_out_what_is_below_it() {
    for (level, lines) in [(LogLevel::Off, 0), (LogLevel::Warn, 0), (LogLevel::Info, 1)] {
        let written = Written::default();
        let subscriber = subscriber(LogFormat::Text, level, written.clone());
        let guard = tracing::subscriber::set_default(subscriber);
        get(&empty(), "/health/live").await;
        drop(guard);
        assert_eq!(written.text().lines().count(), lines, "{level}");
    }
}
