//! What an account costs its storage: the real commands against the real server, and its counters before
//! and after each.

use std::path::Path;
use std::process::{Command, Stdio};

use super::count_of;
use super::print::row;
use super::records::Account;
use super::site::{Backend, Metrics, Running, Site};
use crate::{Failure, print, say};

/// What an owner does, in this order: the row, and what is typed.
const OPERATIONS: [(&str, &str); 7] = [
    ("create", "create --recovery-out words.txt"),
    ("open", "open --use device --use words:words.txt"),
    (
        "add",
        "factor add file:stick.txt --use device --use words:words.txt",
    ),
    ("refresh", "refresh --use device --use words:words.txt"),
    (
        "remove",
        "factor remove 4 --use device --use words:words.txt --yes",
    ),
    (
        "renew",
        "renew --use device --use words:words.txt --recovery-out new.txt",
    ),
    ("rotate", "rotate --use device --use words:new.txt --yes"),
];
/// How many accounts are stored to see how much more than their own bytes a storage takes.
const STORED: u64 = 5000;

/// Rows `OPERATION-commits`, `OPERATION-writes`, `OPERATION-bytes`, and `stored-BACKEND`.
pub(crate) async fn run(site: &Site) -> Result<(), Failure> {
    for backend in site.backends() {
        let server = site.server(backend, "accounts", &[]).await?;
        let home = site.path(&format!("home-{}", backend.name()));
        std::fs::create_dir(&home)?;
        std::fs::write(home.join("passphrase"), "correct horse\n")?;
        print("| operation | storage | commits | records written | bytes written | records read |");
        print("|---|---|--:|--:|--:|--:|");
        for (name, line) in OPERATIONS {
            let before = server.metrics().await?;
            tki(site, &home, line, &server)?;
            let after = server.metrics().await?;
            report(backend, name, &Counts::between(&before, &after)?);
        }
        stored(site, backend).await?;
    }
    Ok(())
}

/// Runs the command line to its end.
fn tki(site: &Site, home: &Path, line: &str, server: &Running) -> Result<(), Failure> {
    let mut command = Command::new(site.program("tki"));
    command.args(line.split(' '));
    command.args(["--storage", &server.url(), "--device-store", "plain"]);
    command.args(["--provider-passphrase-file", "passphrase"]);
    command.current_dir(home).env("TKI_HOME", home.join("home"));
    let answer = command.stdin(Stdio::null()).output()?;
    if answer.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&answer.stderr);
    Err(format!("tki {line}: {}: {said}", answer.status).into())
}

/// What happened between two looks at the counters.
struct Counts {
    commits: f64,
    writes: f64,
    bytes: f64,
    reads: f64,
}

impl Counts {
    fn between(before: &Metrics, after: &Metrics) -> Result<Self, Failure> {
        let counted = |name: &str| {
            let both = after.get(name).zip(before.get(name));
            let both = both.ok_or_else(|| format!("the server does not count {name}"));
            both.map(|(after, before)| after - before)
        };
        Ok(Self {
            commits: counted("tki_server_commits_total{outcome=\"accepted\"}")?,
            writes: counted("tki_server_committed_records_total")?,
            bytes: counted("tki_server_committed_bytes_total")?,
            reads: counted("tki_server_read_records_total")?,
        })
    }
}

fn report(backend: Backend, name: &str, counts: &Counts) {
    let Counts {
        commits,
        writes,
        bytes,
        reads,
    } = counts;
    let storage = backend.name();
    print(&format!(
        "| {name} | {storage} | {commits} | {writes} | {bytes} | {reads} |"
    ));
    row(&format!("{name}-commits-{storage}"), *commits, "commits");
    row(&format!("{name}-writes-{storage}"), *writes, "records");
    row(&format!("{name}-bytes-{storage}"), *bytes, "bytes");
}

/// `stored-BACKEND`: bytes that the storage takes for each byte of records.
async fn stored(site: &Site, backend: Backend) -> Result<(), Failure> {
    let server = site.server(backend, "stored", &[]).await?;
    let count = if site.is_quick { 100 } else { STORED };
    say(&format!("bench: {count} accounts in {}", backend.name()));
    let accounts = server.fill(0, count).await?;
    let bytes: usize = accounts.iter().map(Account::bytes).sum();
    let bytes = count_of(bytes.try_into()?);
    let size = server.size().await?;
    let storage = backend.name();
    row(
        &format!("account-bytes-{storage}"),
        size / count_of(count),
        "bytes",
    );
    row(&format!("stored-{storage}"), size / bytes, "x");
    Ok(())
}
