//! Which servers may be named, and how they are asked.

use tki_record::Address;
use tki_storage::Storage as _;
use tki_storage_http::{BuildError, HttpStorage};

use crate::script::{Script, page};

#[test]
fn a_server_is_named_by_its_address_and_nothing_else() {
    for url in [
        "",
        "records.example",
        "ftp://records.example",
        "redb:/a/b",
        "/a/b",
        "https://",
        "https:///path",
        "https://name@records.example",
        "https://name:word@records.example",
        "https://records.example/?key=1",
        "https://records.example/#top",
        "https://records example",
        "https://records.example:port",
    ] {
        let built = HttpStorage::builder(url).build();
        assert!(
            matches!(built, Err(BuildError::Url { .. })),
            "{url}: {built:?}"
        );
    }
    for url in [
        "https://records.example",
        "HTTPS://records.example:8443/",
        "https://records.example/tki/",
        "https://[2001:db8::1]:8443",
        "http://localhost:8420",
        "http://LOCALHOST",
        "http://127.0.0.1:1",
        "http://127.9.9.9",
        "http://[::1]:8420/",
    ] {
        let storage = HttpStorage::builder(url).build().unwrap();
        assert_eq!(storage.url(), url.trim_end_matches('/'));
    }
}

#[test]
fn a_network_is_crossed_unencrypted_only_where_that_is_asked_for() {
    for host in [
        "records.example",
        "localhost.example",
        "127.0.0.1.example",
        "10.0.0.1",
        "192.168.1.1",
        "[2001:db8::1]",
        "0.0.0.0",
    ] {
        let url = format!("http://{host}:8420");
        let built = HttpStorage::builder(&url).build();
        assert!(
            matches!(&built, Err(BuildError::PlainHttp { host: named }) if named == host),
            "{built:?}"
        );
        HttpStorage::builder(&url)
            .allow_plain_http()
            .build()
            .unwrap();
    }
}

#[test]
fn certificates_to_trust_are_certificates() {
    for pem in [
        "not a certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ] {
        let built = HttpStorage::builder("https://records.example")
            .trust(pem.as_bytes())
            .build();
        assert_eq!(built.err(), Some(BuildError::Roots), "{pem}");
    }
    let built = HttpStorage::builder("https://records.example")
        .user_agent("two\nlines")
        .build();
    assert_eq!(built.err(), Some(BuildError::UserAgent));
}

#[tokio::test]
async fn a_server_below_a_path_is_asked_there() {
    let server = Script::always(page(404)).await;
    let url = format!("{}/below/here/", server.url);
    let client = HttpStorage::builder(&url)
        .user_agent("a test")
        .build()
        .unwrap();
    client
        .get(&Address::from_bytes([0xAB; 32]))
        .await
        .unwrap_err();
    let asked = server.asked();
    let digits = "ab".repeat(32);
    assert_eq!(
        asked[0].line,
        format!("GET /below/here/v1/records/{digits} HTTP/1.1")
    );
    assert!(
        asked[0]
            .head
            .to_ascii_lowercase()
            .contains("user-agent: a test")
    );
}

#[test]
fn what_it_is_made_of_says_no_more_than_its_address() {
    let storage = HttpStorage::builder("https://records.example")
        .build()
        .unwrap();
    let said = format!("{storage:?}");
    assert!(said.contains("https://records.example"), "{said}");
    assert!(said.len() < 400, "{said}");
}
