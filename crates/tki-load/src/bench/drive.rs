//! Clients that ask again as soon as they are answered, for a while, by turns with those of a peer.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::stats::Batch;
use crate::Failure;

/// One who asks.
pub(crate) trait Client: Send + Sized + 'static {
    /// Makes ready what is to be asked; not measured.
    fn prepare(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Asks once. `false`: nothing is ready any more, and nothing was asked.
    fn ask(&mut self) -> impl Future<Output = Result<bool, Failure>> + Send;
}

/// How long a batch is, and how many of them each side has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) length: Duration,
    pub(crate) rounds: usize,
}

/// Some clients, and what they measured.
pub(crate) struct Side<C> {
    clients: Vec<C>,
    /// Whose processor time is counted.
    process: Option<u32>,
    pub(crate) batches: Vec<Batch>,
}

impl<C: Client> Side<C> {
    pub(crate) const fn new(clients: Vec<C>, process: Option<u32>) -> Self {
        Self {
            clients,
            process,
            batches: Vec::new(),
        }
    }

    /// One batch.
    pub(crate) async fn run(&mut self, length: Duration) -> Result<(), Failure> {
        let mut preparing = JoinSet::new();
        for mut client in self.clients.drain(..) {
            preparing.spawn_blocking(move || client.prepare().map(|()| client));
        }
        let clients: Result<Vec<C>, Failure> = preparing.join_all().await.into_iter().collect();
        let is_over = Arc::new(AtomicBool::new(false));
        let before = self.process.and_then(processor);
        let began = Instant::now();
        let end = began + length;
        let mut running = JoinSet::new();
        for client in clients? {
            running.spawn(client_until(client, end, Arc::clone(&is_over)));
        }
        let mut batch = Batch::default();
        while let Some(done) = running.join_next().await {
            let (client, latencies) = done??;
            batch.latencies.extend(latencies);
            self.clients.push(client);
        }
        batch.took = began.elapsed();
        let after = self.process.and_then(processor);
        if let (Some(before), Some(after)) = (before, after) {
            batch.processor = after - before;
        }
        self.batches.push(batch);
        Ok(())
    }
}

/// Both sides by turns, so that what else happens on the machine meets both; the first batch of each is
/// not counted.
pub(crate) async fn by_turns<A: Client, B: Client>(
    ours: &mut Side<A>,
    peers: &mut Side<B>,
    plan: Plan,
) -> Result<(), Failure> {
    for _ in 0..=plan.rounds {
        ours.run(plan.length).await?;
        peers.run(plan.length).await?;
    }
    ours.batches.remove(0);
    peers.batches.remove(0);
    Ok(())
}

/// One side alone.
pub(crate) async fn alone<C: Client>(ours: &mut Side<C>, plan: Plan) -> Result<(), Failure> {
    for _ in 0..=plan.rounds {
        ours.run(plan.length).await?;
    }
    ours.batches.remove(0);
    Ok(())
}

/// Asks until the end, or until one of all has nothing to ask any more.
async fn client_until<C: Client>(
    mut client: C,
    end: Instant,
    is_over: Arc<AtomicBool>,
) -> Result<(C, Vec<f64>), Failure> {
    let mut latencies = Vec::new();
    let mut began = Instant::now();
    while began < end && !is_over.load(Ordering::Relaxed) {
        if !client.ask().await? {
            is_over.store(true, Ordering::Relaxed);
            break;
        }
        let now = Instant::now();
        latencies.push(microseconds(now.saturating_duration_since(began)));
        began = now;
    }
    Ok((client, latencies))
}

pub(crate) fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// What the processor did for a process so far, in microseconds, where the system says so.
pub(crate) fn processor(process: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Its name may have anything in it but ends at the last bracket.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let ticks = |field: &str| field.parse::<u32>().ok();
    let (user, system) = (ticks(fields.next()?)?, ticks(fields.next()?)?);
    // Linux tells hundredths of seconds.
    Some((f64::from(user) + f64::from(system)) * 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counter(usize);

    impl Client for Counter {
        async fn ask(&mut self) -> Result<bool, Failure> {
            let takes = Duration::from_millis(10);
            drop(tokio::time::timeout(takes, core::future::pending::<()>()).await);
            let more = self.0 > 0;
            self.0 = self.0.saturating_sub(1);
            Ok(more)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_side_has_its_batches_and_each_batch_its_length() {
        let plan = Plan {
            length: Duration::from_millis(100),
            rounds: 3,
        };
        let mut ours = Side::new(vec![Counter(1000), Counter(1000)], None);
        let mut peers = Side::new(vec![Counter(1000)], None);
        by_turns(&mut ours, &mut peers, plan).await.unwrap();
        let counts = |side: &[Batch]| side.iter().map(Batch::count).collect::<Vec<_>>();
        assert_eq!(counts(&ours.batches), [20.0; 3]);
        assert_eq!(counts(&peers.batches), [10.0; 3]);
        assert!(
            ours.batches
                .iter()
                .all(|batch| batch.rate().round() >= 180.0)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_ends_when_one_client_has_nothing_to_ask() {
        let mut side = Side::new(vec![Counter(1000), Counter(3)], None);
        side.run(Duration::from_secs(1)).await.unwrap();
        let asked: Vec<f64> = side.batches.iter().map(Batch::count).collect();
        assert!(asked.iter().all(|asked| *asked <= 8.0), "{asked:?}");
    }

    #[test]
    fn this_process_has_taken_some_time() {
        if cfg!(target_os = "linux") {
            assert!(processor(std::process::id()).is_some());
        }
    }
}
