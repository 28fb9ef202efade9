//! `tki-load faults`: clients under load while everything fails, and whether what they saw is what an
//! honest storage shows.

mod check;
mod history;
mod proxy;
mod workload;

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use core::net::SocketAddr;
use core::sync::atomic::Ordering;
use core::time::Duration;
use std::path::{Path, PathBuf};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::json;
use tki_storage::Storage;
use tki_storage_http::HttpStorage;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use self::check::{Violation, violations};
use self::history::{Operation, Outcome, What};
use self::proxy::Counts;
use self::workload::{Way, Workload, below};
use crate::args::{Backend, Faults};
use crate::cluster::{Cluster, open_to_all};
use crate::serve::disk::DISK_FAULT;
use crate::server::{Server, free_address};
use crate::{Failure, print, say};

/// How long clients have after the last fault to end what they began.
const CALM: Duration = Duration::from_secs(3);
/// How many violations are printed.
const SHOWN: usize = 10;

/// What was killed, and how often.
#[derive(Debug, Default)]
struct Kills {
    server: u64,
    database: u64,
}

/// Everything that runs beside the clients.
struct House {
    server: Server,
    database: Option<Cluster>,
    is_database_dead: bool,
    log: PathBuf,
}

/// Whether there was no violation.
pub(crate) async fn run(asked: &Faults) -> Result<bool, Failure> {
    let seed = asked.seed.map_or_else(fresh_seed, Ok)?;
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    say(&format!(
        "faults: {:?}, {} minutes, {} clients; --seed {seed}",
        asked.backend, asked.minutes, asked.clients
    ));
    let folder = tempfile::tempdir()?;
    let mut house = House::build(asked, folder.path(), seed).await?;
    let counts = Arc::new(Counts::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let between = listener.local_addr()?;
    let proxy = tokio::spawn(proxy::run(
        listener,
        house.server.listen,
        rng.next_u64(),
        Arc::clone(&counts),
    ));

    let workload = Arc::new(Workload::new(asked.clients, &mut rng));
    let mut clients = JoinSet::new();
    for number in 0..asked.clients {
        // One in four speaks to the server itself.
        let (place, way) = if number % 4 == 0 {
            (house.server.listen, Way::Straight)
        } else {
            (between, Way::Repeating)
        };
        let (storage, workload, seed) = (client(place)?, Arc::clone(&workload), rng.next_u64());
        clients.spawn(async move { workload.run(storage.as_ref(), way, seed).await });
    }
    let length = Duration::try_from_secs_f64(asked.minutes * 60.0)?;
    let kills = house.torment(length, &mut rng).await?;

    // Everything has time to end: also what the proxy still repeats.
    sleep(CALM).await;
    workload.ends.store(true, Ordering::SeqCst);
    while clients.join_next().await.is_some() {}
    proxy.abort();
    // The last state is what lasts: also of a server that a failed sync has made give up.
    house.server.kill().await?;
    house.restart().await?;
    let last = client(house.server.listen)?;
    read_all(&workload, last.as_ref()).await?;
    let operations = workload.history.operations();
    let found = violations(&operations, &workload.history.lines());
    let report = Report {
        kills,
        disk: house.disk_faults(),
        counts: &counts,
        operations: &operations,
        violations: &found,
    };
    report.print(asked, seed);
    if let Some(missing) = report.untested(asked.backend) {
        return Err(format!("the run proves nothing: {missing}; give it more --minutes").into());
    }
    Ok(found.is_empty())
}

fn fresh_seed() -> Result<u64, Failure> {
    let mut seed = [0; 8];
    #[expect(clippy::disallowed_methods, reason = "a binary brings the randomness")]
    getrandom::fill(&mut seed)?;
    // Short enough to be typed.
    Ok(u64::from_be_bytes(seed) >> 32)
}

/// A client of the server, or of what is between.
fn client(place: SocketAddr) -> Result<Arc<dyn Storage>, Failure> {
    let storage = HttpStorage::builder(&format!("http://{place}")).build()?;
    Ok(Arc::new(storage))
}

async fn read_all(workload: &Workload, storage: &dyn Storage) -> Result<(), Failure> {
    for addresses in workload.addresses().chunks(64) {
        let read = workload.read(storage, addresses).await;
        read.ok_or("the last state cannot be read")?;
    }
    Ok(())
}

impl House {
    async fn build(asked: &Faults, folder: &Path, seed: u64) -> Result<Self, Failure> {
        let listen = free_address().await?;
        let file = folder.join("records.redb");
        let log = folder.join("server.log");
        let mut database = None;
        let this = std::env::current_exe()?;
        let flawed = |flaw: &str| {
            let words = ["serve", "--flaw", flaw, "--seed"].map(String::from);
            let mut command = vec![this.display().to_string()];
            command.extend(words);
            command.extend([
                seed.to_string(),
                "--path".into(),
                file.display().to_string(),
            ]);
            command
        };
        let mut command = match asked.backend {
            Backend::AcksEarly => flawed("acks-early"),
            Backend::Tears => flawed("tears"),
            Backend::Disk => flawed("disk"),
            Backend::Redb => the_server(asked, &this, &format!("redb:{}", file.display())),
            Backend::Postgres => {
                // Another user must reach a folder in it.
                open_to_all(folder)?;
                let cluster = Cluster::start(&asked.postgres, folder.join("postgres"))?;
                let url = cluster.url().to_owned();
                database = Some(cluster);
                the_server(asked, &this, &url)
            }
        };
        command.extend(["--listen".into(), listen.to_string()]);
        let mut server = Server::new(command, listen, log.clone());
        server.start().await?;
        Ok(Self {
            server,
            database,
            is_database_dead: false,
            log,
        })
    }

    /// Kills one or the other at random moments, for so long.
    async fn torment(&mut self, length: Duration, rng: &mut ChaCha20Rng) -> Result<Kills, Failure> {
        let mut kills = Kills::default();
        let end = Instant::now() + length;
        let mut told = Instant::now();
        while Instant::now() < end {
            sleep(Duration::from_millis(u64::from(rng.next_u32() % 900 + 50))).await;
            match &mut self.database {
                Some(database) if below(rng, 3) > 0 => {
                    // All of it, or one of its processes, from which it recovers by itself.
                    if below(rng, 2) == 0 {
                        database.kill()?;
                        self.is_database_dead = true;
                    } else {
                        database.crash()?;
                    }
                    kills.database = kills.database.saturating_add(1);
                    // Sometimes both.
                    if below(rng, 4) == 0 {
                        self.server.kill().await?;
                        kills.server = kills.server.saturating_add(1);
                    }
                }
                Some(_) | None => {
                    self.server.kill().await?;
                    kills.server = kills.server.saturating_add(1);
                }
            }
            sleep(Duration::from_millis(u64::from(rng.next_u32() % 100))).await;
            self.restart().await?;
            if told.elapsed() > Duration::from_secs(10) {
                told = Instant::now();
                let left = end.saturating_duration_since(told).as_secs();
                say(&format!("faults: {kills:?}, {left} s to go"));
            }
        }
        Ok(kills)
    }

    async fn restart(&mut self) -> Result<(), Failure> {
        if let Some(database) = self.database.as_mut().filter(|_| self.is_database_dead) {
            database.again()?;
            self.is_database_dead = false;
        }
        Ok(self.server.start().await?)
    }

    /// How often the disk failed, as the server's log says.
    fn disk_faults(&self) -> usize {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines()
            .filter(|line| line.starts_with(DISK_FAULT))
            .count()
    }
}

/// The real server, from beside this program if nothing else is said.
fn the_server(asked: &Faults, this: &Path, storage: &str) -> Vec<String> {
    let beside = || this.with_file_name("tki-server");
    let program = asked.server.clone().unwrap_or_else(beside);
    let program = program.display().to_string();
    // Limits of rates are for strangers.
    let words = ["--storage", storage, "--rates", "off"].map(String::from);
    core::iter::once(program).chain(words).collect()
}

struct Report<'a> {
    kills: Kills,
    disk: usize,
    counts: &'a Counts,
    operations: &'a [Operation],
    violations: &'a BTreeSet<Violation>,
}

impl Report<'_> {
    /// What did not happen, and without which the absence of violations says nothing.
    fn untested(&self, backend: Backend) -> Option<&'static str> {
        let all = self.operations.iter();
        let acknowledged = |operation: &Operation| matches!(&operation.what, What::Commit { outcome, .. } if *outcome == Outcome::Acknowledged);
        let reads =
            |operation: &Operation| matches!(operation.what, What::Read { versions: 1.., .. });
        let counts = self.counts;
        let of_proxy = [
            &counts.cut,
            &counts.truncated,
            &counts.delayed,
            &counts.repeated,
        ];
        let happened = [
            (all.clone().any(acknowledged), "no commit was acknowledged"),
            (all.clone().any(reads), "no record was read"),
            (
                self.kills.server > 0 || self.kills.database > 0,
                "nothing was killed",
            ),
            (
                backend != Backend::Postgres || self.kills.database > 0,
                "no database was killed",
            ),
            (
                backend != Backend::Disk || self.disk > 0,
                "the disk never failed",
            ),
            (
                of_proxy
                    .iter()
                    .all(|count| count.load(Ordering::Relaxed) > 0),
                "a fault of the proxy never happened",
            ),
        ];
        happened
            .iter()
            .find(|(is_so, _)| !is_so)
            .map(|(_, missing)| *missing)
    }

    fn print(&self, asked: &Faults, seed: u64) {
        let count = |is: fn(Outcome) -> bool| {
            let all = self.operations.iter();
            let told = all.filter(
                |operation| matches!(&operation.what, What::Commit { outcome, .. } if is(*outcome)),
            );
            told.count()
        };
        let reads = |operation: &&Operation| matches!(operation.what, What::Read { .. });
        let value = json!({
            "backend": format!("{:?}", asked.backend).to_lowercase(),
            "seed": seed,
            "kills": { "server": self.kills.server, "database": self.kills.database },
            "faults": {
                "cut": self.counts.cut.load(Ordering::Relaxed),
                "truncated": self.counts.truncated.load(Ordering::Relaxed),
                "delayed": self.counts.delayed.load(Ordering::Relaxed),
                "repeated": self.counts.repeated.load(Ordering::Relaxed),
                "disk": self.disk,
            },
            "commits": {
                "acknowledged": count(|outcome| outcome == Outcome::Acknowledged),
                "conflict": count(|outcome| matches!(outcome, Outcome::Conflict(..))),
                "nothing": count(|outcome| outcome == Outcome::Nothing),
                "unknown": count(|outcome| outcome == Outcome::Unknown),
            },
            "reads": self.operations.iter().filter(reads).count(),
            "violations": self.violations.len(),
        });
        if asked.json {
            print(&value.to_string());
        } else {
            for part in ["kills", "faults", "commits", "reads", "violations"] {
                print(&format!("{part:>10}: {}", plain(value.get(part))));
            }
        }
        for violation in self.violations.iter().take(SHOWN) {
            say(&format!("violation: {violation}"));
        }
    }
}

/// Numbers by name, for people.
fn plain(value: Option<&serde_json::Value>) -> String {
    match value {
        Some(serde_json::Value::Object(parts)) => {
            let parts = parts
                .iter()
                .map(|(name, number)| format!("{name} {number}"));
            parts.collect::<Vec<_>>().join(", ")
        }
        Some(value) => value.to_string(),
        None => String::new(),
    }
}
