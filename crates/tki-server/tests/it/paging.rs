//! The page for people: what it says, what it may not do, and how it looks in a browser.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::middleware::from_fn;
use base64ct::{Base64, Encoding as _};
use http::{Request, StatusCode, header};
use sha2::{Digest as _, Sha256};
use tki_server::router;
use tokio::net::TcpListener;

use crate::asking::{Owner, app, bytes, commit, config, empty, get, is};

#[tokio::test]
async fn the_page_says_what_happened() {
    let mut rng = tki_testkit::rng("page");
    let app = empty();
    let owner = Owner::new(&mut rng);
    is(
        &commit(&app, &[owner.first(b"body")]).await,
        StatusCode::NO_CONTENT,
    );
    let response = get(&app, "/").await;
    is(&response, StatusCode::OK);
    let text = String::from_utf8(bytes(response).await).unwrap();
    for part in [
        "<dt>Commits accepted</dt><dd>1</dd>",
        "<th scope=\"row\">Storage</th><td>memory</td>",
        ">ready</p>",
        "not of this server",
        env!("CARGO_PKG_VERSION"),
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("{{"), "{text}");
}

/// The policy lets the page's own style pass, and nothing else.
#[tokio::test]
async fn nothing_may_be_loaded_and_nothing_may_run() {
    let response = get(&empty(), "/").await;
    let header = |name: header::HeaderName| {
        let value = response.headers()[name].to_str().unwrap();
        value.to_owned()
    };
    let policy = header(header::CONTENT_SECURITY_POLICY);
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"));
    assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    let text = String::from_utf8(bytes(response).await).unwrap();
    let style = text
        .split_once("<style>")
        .unwrap()
        .1
        .split_once("</style>")
        .unwrap()
        .0;
    let hash = Base64::encode_string(&Sha256::digest(style));
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    assert!(!text.contains("style="), "a style that the policy forbids");
}

/// A picture of the page in a browser without a screen.
fn picture(folder: &Path, proxy: &str, name: &str, scheme: u8, size: &str) -> Vec<u8> {
    let mut command = Command::new("chromium");
    command.current_dir(folder).env("HOME", folder).args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--hide-scrollbars",
        &format!("--proxy-server={proxy}"),
        &format!("--blink-settings=preferredColorScheme={scheme}"),
        &format!("--window-size={size}"),
        &format!("--screenshot={name}"),
        "http://page.test/",
    ]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    std::fs::read(folder.join(name)).unwrap()
}

/// Width, height, and the pixel at the top left, of a PNG without transparency or with.
fn looked_at(png: &[u8]) -> (u32, u32, [u8; 3]) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    let (width, height) = (number(16), number(20));
    let mut packed = Vec::new();
    let mut at = 8;
    while at < png.len() {
        let length = number(at) as usize;
        if &png[at + 4..at + 8] == b"IDAT" {
            packed.extend_from_slice(&png[at + 8..at + 8 + length]);
        }
        at += 12 + length;
    }
    let mut first = [0; 4];
    flate2::read::ZlibDecoder::new(&packed[..])
        .read_exact(&mut first)
        .unwrap();
    // Whatever the filter, nothing is left of or above the first pixel.
    (width, height, [first[1], first[2], first[3]])
}

/// The page is opened through a proxy that is this test, so that nothing it asks for goes unseen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_shows_it_light_and_dark_wide_and_narrow_and_asks_for_nothing_else() {
    if Command::new("chromium").arg("--version").output().is_err() {
        skipped("chromium");
        return;
    }
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    let routes = router(app(config(), Arc::new(tki_storage::MemoryStorage::new())));
    let routes = routes.layer(from_fn(
        move |request: Request<Body>, next: axum::middleware::Next| {
            let line = format!("{} {}", request.method(), request.uri());
            seen.lock().unwrap().push(line);
            next.run(request)
        },
    ));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener, routes));

    let folder = tempfile::tempdir().unwrap();
    let mut pictures = Vec::new();
    for (size, width) in [("1100,1250", 1100), ("390,1500", 390)] {
        for (scheme, ground) in [(1, [0xF6, 0xF5, 0xF1]), (0, [0x10, 0x14, 0x16])] {
            let path = folder.path().to_owned();
            let name = format!("{width}-{scheme}.png");
            let proxy = proxy.clone();
            let taken =
                tokio::task::spawn_blocking(move || picture(&path, &proxy, &name, scheme, size));
            let png = taken.await.unwrap();
            let (found, _, pixel) = looked_at(&png);
            assert_eq!((found, pixel), (width, ground), "{size} {scheme}");
            pictures.push(png.len());
        }
    }
    assert!(
        pictures.iter().all(|length| *length > 10_000),
        "{pictures:?}"
    );
    server.abort();
    let asked = asked.lock().unwrap().clone();
    assert!(!asked.is_empty());
    // What the browser asks its maker for is not the page's: it does so without a page, too.
    let of_its_maker = [".google.com", ".googleapis.com", ".gvt1.com"];
    let of_the_page = |line: &&String| !of_its_maker.iter().any(|host| line.contains(host));
    for line in asked.iter().filter(of_the_page) {
        assert_eq!(line, "GET http://page.test/");
    }
}

/// Serves these routes, without limits.
async fn serve(listener: TcpListener, routes: axum::Router) {
    use hyper_util::rt::{TokioExecutor, TokioIo};

    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper_util::service::TowerToHyperService::new(routes.clone());
        tokio::spawn(async move {
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            drop(
                builder
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
    }
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn skipped(what: &str) {
    println!("skipped, because there is no {what}: bash xtask/setup/browser.sh");
}
