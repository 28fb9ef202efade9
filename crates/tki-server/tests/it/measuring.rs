//! Metrics: what is exported is what the documents list, and counts what happens.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::StatusCode;
use tki_server::metrics::serve_metrics;
use tki_storage_http::wire;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::asking::{Owner, app, ask, commit, config, empty, get, is, path, post};

const LIST: &str = include_str!("../../../../docs/operations/metrics.md");
const ALERTS: &str = include_str!("../../../../packaging/prometheus/alerts.yml");

/// A metric's type and labels.
type Described = BTreeMap<String, (String, BTreeSet<String>)>;

/// The rows of the document's table: name, type, labels, meaning.
fn listed() -> Described {
    let rows = LIST
        .lines()
        .filter(|line| line.starts_with("| `tki_server_"));
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let name = cells.next().unwrap().trim_matches('`').to_owned();
        let kind = cells.next().unwrap().to_owned();
        let labels = cells.next().unwrap().split(',').map(str::trim);
        let labels = labels.filter(|label| *label != "–");
        let labels = labels.map(|label| label.trim_matches('`').to_owned());
        (name, (kind, labels.collect()))
    })
    .collect()
}

/// The same, from what is exported.
fn exported(text: &str) -> Described {
    let mut found = Described::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["#", "TYPE", name, kind] = words[..] {
            found.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        }
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let series = line.split(' ').next().unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let of = found
            .iter_mut()
            .filter(|(known, _)| name.starts_with(known.as_str()))
            .max_by_key(|(known, _)| known.len());
        let (_, (_, known)) = of.unwrap();
        let labels = labels.trim_end_matches('}').split("\",");
        let names = labels.filter_map(|label| label.split_once('='));
        known.extend(
            names
                .map(|(label, _)| label.to_owned())
                .filter(|label| label != "le"),
        );
    }
    found
}

/// A server to which everything has happened once.
async fn busy() -> Arc<tki_server::App> {
    let mut rng = tki_testkit::rng("metrics");
    let storage = Arc::new(tki_storage::MemoryStorage::new());
    let mut config = config();
    config.max_body = 4096;
    let app = app(config, storage);
    let owner = Owner::new(&mut rng);
    let first = owner.first(b"body");
    is(
        &commit(&app, core::slice::from_ref(&first)).await,
        StatusCode::NO_CONTENT,
    );
    is(
        &commit(&app, core::slice::from_ref(&first)).await,
        StatusCode::CONFLICT,
    );
    let stranger = Owner::new(&mut rng);
    let wrong = first
        .next(b"body".to_vec(), &stranger.writer, None)
        .unwrap();
    is(
        &commit(&app, &[wrong]).await,
        StatusCode::UNPROCESSABLE_ENTITY,
    );
    get(&app, &path(&first)).await;
    post(&app, wire::GET_PATH, first.address().to_bytes().to_vec()).await;
    post(&app, wire::RESTORES_PATH, wire::records::encode(&[first])).await;
    is(
        &post(&app, wire::COMMITS_PATH, vec![0; 5000]).await,
        StatusCode::PAYLOAD_TOO_LARGE,
    );
    app
}

#[tokio::test]
async fn the_documents_list_what_is_exported_and_nothing_else() {
    let exported = exported(&busy().await.metrics().text());
    let listed = listed();
    for (name, described) in &exported {
        assert_eq!(listed.get(name), Some(described), "{name} is exported so");
    }
    for name in listed.keys() {
        assert!(
            exported.contains_key(name),
            "{name} is listed and not exported"
        );
    }
}

#[tokio::test]
async fn what_happens_is_counted() {
    let text = busy().await.metrics().text();
    for line in [
        "tki_server_commits_total{outcome=\"accepted\"} 1",
        "tki_server_commits_total{outcome=\"conflict\"} 1",
        "tki_server_commits_total{outcome=\"refused\"} 1",
        "tki_server_refused_total{rule=\"signature\"} 1",
        "tki_server_committed_records_total 1",
        "tki_server_read_records_total 2",
        "tki_server_restores_total{outcome=\"accepted\"} 1",
        "tki_server_turned_away_total{kind=\"size\"} 1",
        "tki_server_http_requests_total{route=\"/v1/commits\",status=\"409\"} 1",
        "tki_server_http_request_seconds_count{route=\"/v1/commits\"} 4",
        "tki_server_storage_seconds_count{operation=\"commit\"} 3",
        "tki_server_in_flight_bytes 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

/// No label has an address, or anything else of which there is no end.
#[tokio::test]
async fn strangers_cannot_make_series() {
    let app = empty();
    let before = series(&app);
    for number in 0..50 {
        get(&app, &format!("/v1/records/{number:064x}")).await;
        get(&app, &format!("/{number}")).await;
        let request = http::Request::builder().method(format!("M{number}").as_str());
        ask(
            &app,
            request.uri("/").body(axum::body::Body::empty()).unwrap(),
        )
        .await;
    }
    assert!(series(&app) < before + 100);
    let after = series(&app);
    get(&app, &format!("/v1/records/{:064x}", 99)).await;
    get(&app, "/another").await;
    assert_eq!(series(&app), after);
}

fn series(app: &tki_server::App) -> usize {
    let text = app.metrics().text();
    text.lines().filter(|line| !line.starts_with('#')).count()
}

/// Every metric that an alert asks for is exported.
#[tokio::test]
async fn alerts_ask_for_metrics_that_there_are() {
    let known: BTreeSet<String> = listed()
        .into_iter()
        .flat_map(|(name, (kind, _))| {
            let suffixes: &[&str] = match kind.as_str() {
                "counter" => &["_total"],
                "histogram" => &["_bucket", "_sum", "_count"],
                "info" => &["_info"],
                _ => &[""],
            };
            let names = suffixes.iter().map(move |suffix| format!("{name}{suffix}"));
            names.collect::<Vec<_>>()
        })
        .collect();
    let letters = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let asked: BTreeSet<&str> = ALERTS
        .split(letters)
        .filter(|word| word.starts_with("tki_server_"))
        .collect();
    assert!(asked.len() > 8, "{asked:?}");
    for name in asked {
        assert!(known.contains(name), "{name}");
    }
}

/// Every alert says what it is about, and has its place in the guide.
#[test]
fn every_alert_has_a_page_to_turn_to() {
    let guide = include_str!("../../../../docs/operations/server.md");
    let names = ALERTS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 8, "{names:?}");
    for name in &names {
        assert!(guide.contains(&format!("### {name}\n")), "{name}");
    }
    for part in ["expr:", "severity:", "summary:", "runbook:"] {
        assert_eq!(ALERTS.matches(part).count(), names.len(), "{part}");
    }
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own_and_nothing_else_is_there() {
    let app = empty();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve_metrics(app.metrics(), listener));
    for (path, status) in [("/metrics", "200"), ("/v1/commits", "404"), ("/", "404")] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        assert_eq!(answer.contains("tki_server_build_info"), status == "200");
        assert_eq!(answer.trim_end().ends_with("# EOF"), status == "200");
    }
    // Clients do not find it where they are.
    is(&get(&app, "/metrics").await, StatusCode::NOT_FOUND);
    server.abort();
}
