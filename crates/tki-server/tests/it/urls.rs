//! Storage by URL.

use tki_record::Address;
use tki_server::backend::StorageUrl;
use tki_storage::Storage as _;

#[test]
fn each_kind_has_a_url() {
    for (url, kind) in [
        ("memory:", "memory"),
        ("redb:/var/lib/tki/records.redb", "redb"),
        ("postgres://localhost/tki", "postgres"),
        (
            "postgresql://tki:secret@127.0.0.1:5433/tki?connections=4",
            "postgres",
        ),
    ] {
        let parsed: StorageUrl = url.parse().unwrap();
        assert_eq!(parsed.kind(), kind);
    }
}

#[test]
fn a_password_is_shown_nowhere() {
    let url = "postgres://tki:hunter2@db.example.org/tki?sslrootcert=/ca.pem";
    let parsed: StorageUrl = url.parse().unwrap();
    assert_eq!(parsed.to_string(), "postgres://db.example.org/tki");
    assert!(!format!("{parsed:?}").contains("hunter2"));
    let wrong = "postgres://tki:hunter2@db.example.org/tki?sslmode=prefer";
    let error = wrong.parse::<StorageUrl>().unwrap_err();
    assert!(error.to_string().contains("verify-full"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn what_names_no_storage_is_refused() {
    for url in [
        "",
        "redb:",
        "memory:all",
        "/var/lib/tki",
        "mysql://localhost/tki",
    ] {
        url.parse::<StorageUrl>().unwrap_err();
    }
}

/// A database without tables gets them; whoever comes later finds them.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the cluster is named by the environment, and a test that is skipped says why"
)]
async fn a_new_database_gets_its_tables() {
    let Ok(url) = std::env::var("TKI_TEST_POSTGRES") else {
        println!("skipped, because TKI_TEST_POSTGRES names nothing: see xtask/setup/postgres.sh");
        return;
    };
    let url: StorageUrl = url.parse().unwrap();
    for _ in 0..2 {
        let address = Address::from_bytes([7; 32]);
        let storage = url.open().await.unwrap().storage;
        assert_eq!(storage.get(&address).await.unwrap(), None);
    }
}
