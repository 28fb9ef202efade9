//! TLS: both versions of HTTP, and a certificate that changes.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tki_server::config::TlsFiles;
use tki_server::{Tls, TlsError};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::asking::empty;
use crate::loopback::{Running, request, status};

const ONE: [&str; 2] = [
    include_str!("../fixtures/tls/one.cert.pem"),
    include_str!("../fixtures/tls/one.key.pem"),
];
const OTHER: [&str; 2] = [
    include_str!("../fixtures/tls/other.cert.pem"),
    include_str!("../fixtures/tls/other.key.pem"),
];

fn put(folder: &Path, [certificate, key]: [&str; 2]) -> TlsFiles {
    let (certificate_file, key_file) = (folder.join("cert.pem"), folder.join("key.pem"));
    fs::write(&certificate_file, certificate).unwrap();
    fs::write(&key_file, key).unwrap();
    TlsFiles::new(certificate_file, key_file)
}

/// Connects as a client that knows this certificate alone.
async fn connect(
    server: &Running,
    trusted: &str,
    protocol: &[u8],
) -> Result<TlsStream<TcpStream>, std::io::Error> {
    let mut roots = RootCertStore::empty();
    let trusted = CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap();
    roots.add(trusted).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// The status of an answer over HTTP/2.
async fn over_http2(stream: TlsStream<TcpStream>) -> u16 {
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(stream);
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), io);
    let (mut sender, connection) = handshake.await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get("https://localhost/health/ready").body(Empty::<bytes::Bytes>::new());
    let answer = sender.send_request(request.unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, &b"{\"status\":\"ready\",\"findings\":0}"[..]);
    drop(sender);
    connection.await.unwrap().unwrap();
    status
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_inside() {
    let folder = tempfile::tempdir().unwrap();
    let tls = Arc::new(Tls::load(put(folder.path(), ONE)).unwrap());
    let server = Running::start_with(empty(), Some(tls)).await;
    let stream = connect(&server, ONE[0], b"h2").await.unwrap();
    assert_eq!(over_http2(stream).await, 200);
    let stream = connect(&server, ONE[0], b"http/1.1").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    // Without TLS there is no answer.
    let mut plain = server.connect().await;
    plain.send(request("GET", "/health/live", "", b"")).await;
    assert!(!plain.rest().await.contains("200"));
}

#[tokio::test]
async fn a_new_certificate_is_used_from_the_next_connection_on() {
    let folder = tempfile::tempdir().unwrap();
    let tls = Arc::new(Tls::load(put(folder.path(), ONE)).unwrap());
    let server = Running::start_with(empty(), Some(tls.clone())).await;
    let before = connect(&server, ONE[0], b"h2").await.unwrap();
    assert!(!tls.reload().unwrap());

    put(folder.path(), OTHER);
    assert!(connect(&server, OTHER[0], b"h2").await.is_err());
    assert!(tls.reload().unwrap());
    let after = connect(&server, OTHER[0], b"h2").await.unwrap();
    assert!(connect(&server, ONE[0], b"h2").await.is_err());
    // Who was connected stays so.
    assert_eq!(over_http2(before).await, 200);
    assert_eq!(over_http2(after).await, 200);
}

#[tokio::test]
async fn a_bad_new_certificate_leaves_the_old_one_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let files = put(folder.path(), ONE);
    let tls = Arc::new(Tls::load(files.clone()).unwrap());
    let server = Running::start_with(empty(), Some(tls.clone())).await;
    let half = [OTHER[0], ONE[1]];
    put(folder.path(), half);
    assert!(matches!(tls.reload(), Err(TlsError::Unusable(_))));
    put(folder.path(), ["no certificate", OTHER[1]]);
    assert!(matches!(tls.reload(), Err(TlsError::NoCertificate { .. })));
    put(folder.path(), [OTHER[0], "no key"]);
    assert!(matches!(tls.reload(), Err(TlsError::NoKey { .. })));
    fs::remove_file(&files.key).unwrap();
    let gone = tls.reload().unwrap_err();
    assert!(matches!(&gone, TlsError::Read { path, .. } if *path == files.key));
    let stream = connect(&server, ONE[0], b"h2").await.unwrap();
    assert_eq!(over_http2(stream).await, 200);
    // And the next good one is taken.
    put(folder.path(), OTHER);
    assert!(tls.reload().unwrap());
}

#[tokio::test]
async fn http2_is_spoken_without_tls_to_who_begins_with_it() {
    let server = Running::start(empty()).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let io = TokioIo::new(stream);
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), io);
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let ask = |path: &str| {
        let request = Request::get(format!("http://localhost{path}"));
        request.body(Empty::<bytes::Bytes>::new()).unwrap()
    };
    let (live, ready) = (
        sender.send_request(ask("/health/live")),
        // Both at once, over one connection.
        sender.clone().send_request(ask("/health/ready")),
    );
    let (live, ready) = tokio::join!(live, ready);
    assert_eq!(live.unwrap().status(), 200);
    assert_eq!(ready.unwrap().status(), 200);
    let mut first = server.connect().await;
    first.send(request("GET", "/health/live", "", b"")).await;
    assert_eq!(status(&first.rest().await), 200);
}
