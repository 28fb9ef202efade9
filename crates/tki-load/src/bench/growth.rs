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

/// Rows `open-BACKEND-ACCOUNTS`, `login-BACKEND-ACCOUNTS`, and how much more the last is than among as few as
/// at first.
pub(crate) async fn run(site: &Site, most: usize) -> Result<(), Failure> {
    for backend in site.backends() {
        grow(site, backend, most.try_into()?).await?;
    }
    Ok(())
}

async fn grow(site: &Site, backend: Backend, most: u64) -> Result<(), Failure> {
    let name = backend.name();
    let few = site.server(backend, "few", &["--log", "warn"]).await?;
    let mut few_accounts = add(&few, 0..FIRST, Vec::new()).await?;
    let many = site.server(backend, "many", &["--log", "warn"]).await?;
    let mut accounts = Vec::new();
    let (mut there, mut size) = (0, FIRST);
    while size <= most {
        accounts = add(&many, there..size, accounts).await?;
        there = size;
        let bytes = many.size().await? / count_of(size);
        let mut times = Times::default();
        let (mut here, mut beside) = (many.connect().await?, few.connect().await?);
        for (account, other) in accounts.iter_mut().zip(&mut few_accounts) {
            times.many.add(&mut here, account).await?;
            times.few.add(&mut beside, other).await?;
        }
        say(&format!("bench: {size} accounts in {name}"));
        row(
            &format!("open-{name}-{size}"),
            median(times.many.opens.clone()),
            "us",
        );
        row(
            &format!("login-{name}-{size}"),
            median(times.many.logins.clone()),
            "us",
        );
        row(&format!("bytes-{name}-{size}"), bytes, "bytes");
        size = size.saturating_mul(10);
        if size > most {
            let growth = |of: fn(&Side) -> &Vec<f64>| {
                median(of(&times.many).clone()) / median(of(&times.few).clone())
            };
            row(
                &format!("open-growth-{name}"),
                growth(|side| &side.opens),
                "x",
            );
            row(
                &format!("login-growth-{name}"),
                growth(|side| &side.logins),
                "x",
            );
        }
    }
    Ok(())
}

/// What was measured among many accounts, and by turns among a thousand: a disk that others use is slow for
/// both.
#[derive(Default)]
struct Times {
    many: Side,
    few: Side,
}

/// How long opens and logins took, in microseconds.
#[derive(Default)]
struct Side {
    opens: Vec<f64>,
    logins: Vec<f64>,
}

impl Side {
    /// Of this account, once.
    async fn add(&mut self, server: &mut Connection, account: &mut Account) -> Result<(), Failure> {
        let open = account.open();
        let next = commit(account.change()?);
        self.opens
            .push(timed(server, &[(open.clone(), 200)]).await?);
        self.logins
            .push(timed(server, &[(open, 200), (next, 204)]).await?);
        Ok(())
    }
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
