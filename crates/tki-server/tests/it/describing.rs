//! The description of the interface is that of the code, and of every path.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::collections::BTreeMap;

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::Value;
use tki_storage_http::wire::{Kind, Problem};

use crate::asking::{ask, bytes, empty, get, is};

const DOCUMENT: &str = include_str!("../../../../docs/spec/openapi.json");

#[test]
fn the_page_is_what_the_code_says() {
    let again = "cargo run -p tki-server -- openapi > docs/spec/openapi.json";
    assert!(
        tki_server::openapi() == DOCUMENT,
        "not the description of the code: {again}"
    );
}

#[tokio::test]
async fn the_server_gives_its_description() {
    let answer = get(&empty(), "/openapi.json").await;
    is(&answer, StatusCode::OK);
    assert_eq!(bytes(answer).await, DOCUMENT.as_bytes());
}

#[tokio::test]
async fn every_path_of_the_description_is_one_of_the_server() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let paths: BTreeMap<String, Value> = serde_json::from_value(document["paths"].clone()).unwrap();
    let app = empty();
    for (path, methods) in paths {
        let path = path.replace("{address}", &"ab".repeat(32));
        for method in methods.as_object().unwrap().keys() {
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(&path);
            let answer = ask(&app, request.body(Body::empty()).unwrap()).await;
            assert_ne!(
                answer.status(),
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path}"
            );
            let problem = Problem::decode(&bytes(answer).await);
            assert!(
                problem.is_err() || problem.unwrap().kind != Kind::NoSuchPath,
                "{path}"
            );
        }
    }
}

/// The other way round: what the router knows is written in its file, line by line.
#[test]
fn every_path_of_the_server_is_in_its_description() {
    let router = include_str!("../../src/router.rs");
    let routes = router
        .lines()
        .filter(|line| line.trim_start().starts_with(".route("));
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    assert_eq!(routes.count(), document["paths"].as_object().unwrap().len());
}
