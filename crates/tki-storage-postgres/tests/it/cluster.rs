//! Clusters and databases of tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tki_storage_postgres::{PostgresOptions, PostgresStorage};
use tokio_postgres::{Client, NoTls};

/// A database of a test's own.
pub(crate) struct Database {
    /// Up to the port.
    pub(crate) server: String,
    pub(crate) name: String,
}

/// A value of the environment, if a cluster is there.
#[expect(
    clippy::disallowed_methods,
    reason = "the cluster of the tests is named by the environment"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok();
    if value.is_none() {
        skipped(&format!(
            "{name} names nothing: see xtask/setup/postgres.sh"
        ));
    }
    value
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
pub(crate) fn skipped(reason: &str) {
    println!("skipped, because {reason}");
}

impl Database {
    /// One in the cluster of all tests.
    pub(crate) async fn new(test: &str) -> Option<Self> {
        Some(Self::of(&variable("TKI_TEST_POSTGRES")?, test).await)
    }

    /// One in the cluster of this URL.
    pub(crate) async fn of(url: &str, test: &str) -> Self {
        let server = url.strip_suffix("/postgres").unwrap().to_owned();
        let name = format!("tki_{test}_{}", std::process::id());
        let database = Self { server, name };
        let root = connect(url).await;
        root.batch_execute(&format!("DROP DATABASE IF EXISTS {}", database.name))
            .await
            .unwrap();
        root.batch_execute(&format!("CREATE DATABASE {}", database.name))
            .await
            .unwrap();
        database
    }

    /// With parameters, as in `connections=2`.
    pub(crate) fn url(&self, parameters: &str) -> String {
        format!("{}/{}?{parameters}", self.server, self.name)
    }

    /// The same seen through another port of this machine.
    pub(crate) fn url_at(&self, port: u16, parameters: &str) -> String {
        let (before, _) = self.server.rsplit_once(':').unwrap();
        format!("{before}:{port}/{}?{parameters}", self.name)
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    pub(crate) async fn migrated(&self) {
        let options = options(&self.url(""));
        PostgresStorage::migrate(&options).await.unwrap();
    }

    /// Migrated and opened.
    pub(crate) async fn storage(&self, parameters: &str) -> PostgresStorage {
        self.migrated().await;
        open(&self.url(parameters)).await
    }

    /// A connection behind the storage's back.
    pub(crate) async fn client(&self) -> Client {
        connect(&self.url("")).await
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.client().await.batch_execute(sql).await.unwrap();
    }
}

pub(crate) fn options(url: &str) -> PostgresOptions {
    PostgresOptions::parse(url).unwrap()
}

pub(crate) async fn open(url: &str) -> PostgresStorage {
    PostgresStorage::open(&options(url)).await.unwrap()
}

pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    client
}

/// A cluster of a test's own, which may be ended.
pub(crate) struct Cluster {
    folder: TempDir,
    pub(crate) url: String,
}

impl Cluster {
    pub(crate) fn new() -> Option<Self> {
        variable("TKI_TEST_POSTGRES")?;
        let folder = tempfile::tempdir().unwrap();
        let url = started(&script(&["start", name(folder.path())]));
        Some(Self { folder, url })
    }

    /// One that follows this one.
    pub(crate) fn standby(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = script(&["standby", name(folder.path()), name(self.folder.path())]);
        let url = started(&output);
        Self { folder, url }
    }

    /// SIGKILL.
    pub(crate) fn kill(&self) {
        script(&["kill", name(self.folder.path())]);
    }

    /// SIGKILL for one of its processes: the server recovers and goes on.
    pub(crate) fn crash(&self) {
        script(&["crash", name(self.folder.path())]);
    }

    pub(crate) fn start_again(&self) {
        script(&["again", name(self.folder.path())]);
    }

    /// A folder with little room, if one may be made here.
    pub(crate) fn small(&self) -> Option<PathBuf> {
        let made = run(&["small", name(self.folder.path())]);
        made.is_ok().then(|| self.folder.path().join("small"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(run(&["stop", name(self.folder.path())]));
    }
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn started(output: &str) -> String {
    let line = output
        .lines()
        .find(|line| line.contains("TKI_TEST_POSTGRES="));
    line.unwrap().split('\'').nth(1).unwrap().to_owned()
}

fn script(arguments: &[&str]) -> String {
    run(arguments).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

#[expect(
    clippy::unwrap_in_result,
    reason = "the result is that of the script, the rest is the test's"
)]
fn run(arguments: &[&str]) -> Result<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/setup/postgres.sh");
    // What the server inherits stays open: it gets files of its own.
    let [output, errors] = [(); 2].map(|()| tempfile::NamedTempFile::new().unwrap());
    let status = Command::new("bash")
        .arg(script)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .stdout(output.reopen().unwrap())
        .stderr(errors.reopen().unwrap())
        .status()
        .unwrap();
    let text = |path: &Path| std::fs::read_to_string(path).unwrap();
    if status.success() {
        Ok(text(output.path()))
    } else {
        Err(text(errors.path()))
    }
}
