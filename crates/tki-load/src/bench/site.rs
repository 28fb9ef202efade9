//! What is measured, and where it runs: a folder, servers in it, a database.

use core::net::SocketAddr;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::connection::{Connection, get};
use super::drive::Plan;
use super::records::{AT_ONCE, Account, fill};
use crate::Failure;
use crate::args::Bench;
use crate::cluster::{Cluster, open_to_all};
use crate::server::{Server, free_address};

/// A folder with all that a run needs.
pub(crate) struct Site {
    /// Before its folder.
    cluster: Option<Cluster>,
    folder: TempDir,
    programs: PathBuf,
    this: PathBuf,
    pub(crate) is_quick: bool,
}

/// Where records are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Backend {
    Postgres,
    Redb,
}

impl Backend {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redb => "redb",
        }
    }
}

/// A server that runs until this is dropped.
pub(crate) struct Running {
    pub(crate) server: Server,
    metrics: Option<SocketAddr>,
    /// Of a server over a file, or the URL of the database.
    pub(crate) storage: String,
}

impl Site {
    pub(crate) fn new(asked: &Bench) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        // Another user must reach a folder in it.
        open_to_all(folder.path())?;
        let cluster = if asked.without_postgres {
            None
        } else {
            let place = folder.path().join("postgres");
            Some(Cluster::start(&asked.postgres, place)?)
        };
        let this = std::env::current_exe()?;
        let beside = this.parent().unwrap_or(Path::new("."));
        Ok(Self {
            cluster,
            programs: asked.programs.clone().unwrap_or_else(|| beside.into()),
            folder,
            this,
            is_quick: asked.quick,
        })
    }

    /// What there is to measure.
    pub(crate) fn backends(&self) -> Vec<Backend> {
        match self.cluster {
            None => vec![Backend::Redb],
            Some(_) => vec![Backend::Redb, Backend::Postgres],
        }
    }

    pub(crate) fn plan(&self, seconds: f64, rounds: usize) -> Plan {
        let (seconds, rounds) = if self.is_quick {
            (0.1, 1)
        } else {
            (seconds, rounds)
        };
        Plan {
            length: core::time::Duration::from_secs_f64(seconds),
            rounds,
        }
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The server as it is by default, over a new storage of this name, without limits of rates, which
    /// are for strangers.
    pub(crate) async fn server(
        &self,
        backend: Backend,
        name: &str,
        more: &[&str],
    ) -> Result<Running, Failure> {
        let storage = match backend {
            Backend::Postgres => self.database(name).await?,
            Backend::Redb => format!("redb:{}", self.path(name).join("records.redb").display()),
        };
        let (listen, metrics) = (free_address().await?, free_address().await?);
        let mut command = vec![self.program("tki-server").display().to_string()];
        let words = ["--rates", "off", "--client-connections", "1000", "--data"];
        command.extend(words.map(String::from));
        command.extend([self.path(name).display().to_string()]);
        command.extend(["--storage".into(), storage.clone()]);
        command.extend(["--listen".into(), listen.to_string()]);
        command.extend(["--metrics-listen".into(), metrics.to_string()]);
        command.extend(more.iter().map(ToString::to_string));
        let log = self.path(&format!("{name}.log"));
        let mut server = Server::new(command, listen, log);
        server.start().await?;
        Ok(Running {
            server,
            metrics: Some(metrics),
            storage,
        })
    }

    /// This program as another server.
    pub(crate) async fn ourselves(&self, words: &[&str]) -> Result<Running, Failure> {
        let listen = free_address().await?;
        let mut command = vec![self.this.display().to_string()];
        command.extend(words.iter().map(ToString::to_string));
        command.extend(["--listen".into(), listen.to_string()]);
        let mut server = Server::new(command, listen, self.path("peer.log"));
        server.start().await?;
        Ok(Running {
            server,
            metrics: None,
            storage: String::new(),
        })
    }

    /// The URL of a new database of this name, or of the one that is there.
    async fn database(&self, name: &str) -> Result<String, Failure> {
        let cluster = self.cluster.as_ref().ok_or("there is no PostgreSQL")?;
        let url = cluster.url();
        let client = connect(url).await?;
        let known = "SELECT FROM pg_database WHERE datname = $1";
        if client.query(known, &[&name]).await?.is_empty() {
            let create = format!("CREATE DATABASE \"{name}\"");
            client.batch_execute(&create).await?;
        }
        let (place, _) = url.rsplit_once('/').ok_or("a URL without a database")?;
        Ok(format!("{place}/{name}"))
    }
}

/// One connection to a database.
pub(crate) async fn connect(url: &str) -> Result<tokio_postgres::Client, Failure> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

impl Running {
    pub(crate) async fn connect(&self) -> io::Result<Connection> {
        Connection::open(self.server.listen).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.listen)
    }

    /// Creates so many accounts, from this number on, and gives them.
    pub(crate) async fn fill(&self, from: u64, count: u64) -> Result<Vec<Account>, Failure> {
        let mut connection = self.connect().await?;
        let mut all = Vec::new();
        let end = from.saturating_add(count);
        let mut next = from;
        while next < end {
            let last = next.saturating_add(AT_ONCE).min(end);
            let (request, accounts) = fill(next..last)?;
            let status = connection.ask(&request).await?.status;
            if status != 204 {
                return Err(format!("the server answers {status} to a commit").into());
            }
            all.extend(accounts);
            next = last;
        }
        Ok(all)
    }

    /// How many bytes the storage has.
    pub(crate) async fn size(&self) -> Result<f64, Failure> {
        if let Some(path) = self.storage.strip_prefix("redb:") {
            return Ok(std::fs::metadata(path)?.len() as f64);
        }
        let client = connect(&self.storage).await?;
        let size = "SELECT pg_total_relation_size('tki_records')";
        let size: i64 = client.query_one(size, &[]).await?.try_get(0)?;
        Ok(size as f64)
    }

    /// The counters of the server.
    pub(crate) async fn metrics(&self) -> Result<Metrics, Failure> {
        let place = self.metrics.ok_or("this server does not count")?;
        let mut connection = Connection::open(place).await?;
        let answer = connection.ask(&get("/metrics", "")).await?;
        Ok(Metrics(String::from_utf8_lossy(answer.body).into_owned()))
    }
}

/// What the server says that it counted.
pub(crate) struct Metrics(String);

impl Metrics {
    /// The value of a metric with these labels, as they are written; `None` if there is none.
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        let mut lines = self.0.lines().filter_map(|line| line.split_once(' '));
        let (_, value) = lines.find(|(found, _)| *found == name)?;
        value.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_found_by_its_whole_name() {
        let metrics =
            Metrics("# TYPE a counter\nab_total 3\na_total{b=\"c\"} 4\na_total 5\n".into());
        assert_eq!(metrics.get("a_total"), Some(5.0));
        assert_eq!(metrics.get("a_total{b=\"c\"}"), Some(4.0));
        assert_eq!(metrics.get("b_total"), None);
    }
}
