//! Databases of tests, in the cluster that `TKI_TEST_POSTGRES` names.

use tokio_postgres::{Client, NoTls};

/// The URL of a new database of this name; `None`, said aloud, where there is no cluster.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the cluster is named by the environment, and a test that is skipped says why"
)]
pub(crate) async fn database(name: &str) -> Option<String> {
    let Ok(url) = std::env::var("TKI_TEST_POSTGRES") else {
        println!("skipped, because TKI_TEST_POSTGRES names nothing: see xtask/setup/postgres.sh");
        return None;
    };
    let client = client(&url).await;
    let name = format!("tki_server_{name}_{}", std::process::id());
    for statement in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
        let statement = format!("{statement} {name}");
        client.batch_execute(&statement).await.unwrap();
    }
    Some(format!("{}/{name}", url.strip_suffix("/postgres").unwrap()))
}

/// Whoever may do everything there.
pub(crate) async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
