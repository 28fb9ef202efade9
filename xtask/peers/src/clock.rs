//! How time is taken: of the processor and of one thread, by turns, the median of a batch of rounds,
//! in the quietest of several batches.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

const BATCHES: u32 = 4;
/// The most and the least rounds of a batch.
const ROUNDS: (u32, u32) = (3, 15);
/// What one comparison may take in all, unless its least rounds take longer.
const BUDGET: Duration = Duration::from_millis(800);
/// What is shorter is repeated within a round, because the clock itself takes a while.
const SHORTEST: Duration = Duration::from_micros(200);

/// One implementation at one work.
pub(crate) struct Job {
    /// Who does it.
    pub(crate) who: &'static str,
    /// What is done once.
    work: Box<dyn FnMut()>,
    /// How many times as much the whole work is.
    scale: f64,
    repetitions: u32,
}

impl Job {
    /// A job that is done whole.
    pub(crate) fn new(who: &'static str, work: impl FnMut() + 'static) -> Self {
        Self::part(who, 1.0, work)
    }

    /// A job of which only a part is done, because all of it takes too long: `scale` parts are the
    /// whole.
    pub(crate) fn part(who: &'static str, scale: f64, work: impl FnMut() + 'static) -> Self {
        let work = Box::new(work);
        Self {
            who,
            work,
            scale,
            repetitions: 1,
        }
    }

    /// The time of one repetition.
    fn time(&mut self) -> Duration {
        let begin = now();
        (0..self.repetitions).for_each(|_| (self.work)());
        now().saturating_sub(begin) / self.repetitions
    }
}

/// The time of each job in microseconds, in their order.
pub(crate) fn compare(jobs: &mut [Job]) -> Vec<f64> {
    let mut round = Duration::ZERO;
    for job in &mut *jobs {
        job.time();
        let once = job.time().max(Duration::from_nanos(1));
        let repetitions = SHORTEST.as_nanos().div_ceil(once.as_nanos());
        job.repetitions = u32::try_from(repetitions).unwrap_or(u32::MAX);
        round += once * job.repetitions;
    }
    let rounds = BUDGET.as_nanos() / (round * BATCHES).as_nanos().max(1);
    let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
    let rounds = rounds.clamp(ROUNDS.0, ROUNDS.1);

    let mut best = vec![Duration::MAX; jobs.len()];
    for _ in 0..BATCHES {
        let mut times = vec![Vec::new(); jobs.len()];
        for _ in 0..rounds {
            for (job, times) in jobs.iter_mut().zip(&mut times) {
                times.push(job.time());
            }
        }
        for (best, times) in best.iter_mut().zip(times) {
            *best = median(times).min(*best);
        }
    }
    let microseconds = |(time, job): (Duration, &Job)| time.as_secs_f64() * 1e6 * job.scale;
    best.into_iter().zip(&*jobs).map(microseconds).collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The time that this thread has used the processor for.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}
