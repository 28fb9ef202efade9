//! What an open and a login take the longer the more accounts there are.
//!
//! All accounts are real: signed, committed and verified. An open reads the records that two factors need;
//! a login reads them and then commits the next version of all, which ends with a sync of the disk.

use core::ops::Range;
use core::time::Duration;

use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::Instant;

use super::connection::Connection;
use super::count_of;
use super::drive::microseconds;
use super::print::row;
use super::records::{AT_ONCE, Account, commit, fill};
use super::site::{Backend, Running, Site};
use super::stats::median;
use crate::{Failure, say};

/// How many accounts there are at first; then ten times as many, and so on.
const FIRST: u64 = 1000;
/// How many accounts are opened at each size: some of all parts of them.
const OPENED: u64 = 500;
/// How many commits are prepared or under way at a time.
const AT_WORK: usize = 4;

/// Rows `open-BACKEND-ACCOUNTS`, `login-BACKEND-ACCOUNTS`, and how much more the last is than the first.
pub(crate) async fn run(site: &Site, most: usize) -> Result<(), Failure> {
    for backend in site.backends() {
        grow(site, backend, most.try_into()?).await?;
    }
    Ok(())
}

async fn grow(site: &Site, backend: Backend, most: u64) -> Result<(), Failure> {
    let name = backend.name();
    let server = site.server(backend, "growth", &["--log", "warn"]).await?;
    let mut sample = Vec::new();
    let (mut there, mut size) = (0, FIRST);
    let mut first = None;
    while size <= most {
        sample = add(&server, there..size, sample).await?;
        there = size;
        let bytes = server.size().await? / count_of(size);
        let [open, login] = measure(&server, &mut sample).await?;
        say(&format!("bench: {size} accounts in {name}"));
        row(&format!("open-{name}-{size}"), open, "us");
        row(&format!("login-{name}-{size}"), login, "us");
        row(&format!("bytes-{name}-{size}"), bytes, "bytes");
        let [open_first, login_first] = *first.get_or_insert([open, login]);
        size = size.saturating_mul(10);
        if size > most {
            row(&format!("open-growth-{name}"), open / open_first, "x");
            row(&format!("login-growth-{name}"), login / login_first, "x");
        }
    }
    Ok(())
}

/// Creates these accounts, and gives some of all that there are then: the old ones of the sample as rare as
/// the new ones.
async fn add(
    server: &Running,
    numbers: Range<u64>,
    old: Vec<Account>,
) -> Result<Vec<Account>, Failure> {
    let every = numbers.end.div_ceil(OPENED).max(1);
    let mut sample: Vec<Account> = old.into_iter().step_by(10).collect();
    let mut working = JoinSet::new();
    let mut starts = numbers.clone().step_by(usize::try_from(AT_ONCE)?);
    let mut told = Instant::now();
    loop {
        while working.len() < AT_WORK
            && let Some(start) = starts.next()
        {
            let end = start.saturating_add(AT_ONCE).min(numbers.end);
            let connection = server.connect().await?;
            working.spawn(create(connection, start..end, every));
        }
        let Some(done) = working.join_next().await else {
            return Ok(sample);
        };
        sample.extend(done??);
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            let end = numbers.end;
            let begun = starts.clone().next().unwrap_or(end);
            say(&format!("bench: {begun} of {end} accounts are made"));
        }
    }
}

/// Creates these accounts, and gives one of so many.
async fn create(
    mut connection: Connection,
    numbers: Range<u64>,
    every: u64,
) -> Result<Vec<Account>, Failure> {
    let start = numbers.start;
    let (request, accounts) = spawn_blocking(move || fill(numbers)).await??;
    let status = connection.ask(&request).await?.status;
    if status != 204 {
        return Err(format!("a commit is answered {status}").into());
    }
    let all = (start..).zip(accounts);
    let some = all.filter(|(number, _)| number.is_multiple_of(every));
    Ok(some.map(|(_, account)| account).collect())
}

/// How long an open and a login take, in the median, in microseconds: one after the other, each account
/// once.
async fn measure(server: &Running, sample: &mut [Account]) -> Result<[f64; 2], Failure> {
    let mut connection = server.connect().await?;
    let mut opens = Vec::with_capacity(sample.len());
    for account in &*sample {
        opens.push(timed(&mut connection, &[(account.open(), 200)]).await?);
    }
    let mut logins = Vec::with_capacity(sample.len());
    for account in sample {
        let open = account.open();
        let next = commit(account.change()?);
        logins.push(timed(&mut connection, &[(open, 200), (next, 204)]).await?);
    }
    Ok([median(opens), median(logins)])
}

/// How long these take together, each with the status that it must have.
async fn timed(connection: &mut Connection, requests: &[(Vec<u8>, u16)]) -> Result<f64, Failure> {
    let began = Instant::now();
    for (request, expected) in requests {
        let status = connection.ask(request).await?.status;
        if status != *expected {
            return Err(format!("a request is answered {status} instead of {expected}").into());
        }
    }
    Ok(microseconds(began.elapsed()))
}
