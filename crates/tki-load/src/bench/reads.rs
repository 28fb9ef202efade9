//! Reads of records that were read before, beside a handler that does nothing.

use alloc::sync::Arc;

use super::connection::Connection;
use super::drive::{Client, Side, alone, by_turns};
use super::print::{line, row};
use super::records::Account;
use super::site::{Backend, Running, Site};
use super::stats::{Batch, ratio};
use crate::Failure;

/// How many clients there are.
pub(crate) const CLIENTS: [usize; 3] = [1, 16, 64];
/// How many accounts are read.
const ACCOUNTS: u64 = 500;
/// Each client takes another step through the requests, so that all read all of them.
const STEP: usize = 7;

/// One who reads.
pub(crate) struct Reader {
    connection: Connection,
    requests: Arc<Vec<Vec<u8>>>,
    next: usize,
    step: usize,
    expects: u16,
}

impl Reader {
    /// So many of them.
    pub(crate) async fn some(
        count: usize,
        server: &Running,
        requests: &Arc<Vec<Vec<u8>>>,
        expects: u16,
    ) -> Result<Vec<Self>, Failure> {
        let mut readers = Vec::with_capacity(count);
        for number in 0..count {
            readers.push(Self {
                connection: server.connect().await?,
                requests: Arc::clone(requests),
                next: number,
                step: number.saturating_mul(2).saturating_add(STEP),
                expects,
            });
        }
        Ok(readers)
    }
}

impl Client for Reader {
    async fn ask(&mut self) -> Result<bool, Failure> {
        let all = self.requests.len().max(1);
        self.next = self.next.saturating_add(self.step) % all;
        let request = self.requests.get(self.next).ok_or("there is no request")?;
        let status = self.connection.ask(request).await?.status;
        if status == self.expects {
            Ok(true)
        } else {
            Err(format!("a read is answered {status}").into())
        }
    }
}

/// `get-BACKEND-CLIENTS`: how many records a second of those that the empty handler answers.
pub(crate) async fn run(site: &Site, backend: Backend) -> Result<(), Failure> {
    let name = backend.name();
    let server = site.server(backend, "reads", &[]).await?;
    let accounts = server.fill(0, ACCOUNTS).await?;
    let bytes: usize = accounts.iter().map(Account::bytes).sum();
    let requests: Arc<Vec<_>> = Arc::new(accounts.iter().flat_map(Account::reads).collect());
    let each = bytes.checked_div(requests.len()).unwrap_or(0).to_string();
    let peer = site.ourselves(&["empty", "--bytes", &each]).await?;
    let plan = site.plan(0.7, 7);
    for count in CLIENTS {
        let clients = Reader::some(count, &server, &requests, 200).await?;
        let mut ours = Side::new(clients, server.server.id());
        let clients = Reader::some(count, &peer, &requests, 200).await?;
        let mut peers = Side::new(clients, peer.server.id());
        by_turns(&mut ours, &mut peers, plan).await?;
        line(&format!("get, {name}"), count, &ours.batches);
        line("get, empty handler", count, &peers.batches);
        let what = format!("get-{name}-{count}");
        row(
            &what,
            ratio(&ours.batches, &peers.batches, Batch::rate),
            "x",
        );
        row(
            &format!("{what}-tki"),
            Batch::all(&ours.batches).pace(),
            "us",
        );
        row(
            &format!("{what}-empty"),
            Batch::all(&peers.batches).pace(),
            "us",
        );
    }
    let known: Arc<Vec<_>> = Arc::new(accounts.iter().flat_map(Account::reads_again).collect());
    let clients = Reader::some(64, &server, &known, 304).await?;
    let mut ours = Side::new(clients, server.server.id());
    alone(&mut ours, plan).await?;
    line(&format!("get, {name}, known by its tag"), 64, &ours.batches);
    Ok(())
}
