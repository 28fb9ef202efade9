//! Bytes that nobody wrote honestly, on every path.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::sync::Arc;

use rand_chacha::rand_core::Rng as _;
use tki_storage::MemoryStorage;
use tki_storage_http::wire::{self, Kind, records};

use crate::asking::{Owner, app, ask, config, empty, of_kind, problem};
use crate::loopback::{Running, request, status};

const TYPED: &str = "content-type: application/vnd.tki.records\r\n";

/// A server that works answers this.
async fn still_works(server: &Running) {
    let mut client = server.connect().await;
    client.send(request("GET", "/health/ready", "", b"")).await;
    assert_eq!(status(&client.rest().await), 200);
}

#[tokio::test]
async fn noise_on_every_path_is_an_answer_of_4xx() {
    let mut rng = tki_testkit::rng("noise");
    let server = Running::start(empty()).await;
    for path in [wire::GET_PATH, wire::COMMITS_PATH, wire::RESTORES_PATH] {
        for length in [0, 1, 4, 31, 100, 1000, 40_000] {
            let mut body = vec![0; length];
            rng.fill_bytes(&mut body);
            let mut client = server.connect().await;
            client.send(request("POST", path, TYPED, &body)).await;
            let status = status(&client.rest().await);
            assert!((400..500).contains(&status), "{path} {length}: {status}");
        }
    }
    still_works(&server).await;
}

#[tokio::test]
async fn every_flipped_bit_of_a_commit_is_refused_with_nothing_stored() {
    let mut rng = tki_testkit::rng("flipped");
    let storage = Arc::new(MemoryStorage::new());
    let server = Running::start(app(config(), storage.clone())).await;
    let body = records::encode(&[Owner::new(&mut rng).first(b"body")]);
    for place in 0..body.len() {
        let mut flipped = body.clone();
        flipped[place] ^= 1 << (place % 8);
        let mut client = server.connect().await;
        client
            .send(request("POST", wire::COMMITS_PATH, TYPED, &flipped))
            .await;
        let status = status(&client.rest().await);
        assert!([400, 409, 422].contains(&status), "{place}: {status}");
    }
    assert!(storage.records().is_empty());
}

#[tokio::test]
async fn noise_instead_of_http_is_answered_or_cut_off() {
    let mut rng = tki_testkit::rng("no http");
    let server = Running::start(empty()).await;
    for _ in 0..50 {
        let mut noise = vec![0; 600];
        rng.fill_bytes(&mut noise);
        let mut client = server.connect().await;
        client.send(&noise).await;
        client.send("\r\n\r\n").await;
        let said = client.rest().await;
        assert!(said.is_empty() || status(&said) == 400, "{said:?}");
    }
    let mut client = server.connect().await;
    client
        .send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnoise, and no frames at all")
        .await;
    client.rest().await;
    still_works(&server).await;
}

#[tokio::test]
async fn heads_have_a_limit() {
    let server = Running::start(empty()).await;
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(40_000));
    let wide = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx-a: {}\r\n\r\n",
        "a".repeat(40_000)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nhost: x\r\n{}\r\n",
        "x-a: b\r\n".repeat(100)
    );
    for head in [long, wide, many] {
        let mut client = server.connect().await;
        client.send(&head).await;
        let said = client.rest().await;
        assert!([414, 431].contains(&status(&said)), "{said}");
    }
    still_works(&server).await;
    // Where nobody has counted them before.
    let mut request = http::Request::get("/version");
    for _ in 0..65 {
        request = request.header("x-a", "b");
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    of_kind(problem(ask(&empty(), request).await).await, Kind::Malformed);
}

/// A second request that hides in the body of the first is not carried out, whichever of the two
/// lengths a proxy before the server believes.
#[tokio::test]
async fn a_request_with_two_lengths_smuggles_nothing() {
    let mut rng = tki_testkit::rng("smuggling");
    let storage = Arc::new(MemoryStorage::new());
    let server = Running::start(app(config(), storage.clone())).await;
    let body = records::encode(&[Owner::new(&mut rng).first(b"smuggled")]);
    let hidden = request("POST", wire::COMMITS_PATH, TYPED, &body);
    let path = wire::GET_PATH;
    for lengths in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n".to_owned(),
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n".to_owned(),
        "content-length: 5\r\ncontent-length: 6\r\n".to_owned(),
        "content-length: 5, 6\r\n".to_owned(),
        "content-length: +5\r\n".to_owned(),
        "transfer-encoding: xchunked\r\n".to_owned(),
        "transfer-encoding: chunked, identity\r\n".to_owned(),
        "transfer-encoding : chunked\r\n".to_owned(),
        "transfer-encoding: chunked\r\n x: y\r\n".to_owned(),
    ] {
        let mut client = server.connect().await;
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\n{TYPED}{lengths}\r\n0\r\n\r\n");
        client.send(head).await;
        client.send(&hidden).await;
        let said = client.rest().await;
        assert!(storage.records().is_empty(), "{lengths}: {said}");
        assert!(!said.contains(" 204 "), "{lengths}: {said}");
    }
}

#[tokio::test]
async fn a_body_larger_than_the_limit_is_refused_before_it_is_sent() {
    let mut settings = config();
    settings.max_body = 100_000;
    let app = app(settings, Arc::new(MemoryStorage::new()));
    let server = Running::start(Arc::clone(&app)).await;
    let path = wire::COMMITS_PATH;
    // Declared: nothing of it is sent, and the answer is there.
    let mut client = server.connect().await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{TYPED}content-length: 100001\r\n\r\n"
    );
    client.send(head).await;
    assert_eq!(status(&client.head().await), 413);
    assert!(app.metrics().text().contains("received_bytes_total 0\n"));
    // Undeclared: refused where it exceeds.
    let mut client = server.connect().await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{TYPED}transfer-encoding: chunked\r\n\r\n"
    );
    client.send(head).await;
    let chunk = [b"2710\r\n".to_vec(), vec![0; 10_000], b"\r\n".to_vec()].concat();
    for _ in 0..11 {
        client.send(&chunk).await;
    }
    assert_eq!(status(&client.head().await), 413);
    still_works(&server).await;
}
