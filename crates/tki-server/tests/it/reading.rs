//! Reading: one record, many, and what the server says of itself.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use axum::body::Body;
use http::{Request, StatusCode, header};
use tki_record::{Address, MAX_BODY, Record};
use tki_storage_http::wire::answers::{self, Answer};
use tki_storage_http::wire::{self, Kind, Version, addresses};

use crate::asking::{Owner, ask, bytes, commit, empty, get, is, of_kind, path, post, problem};

#[tokio::test]
async fn a_record_is_what_was_committed_and_has_the_tag_of_its_version() {
    let mut rng = tki_testkit::rng("one record");
    let (app, owner) = (empty(), Owner::new(&mut rng));
    let first = owner.first(b"body");
    is(
        &commit(&app, core::slice::from_ref(&first)).await,
        StatusCode::NO_CONTENT,
    );

    let answer = get(&app, &path(&first)).await;
    is(&answer, StatusCode::OK);
    let headers = answer.headers();
    assert_eq!(headers[header::CONTENT_TYPE], wire::RECORDS);
    assert_eq!(headers[header::ETAG], wire::entity_tag(&first));
    assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
    assert_eq!(bytes(answer).await, first.encode());
}

#[tokio::test]
async fn absence_is_known_and_no_other_path_says_so() {
    let app = empty();
    let absent = format!("{}{}", wire::RECORD_PATH, "ab".repeat(32));
    let answer = of_kind(problem(get(&app, &absent).await).await, Kind::Absent);
    assert_eq!(answer.address, Some("ab".repeat(32)));
    for other in ["/v1/record/", "/v2/records/", "/v1/records", "/v1"] {
        let path = format!("{other}{}", "ab".repeat(32));
        of_kind(problem(get(&app, &path).await).await, Kind::NoSuchPath);
    }
}

#[tokio::test]
async fn an_address_has_one_spelling() {
    let app = empty();
    for wrong in [
        "AB".repeat(32),
        "ab".repeat(31),
        "zz".repeat(32),
        "%00".repeat(32),
        "%61".repeat(64),
        "%ff".repeat(32),
    ] {
        let path = format!("{}{wrong}", wire::RECORD_PATH);
        of_kind(problem(get(&app, &path).await).await, Kind::Malformed);
    }
}

#[tokio::test]
async fn who_has_the_version_is_told_so_and_who_has_an_older_one_gets_the_newer() {
    let mut rng = tki_testkit::rng("conditional");
    let (app, owner) = (empty(), Owner::new(&mut rng));
    let first = owner.first(b"body");
    is(
        &commit(&app, core::slice::from_ref(&first)).await,
        StatusCode::NO_CONTENT,
    );
    let old = wire::entity_tag(&first);
    let conditional = |tag: String| {
        let request = Request::get(path(&first)).header(header::IF_NONE_MATCH, tag);
        request.body(Body::empty()).unwrap()
    };
    for tag in [
        old.clone(),
        format!("W/{old}"),
        format!("\"other\", {old}"),
        "*".to_owned(),
    ] {
        let answer = ask(&app, conditional(tag)).await;
        is(&answer, StatusCode::NOT_MODIFIED);
        assert_eq!(answer.headers()[header::ETAG], old);
        assert!(bytes(answer).await.is_empty());
    }

    let second = owner.next(&first, b"newer");
    is(
        &commit(&app, core::slice::from_ref(&second)).await,
        StatusCode::NO_CONTENT,
    );
    let answer = ask(&app, conditional(old)).await;
    is(&answer, StatusCode::OK);
    assert_eq!(answer.headers()[header::ETAG], wire::entity_tag(&second));
    assert_eq!(bytes(answer).await, second.encode());
}

#[tokio::test]
async fn a_head_has_the_headers_and_no_body() {
    let mut rng = tki_testkit::rng("head");
    let (app, owner) = (empty(), Owner::new(&mut rng));
    let first = owner.first(b"body");
    is(
        &commit(&app, core::slice::from_ref(&first)).await,
        StatusCode::NO_CONTENT,
    );
    let request = Request::head(path(&first)).body(Body::empty()).unwrap();
    let answer = ask(&app, request).await;
    is(&answer, StatusCode::OK);
    let length = first.encoded_length().to_string();
    assert_eq!(answer.headers()[header::CONTENT_LENGTH], length);
    assert_eq!(answer.headers()[header::ETAG], wire::entity_tag(&first));
    assert!(bytes(answer).await.is_empty());
}

#[tokio::test]
async fn many_records_come_in_the_order_asked() {
    let mut rng = tki_testkit::rng("many");
    let app = empty();
    let records: Vec<Record> = (0..20).map(|n| Owner::new(&mut rng).first(&[n])).collect();
    is(&commit(&app, &records).await, StatusCode::NO_CONTENT);
    let mut asked: Vec<Address> = records.iter().rev().map(Record::address).collect();
    asked.insert(3, Address::from_bytes([9; 32]));
    asked.push(records[0].address());
    let answer = post(&app, wire::GET_PATH, addresses::encode(&asked)).await;
    is(&answer, StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], wire::RECORDS);
    let read = answers::decode(&bytes(answer).await, &asked).unwrap();
    assert_eq!(read[3], Answer::Absent);
    assert_eq!(read[0], Answer::Present(records[19].clone()));
    assert_eq!(read[21], Answer::Present(records[0].clone()));
}

#[tokio::test]
async fn what_does_not_fit_into_an_answer_is_left_out() {
    let mut rng = tki_testkit::rng("large answers");
    let app = empty();
    let large = Owner::new(&mut rng).first(&vec![1; MAX_BODY]);
    is(
        &commit(&app, core::slice::from_ref(&large)).await,
        StatusCode::NO_CONTENT,
    );
    let asked = vec![large.address(); 20];
    let answer = bytes(post(&app, wire::GET_PATH, addresses::encode(&asked)).await).await;
    assert!(answer.len() <= wire::MAX_ANSWERS + asked.len());
    let read = answers::decode(&answer, &asked).unwrap();
    let there = read.iter().filter(|answer| **answer != Answer::LeftOut);
    assert_eq!(there.count(), 7);
}

#[tokio::test]
async fn a_question_that_is_none_is_malformed() {
    let app = empty();
    for body in [vec![], vec![0; 31]] {
        let answer = post(&app, wire::GET_PATH, body).await;
        of_kind(problem(answer).await, Kind::Malformed);
    }
    let answer = post(&app, wire::GET_PATH, vec![0; 1025 * 32]).await;
    of_kind(problem(answer).await, Kind::TooLarge);
    let untyped = Request::post(wire::GET_PATH).body(Body::from(vec![0; 32]));
    let answer = ask(&app, untyped.unwrap()).await;
    of_kind(problem(answer).await, Kind::UnsupportedMediaType);
}

#[tokio::test]
async fn a_server_says_what_it_is() {
    let app = empty();
    for (path, expected) in [
        ("/health/live", r#"{"status":"live"}"#),
        ("/health/ready", r#"{"status":"ready","findings":0}"#),
    ] {
        let answer = get(&app, path).await;
        is(&answer, StatusCode::OK);
        assert_eq!(bytes(answer).await, expected.as_bytes());
    }
    let version = bytes(get(&app, wire::VERSION_PATH).await).await;
    let version = Version::decode(&version).unwrap();
    assert_eq!((&*version.name, &*version.api), ("tki-server", "v1"));
    assert_eq!(version.backend, "memory");
    assert_eq!(version.retention.keeps, "no");
    assert!(version.limits.restores);
}

#[tokio::test]
async fn a_request_keeps_its_name_if_it_is_one() {
    let app = empty();
    let named = |name: &str| {
        let request = Request::get("/health/live").header(wire::REQUEST_ID, name);
        request.body(Body::empty()).unwrap()
    };
    let answer = ask(&app, named("trace-7_a.b")).await;
    assert_eq!(answer.headers()[wire::REQUEST_ID], "trace-7_a.b");
    let mut given = std::collections::BTreeSet::new();
    for wrong in ["", "two words", "a\"b", &"x".repeat(65)] {
        let answer = ask(&app, named(wrong)).await;
        let id = answer.headers()[wire::REQUEST_ID].to_str().unwrap();
        assert_ne!(id, wrong);
        assert!(given.insert(id.to_owned()));
    }
    let problem = get(&app, "/nowhere").await;
    assert!(problem.headers().contains_key(wire::REQUEST_ID));
}

#[tokio::test]
async fn another_method_is_named_so() {
    let app = empty();
    for (method, path) in [
        ("DELETE", "/v1/commits"),
        ("PUT", "/version"),
        ("GET", wire::GET_PATH),
        ("PROPFIND", "/health/live"),
    ] {
        let request = Request::builder().method(method).uri(path);
        let answer = ask(&app, request.body(Body::empty()).unwrap()).await;
        assert!(answer.headers().contains_key(header::ALLOW), "{path}");
        of_kind(problem(answer).await, Kind::MethodNotAllowed);
    }
}
