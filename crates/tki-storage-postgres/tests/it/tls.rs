//! Certificates.

use tki_storage::{Error, Storage};
use tki_storage_postgres::PostgresStorage;

use crate::cluster::{Database, options, variable};
use crate::owner::{Owner, commit};

async fn error(url: &str) -> Error {
    PostgresStorage::open(&options(url)).await.unwrap_err()
}

#[tokio::test]
async fn a_certificate_for_the_host_by_who_is_trusted_is_accepted() {
    let Some(database) = Database::new("tls").await else {
        return;
    };
    let Some(authority) = variable("TKI_TEST_POSTGRES_CA") else {
        return;
    };
    database.migrated().await;
    let by_name = database.url("").replace("127.0.0.1", "localhost");
    let url = |roots: &str| format!("{by_name}sslmode=verify-full&sslrootcert={roots}");
    let url_of_authority = url(&authority) + "&application_name=encrypted";
    let storage = PostgresStorage::open(&options(&url_of_authority))
        .await
        .unwrap();
    let record = Owner::new("tls").first(0);
    storage
        .commit(&commit(core::slice::from_ref(&record)))
        .await
        .unwrap();
    assert_eq!(storage.get(&record.address()).await.unwrap(), Some(record));
    let sessions = "SELECT bool_and(ssl), count(*) FROM pg_stat_ssl \
        JOIN pg_stat_activity USING (pid) WHERE application_name = 'encrypted' \
        AND datname = current_database()";
    let row = database
        .client()
        .await
        .query_one(sessions, &[])
        .await
        .unwrap();
    assert!(row.get::<_, bool>(0), "each is encrypted");
    assert!(row.get::<_, i64>(1) > 0);
}

/// It is a mistake of somebody, and no outage: nobody shall try again until it passes.
#[tokio::test]
async fn another_certificate_is_refused() {
    let Some(database) = Database::new("tls_refused").await else {
        return;
    };
    let Some(authority) = variable("TKI_TEST_POSTGRES_CA") else {
        return;
    };
    database.migrated().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    // Its own certificate is no authority of its own; and who signed it is not in the others.
    let server = authority.replace("ca.pem", "server.pem");
    let empty = file("empty", b"");
    let broken = file(
        "broken",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    let by_name = database.url("").replace("127.0.0.1", "localhost");
    for roots in [server, empty, broken, "/nowhere".to_owned()] {
        let url = format!("{by_name}sslmode=verify-full&sslrootcert={roots}");
        let error = error(&url).await;
        assert!(matches!(error, Error::Backend(_)), "{roots}: {error:?}");
    }
    // The certificate is for another name.
    let url = database.url(&format!("sslmode=verify-full&sslrootcert={authority}"));
    let error = error(&url).await;
    assert!(matches!(error, Error::Backend(_)), "{error:?}");
    assert!(!error.is_retryable());
}
