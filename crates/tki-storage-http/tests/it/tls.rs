//! TLS: whose certificate is accepted, and that HTTP/2 is spoken where it is offered.

use alloc::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tki_record::{Address, Commit};
use tki_storage::{Error, Storage as _};
use tki_storage_http::{HttpError, HttpStorage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::script::{answer, record};

/// For localhost and 127.0.0.1, until 2126.
const OWN: (&[u8], &[u8]) = (
    include_bytes!("fixtures/server.pem"),
    include_bytes!("fixtures/server.key"),
);

/// For records.example alone.
const OTHER: (&[u8], &[u8]) = (
    include_bytes!("fixtures/other.pem"),
    include_bytes!("fixtures/other.key"),
);

/// A server with a certificate that takes every commit over HTTP/1.1, and says which protocols were
/// offered.
async fn start((certificate, key): (&'static [u8], &'static [u8])) -> String {
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate).unwrap()],
            PrivateKeyDer::from_pem_slice(key).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                // The request is shorter than this, and comes at once.
                let read = stream.read(&mut vec![0; 1 << 16]).await;
                assert!(read.is_ok_and(|count| count > 0));
                stream.write_all(&answer(204, &[], b"")).await.ok();
                stream.shutdown().await.ok();
            });
        }
    });
    format!("https://localhost:{port}")
}

fn client(url: &str, trusted: &[&[u8]]) -> HttpStorage {
    let builder = HttpStorage::builder(url);
    let builder = trusted
        .iter()
        .fold(builder, |builder, pem| builder.trust(pem));
    builder.build().unwrap()
}

#[tokio::test]
async fn a_certificate_that_is_trusted_is_accepted_for_its_names() {
    let url = start(OWN).await;
    let commit = Commit::new(vec![record("one")]).unwrap();
    client(&url, &[OWN.0]).commit(&commit).await.unwrap();
    client(&url, &[OTHER.0, OWN.0])
        .commit(&commit)
        .await
        .unwrap();
    let url = url.replace("localhost", "127.0.0.1");
    client(&url, &[OWN.0]).commit(&commit).await.unwrap();
}

#[tokio::test]
async fn any_other_certificate_is_refused_before_anything_is_sent() {
    let commit = Commit::new(vec![record("one")]).unwrap();
    for (shown, trusted) in [
        (OWN, Vec::new()),
        (OWN, vec![OTHER.0]),
        // Trusted, and for another name.
        (OTHER, vec![OTHER.0]),
    ] {
        let url = start(shown).await;
        let client = client(&url, &trusted);
        let error = client.clone().connect().await.unwrap_err();
        assert!(matches!(error, HttpError::Untrusted(_)), "{error:?}");
        // Not an outage, which would be tried again, and not an unknown outcome.
        let found = client.get(&Address::from_bytes([1; 32])).await;
        assert!(matches!(found, Err(Error::Backend(_))), "{found:?}");
        let answer = client.commit(&commit).await;
        assert!(matches!(answer, Err(Error::Backend(_))), "{answer:?}");
    }
}
