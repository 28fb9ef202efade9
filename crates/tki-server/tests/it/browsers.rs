//! What a browser lets pages ask.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::sync::Arc;

use axum::body::Body;
use http::{Request, StatusCode, header};
use tki_server::App;
use tki_server::config::Cors;
use tki_storage::MemoryStorage;
use tki_storage_http::wire;

use crate::asking::{app, ask, config, is};

fn server(cors: Cors) -> Arc<App> {
    let mut settings = config();
    settings.cors = cors;
    app(settings, Arc::new(MemoryStorage::new()))
}

fn preflight(origin: &str) -> Request<Body> {
    Request::options(wire::COMMITS_PATH)
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type")
        .body(Body::empty())
        .unwrap()
}

fn simple(origin: &str) -> Request<Body> {
    let request = Request::get("/version").header(header::ORIGIN, origin);
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn pages_of_any_origin_may_ask_and_bring_nothing_along() {
    let app = server(Cors::Any);
    let answer = ask(&app, preflight("https://example.org")).await;
    is(&answer, StatusCode::NO_CONTENT);
    let headers = answer.headers();
    assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(
        headers[header::ACCESS_CONTROL_ALLOW_METHODS],
        "GET, HEAD, POST"
    );
    let asked = headers[header::ACCESS_CONTROL_ALLOW_HEADERS]
        .to_str()
        .unwrap();
    assert!(asked.contains("content-type") && asked.contains("if-none-match"));
    // Without it a browser sends no cookies, and there are none.
    assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));

    let answer = ask(&app, simple("null")).await;
    let headers = answer.headers();
    assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let told = headers[header::ACCESS_CONTROL_EXPOSE_HEADERS]
        .to_str()
        .unwrap();
    assert!(told.contains("etag") && told.contains("retry-after"));
}

#[tokio::test]
async fn pages_of_named_origins_may_ask_and_no_others() {
    let app = server(Cors::Only(vec!["https://example.org".to_owned()]));
    let answer = ask(&app, simple("https://example.org")).await;
    let headers = answer.headers();
    assert_eq!(
        headers[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        "https://example.org"
    );
    assert_eq!(headers[header::VARY], "origin");
    for other in ["https://example.org.evil", "http://example.org", "null", ""] {
        for request in [simple(other), preflight(other)] {
            let answer = ask(&app, request).await;
            let headers = answer.headers();
            assert!(
                !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN),
                "{other}"
            );
            assert_eq!(headers[header::VARY], "origin");
        }
    }
}

#[tokio::test]
async fn no_page_may_ask_where_none_is_let() {
    let app = server(Cors::None);
    let answer = ask(&app, simple("https://example.org")).await;
    is(&answer, StatusCode::OK);
    assert!(
        !answer
            .headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
}

#[tokio::test]
async fn nothing_guesses_what_an_answer_is() {
    let app = server(Cors::Any);
    for path in ["/version", "/nowhere", "/v1/records/x"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = ask(&app, request).await;
        assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
