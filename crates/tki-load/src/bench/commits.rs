//! Commits that change the records of an account together, beside the same SQL by hand.

use alloc::collections::VecDeque;
use core::time::Duration;

use super::connection::Connection;
use super::count_of;
use super::drive::{Client, Plan, Side, alone, by_turns};
use super::print::{line, row};
use super::reads::CLIENTS;
use super::records::{Account, commit};
use super::site::{Backend, Running, Site};
use super::sql::{self, ByHand};
use super::stats::{Batch, ratio};
use crate::Failure;
use crate::serve::counted;

/// No side commits more in a second: so many are signed before a batch.
const MOST: f64 = 8000.0;

/// The next versions of one account, signed before they are needed.
pub(crate) struct Chain<T> {
    account: Account,
    ready: VecDeque<T>,
    depth: usize,
}

impl<T> Chain<T> {
    /// Of each account, for batches of this length.
    pub(crate) fn of(accounts: Vec<Account>, length: Duration) -> impl Iterator<Item = Self> {
        #[expect(clippy::cast_precision_loss, reason = "at most 64")]
        let each = MOST * length.as_secs_f64() / accounts.len() as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive number, far below 2^32"
        )]
        let depth = each as usize;
        accounts.into_iter().map(move |account| Self {
            account,
            ready: VecDeque::new(),
            depth: depth.saturating_add(16),
        })
    }

    pub(crate) fn prepare(&mut self, make: impl Fn(&Account) -> T) -> Result<(), Failure> {
        while self.ready.len() < self.depth {
            self.account.change()?;
            self.ready.push_back(make(&self.account));
        }
        Ok(())
    }

    pub(crate) fn next(&mut self) -> Option<T> {
        self.ready.pop_front()
    }
}

/// One who changes an account of his own.
pub(crate) struct Writer {
    connection: Connection,
    chain: Chain<Vec<u8>>,
}

impl Writer {
    /// One for each of these accounts.
    pub(crate) async fn some(
        server: &Running,
        accounts: Vec<Account>,
        length: Duration,
    ) -> Result<Vec<Self>, Failure> {
        let mut writers = Vec::new();
        for chain in Chain::of(accounts, length) {
            let connection = server.connect().await?;
            writers.push(Self { connection, chain });
        }
        Ok(writers)
    }
}

impl Client for Writer {
    fn prepare(&mut self) -> Result<(), Failure> {
        self.chain.prepare(|account| commit(&account.records))
    }

    async fn ask(&mut self) -> Result<bool, Failure> {
        let Some(request) = self.chain.next() else {
            return Ok(false);
        };
        let status = self.connection.ask(&request).await?.status;
        if status == 204 {
            Ok(true)
        } else {
            Err(format!("a commit is answered {status}").into())
        }
    }
}

/// `commit-redb-CLIENTS-tki`: one commit of all that were made together.
pub(crate) async fn redb(site: &Site) -> Result<(), Failure> {
    let server = site.server(Backend::Redb, "commits", &[]).await?;
    let plan = site.plan(1.0, 4);
    for (from, count) in starts() {
        let accounts = server.fill(from, count as u64).await?;
        let clients = Writer::some(&server, accounts, plan.length).await?;
        let mut ours = Side::new(clients, server.server.id());
        alone(&mut ours, plan).await?;
        line("commit, redb", count, &ours.batches);
        row(
            &format!("commit-redb-{count}-tki"),
            Batch::all(&ours.batches).pace(),
            "us",
        );
    }
    Ok(())
}

/// `syncs-redb-CLIENTS`: syncs of the file for each commit, by a count of the syncs themselves.
pub(crate) async fn syncs(site: &Site) -> Result<(), Failure> {
    let path = site.path("counted.redb");
    let words = ["counted", "--path", &path.display().to_string()];
    let server = site.ourselves(&words).await?;
    let plan = site.plan(1.0, 2);
    for (from, count) in starts() {
        let accounts = server.fill(from, count as u64).await?;
        let clients = Writer::some(&server, accounts, plan.length).await?;
        let mut ours = Side::new(clients, None);
        let before = counted::read(&path)?;
        for _ in 0..plan.rounds {
            ours.run(plan.length).await?;
        }
        let syncs = counted::read(&path)?.saturating_sub(before);
        let commits = Batch::all(&ours.batches).count();
        row(
            &format!("syncs-redb-{count}"),
            count_of(syncs) / commits,
            "syncs",
        );
    }
    Ok(())
}

/// `commit-postgres-CLIENTS`: how much longer than the same SQL by hand, from one commit to the next;
/// `latency-postgres-CLIENTS`: how much longer each waits, in the median.
pub(crate) async fn postgres(site: &Site) -> Result<(), Failure> {
    let ours = site.server(Backend::Postgres, "commits", &[]).await?;
    let plan = site.plan(1.5, 6);
    for (from, count) in starts() {
        let accounts = ours.fill(from, count as u64).await?;
        let clients = Writer::some(&ours, accounts, plan.length).await?;
        let mut ours = Side::new(clients, ours.server.id());
        let mut peers = Side::new(by_hand(site, from, count, plan).await?, None);
        by_turns(&mut ours, &mut peers, plan).await?;
        line("commit, postgres", count, &ours.batches);
        line("commit, the same SQL by hand", count, &peers.batches);
        let what = format!("commit-postgres-{count}");
        row(
            &what,
            ratio(&ours.batches, &peers.batches, Batch::pace),
            "x",
        );
        row(
            &format!("{what}-tki"),
            Batch::all(&ours.batches).pace(),
            "us",
        );
        row(
            &format!("{what}-sql"),
            Batch::all(&peers.batches).pace(),
            "us",
        );
        let median = |batch: &Batch| Batch::all(core::slice::from_ref(batch)).percentile(50);
        let latency = ratio(&ours.batches, &peers.batches, median);
        row(&format!("latency-postgres-{count}"), latency, "x");
    }
    Ok(())
}

/// The same accounts in a table that another server of ours has made and filled, and left alone.
async fn by_hand(site: &Site, from: u64, count: usize, plan: Plan) -> Result<Vec<ByHand>, Failure> {
    let mut server = site.server(Backend::Postgres, "by-hand", &[]).await?;
    let accounts = server.fill(from, count as u64).await?;
    server.server.kill().await?;
    let pool = sql::pool(&server.storage)?;
    let chains = Chain::of(accounts, plan.length);
    Ok(chains
        .map(|chain| ByHand::new(pool.clone(), chain))
        .collect())
}

/// Numbers of clients, each with the number of its first account.
fn starts() -> impl Iterator<Item = (u64, usize)> {
    (0_u64..).step_by(1000).zip(CLIENTS)
}
