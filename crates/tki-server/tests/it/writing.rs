//! Commits and restores.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use axum::body::Body;
use http::{Request, StatusCode, header};
use tki_record::{Record, Rule};
use tki_storage_http::wire::{self, Kind, RestoredAnswer, records};

use crate::asking::{
    Owner, app, ask, bytes, commit, config, empty, get, is, of_kind, path, post, problem,
};

#[tokio::test]
async fn a_conflict_names_the_record_and_the_version_that_is_stored() {
    let mut rng = tki_testkit::rng("conflict");
    let (app, owner) = (empty(), Owner::new(&mut rng));
    let first = owner.first(b"body");
    is(
        &commit(&app, core::slice::from_ref(&first)).await,
        StatusCode::NO_CONTENT,
    );
    let again = of_kind(
        problem(commit(&app, core::slice::from_ref(&first)).await).await,
        Kind::Conflict,
    );
    assert_eq!(again.found, Some(0));
    assert_eq!(again.address, Some(first.address().to_string()));
    let second = owner.next(&first, b"second");
    let early = Owner::new(&mut rng);
    let missing = early.next(&early.first(b"x"), b"y");
    let answer = commit(&app, &[second.clone(), missing.clone()]).await;
    let conflict = of_kind(problem(answer).await, Kind::Conflict);
    assert_eq!(conflict.found, None);
    assert_eq!(conflict.address, Some(missing.address().to_string()));
    // All or nothing.
    assert_eq!(bytes(get(&app, &path(&first)).await).await, first.encode());
}

#[tokio::test]
async fn a_refusal_names_the_rule() {
    let mut rng = tki_testkit::rng("refused");
    let (app, owner, thief) = (empty(), Owner::new(&mut rng), Owner::new(&mut rng));
    let first = owner.first(b"body");
    is(
        &commit(&app, core::slice::from_ref(&first)).await,
        StatusCode::NO_CONTENT,
    );
    let stolen = first.next(b"mine".to_vec(), &thief.writer, None).unwrap();
    let answer = of_kind(problem(commit(&app, &[stolen]).await).await, Kind::Refused);
    assert_eq!(answer.rule.as_deref(), Some("signature"));
    assert_eq!(answer.detail, Rule::Signature.to_string());
}

#[tokio::test]
async fn what_is_no_commit_is_malformed() {
    let mut rng = tki_testkit::rng("malformed commits");
    let app = empty();
    let record = Owner::new(&mut rng).first(b"body");
    let twice = records::encode(&[record.clone(), record.clone()]);
    let mut cut = records::encode(core::slice::from_ref(&record));
    cut.pop();
    for body in [vec![], vec![0; 4], vec![0xFF; 64], cut, twice] {
        let answer = post(&app, wire::COMMITS_PATH, body).await;
        of_kind(problem(answer).await, Kind::Malformed);
    }
    of_kind(problem(get(&app, &path(&record)).await).await, Kind::Absent);
}

#[tokio::test]
async fn a_body_of_another_type_is_not_read() {
    let app = empty();
    for path in [wire::COMMITS_PATH, wire::RESTORES_PATH] {
        for named in ["application/json", "application/vnd.tki.records; x=1", ""] {
            let request = Request::post(path).header(header::CONTENT_TYPE, named);
            let answer = ask(&app, request.body(Body::from("{}")).unwrap()).await;
            of_kind(problem(answer).await, Kind::UnsupportedMediaType);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_declared_or_not() {
    let mut settings = config();
    settings.max_body = 1000;
    let app = app(
        settings,
        std::sync::Arc::new(tki_storage::MemoryStorage::new()),
    );
    let declared = post(&app, wire::COMMITS_PATH, vec![0; 1001]).await;
    of_kind(problem(declared).await, Kind::TooLarge);
    let undeclared = post(&app, wire::COMMITS_PATH, Body::new(Undeclared(11))).await;
    of_kind(problem(undeclared).await, Kind::TooLarge);
}

#[tokio::test]
async fn copies_are_taken_in_unless_that_is_switched_off() {
    let mut rng = tki_testkit::rng("restores");
    let (app, owner) = (empty(), Owner::new(&mut rng));
    let first = owner.first(b"body");
    let second = owner.next(&first, b"second");
    let restore = |copies: &[Record]| records::encode(copies);
    let answer = post(
        &app,
        wire::RESTORES_PATH,
        restore(core::slice::from_ref(&second)),
    )
    .await;
    is(&answer, StatusCode::OK);
    let restored = RestoredAnswer::decode(&bytes(answer).await).unwrap();
    assert!(restored.created.contains(&second.address()));
    let older = post(&app, wire::RESTORES_PATH, restore(&[first])).await;
    of_kind(problem(older).await, Kind::Conflict);
    let nothing = post(&app, wire::RESTORES_PATH, restore(&[])).await;
    is(&nothing, StatusCode::OK);

    let mut settings = config();
    settings.restores = false;
    let closed = crate::asking::app(
        settings,
        std::sync::Arc::new(tki_storage::MemoryStorage::new()),
    );
    for body in [restore(&[]), restore(&[second]), vec![9; 9]] {
        let answer = post(&closed, wire::RESTORES_PATH, body).await;
        of_kind(problem(answer).await, Kind::Unsupported);
    }
}

/// So many pieces of a hundred bytes, of which nobody is told before.
struct Undeclared(usize);

impl http_body::Body for Undeclared {
    type Data = bytes::Bytes;
    type Error = core::convert::Infallible;

    fn poll_frame(
        mut self: core::pin::Pin<&mut Self>,
        _: &mut core::task::Context<'_>,
    ) -> core::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
        let Some(left) = self.0.checked_sub(1) else {
            return core::task::Poll::Ready(None);
        };
        self.0 = left;
        let piece = bytes::Bytes::from_static(&[0; 100]);
        core::task::Poll::Ready(Some(Ok(http_body::Frame::data(piece))))
    }
}
