//! How much memory the server has while it does all that it can.

use alloc::sync::Arc;
use core::time::Duration;

use tokio::time::{Instant, interval};

use super::commits::Writer;
use super::drive::Side;
use super::print::{head, line, row};
use super::reads::Reader;
use super::records::Account;
use super::site::{Running, Site};
use crate::{Failure, say};

/// How many read, and as many write at the same time.
const CLIENTS: usize = 32;
/// How often it is looked how much there is.
const LOOK: Duration = Duration::from_secs(1);
/// What begins and what ends the comparison.
const MINUTE: usize = 60;
/// How long a batch of the load is: what its writers need is signed before each.
const BATCH: Duration = Duration::from_secs(5);

/// `memory-BACKEND`: the most of the last minute over what there was after the first.
pub(crate) async fn run(site: &Site, minutes: f64) -> Result<(), Failure> {
    let length = Duration::try_from_secs_f64(minutes * 60.0)?;
    for backend in site.backends() {
        // A line for each request would fill the disk.
        let server = site.server(backend, "memory", &["--log", "warn"]).await?;
        let process = server.server.id().ok_or("the server has ended")?;
        let name = backend.name();
        say(&format!("bench: {name} under load for {minutes} minutes"));
        let watching = tokio::spawn(watch(process, length, name));
        load(&server, length).await?;
        let sizes = watching.await?;
        let (first, last) = compare(&sizes).ok_or("nothing was seen of its memory")?;
        row(&format!("memory-first-{name}"), first, "MiB");
        row(&format!("memory-last-{name}"), last, "MiB");
        row(&format!("memory-{name}"), last / first, "x");
    }
    Ok(())
}

/// Reads and writes at the same time.
async fn load(server: &Running, length: Duration) -> Result<(), Failure> {
    let accounts = server.fill(0, CLIENTS as u64).await?;
    let requests: Arc<Vec<_>> = Arc::new(accounts.iter().flat_map(Account::reads).collect());
    let readers = Reader::some(CLIENTS, server, &requests, 200).await?;
    let writers = Writer::some(server, accounts, BATCH).await?;
    let (mut readers, mut writers) = (Side::new(readers, None), Side::new(writers, None));
    let began = Instant::now();
    let reading = async { readers.run(length).await };
    let writing = async {
        while began.elapsed() < length {
            writers.run(BATCH).await?;
        }
        Ok::<(), Failure>(())
    };
    tokio::try_join!(reading, writing)?;
    head();
    line("get, while others commit", CLIENTS, &readers.batches);
    line("commit, while others get", CLIENTS, &writers.batches);
    Ok(())
}

/// Looks at the memory every second, in MiB.
async fn watch(process: u32, length: Duration, name: &str) -> Vec<f64> {
    let end = Instant::now() + length;
    let mut ticks = interval(LOOK);
    let mut sizes = Vec::new();
    while Instant::now() < end {
        ticks.tick().await;
        let Some(size) = resident(process) else { break };
        if sizes.len().is_multiple_of(MINUTE) {
            say(&format!("bench: {name}, {size:.0} MiB"));
        }
        sizes.push(size);
    }
    sizes
}

/// What of a process is in memory, in MiB, where the system says so.
fn resident(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u32 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(f64::from(kibibytes) / 1024.0)
}

/// What there was after the first minute, and the most of the last; halves where it did not last so long.
fn compare(sizes: &[f64]) -> Option<(f64, f64)> {
    let part = MINUTE.min(sizes.len() / 2);
    let first = sizes.get(part)?;
    let (_, last) = sizes.split_at_checked(sizes.len().checked_sub(part.max(1))?)?;
    let most = last.iter().copied().fold(0.0, f64::max);
    Some((*first, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_minute_is_compared_with_the_end_of_the_first() {
        let mut sizes: Vec<f64> = (0..600).map(f64::from).collect();
        assert_eq!(compare(&sizes), Some((60.0, 599.0)));
        if let Some(high) = sizes.get_mut(300) {
            *high = 1e6;
        }
        assert_eq!(compare(&sizes), Some((60.0, 599.0)));
        assert_eq!(compare(&[1.0, 2.0, 3.0, 4.0]), Some((3.0, 4.0)));
        assert_eq!(compare(&[]), None);
    }

    #[test]
    fn this_process_has_some_memory() {
        if cfg!(target_os = "linux") {
            assert!(resident(std::process::id()).is_some_and(|size| size > 1.0));
        }
    }
}
