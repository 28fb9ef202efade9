//! A server in this process, and records to ask it for.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::io;
use std::sync::{Arc, Once};

use axum::body::Body;
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use rand_chacha::ChaCha20Rng;
use tki_record::{Claim, Record, RecordKind};
use tki_seal::bip340::SigningKey;
use tki_server::backend::StorageUrl;
use tki_server::logs::{LogFormat, LogLevel, subscriber};
use tki_server::{App, Config, Surroundings, router};
use tki_storage::{MemoryStorage, Storage};
use tki_storage_http::wire::{self, Kind, Problem};
use tower::ServiceExt as _;

/// Settings of a server in memory.
pub(crate) fn config() -> Config {
    Config::new(StorageUrl::Memory)
}

/// A server of this storage with these settings.
pub(crate) fn app(config: Config, storage: Arc<dyn Storage>) -> Arc<App> {
    App::new(config, storage, surroundings())
}

#[expect(clippy::disallowed_methods, reason = "a test brings the clock")]
pub(crate) fn surroundings() -> Surroundings {
    listen();
    Surroundings::new(std::time::Instant::now, 7)
}

/// Lets somebody listen to every line. Whether anybody listens to a line is asked once in a process,
/// by the thread that comes to it first: a test that reads lines would see none of those that
/// another test came to before.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let listener = subscriber(LogFormat::Text, LogLevel::Debug, io::sink);
        tracing::subscriber::set_global_default(listener).unwrap();
    });
}

/// A server of an empty memory.
pub(crate) fn empty() -> Arc<App> {
    app(config(), Arc::new(MemoryStorage::new()))
}

/// The answer to a request.
pub(crate) async fn ask(app: &Arc<App>, request: Request<Body>) -> Response<Body> {
    router(Arc::clone(app)).oneshot(request).await.unwrap()
}

/// The answer to a request without a body.
pub(crate) async fn get(app: &Arc<App>, path: &str) -> Response<Body> {
    ask(app, Request::get(path).body(Body::empty()).unwrap()).await
}

/// The answer to a request with a body of records or addresses.
pub(crate) async fn post(app: &Arc<App>, path: &str, body: impl Into<Body>) -> Response<Body> {
    let request = Request::post(path).header(header::CONTENT_TYPE, wire::RECORDS);
    ask(app, request.body(body.into()).unwrap()).await
}

/// The answer to a commit of these records.
pub(crate) async fn commit(app: &Arc<App>, records: &[Record]) -> Response<Body> {
    post(app, wire::COMMITS_PATH, wire::records::encode(records)).await
}

pub(crate) async fn bytes(response: Response<Body>) -> Vec<u8> {
    let body = response.into_body().collect().await.unwrap();
    body.to_bytes().to_vec()
}

/// The problem that an answer is; panics if it is none of this kind.
#[track_caller]
pub(crate) fn of_kind(problem: Problem, kind: Kind) -> Problem {
    assert_eq!(problem.kind, kind, "{problem:?}");
    problem
}

/// The problem that an answer is.
pub(crate) async fn problem(response: Response<Body>) -> Problem {
    let status = response.status().as_u16();
    assert_eq!(response.headers()[header::CONTENT_TYPE], wire::PROBLEM);
    let problem = Problem::decode(&bytes(response).await).unwrap();
    assert_eq!(problem.status, status);
    assert_eq!(problem.kind.status(), status);
    problem
}

/// Panics if the answer has another status.
#[track_caller]
pub(crate) fn is(response: &Response<Body>, status: StatusCode) {
    assert_eq!(response.status(), status, "{response:?}");
}

/// The keys of one record.
pub(crate) struct Owner {
    claim: Claim,
    pub(crate) writer: Arc<SigningKey>,
}

impl Owner {
    pub(crate) fn new(rng: &mut ChaCha20Rng) -> Self {
        let (key, writer) = (SigningKey::random(rng), Arc::new(SigningKey::random(rng)));
        let claim = Claim::sign(RecordKind::Mailbox, 0, &key, writer.public_key(), [3; 32]);
        Self { claim, writer }
    }

    /// Another record of the same first writer.
    pub(crate) fn another(&self, rng: &mut ChaCha20Rng) -> Self {
        let (key, writer) = (SigningKey::random(rng), Arc::clone(&self.writer));
        let claim = Claim::sign(RecordKind::Mailbox, 0, &key, writer.public_key(), [3; 32]);
        Self { claim, writer }
    }

    pub(crate) fn first(&self, body: &[u8]) -> Record {
        Record::first(self.claim.clone(), body.to_vec(), &self.writer).unwrap()
    }

    pub(crate) fn next(&self, record: &Record, body: &[u8]) -> Record {
        record.next(body.to_vec(), &self.writer, None).unwrap()
    }
}

/// The path of a record.
pub(crate) fn path(record: &Record) -> String {
    format!("{}{}", wire::RECORD_PATH, record.address())
}
