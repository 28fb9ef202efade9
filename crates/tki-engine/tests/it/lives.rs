//! Many lives of accounts: everything that an owner does, with machines that die at any call or
//! write, answers that are lost or late, and a storage that lies and then tells the truth again.
//!
//! One seed is one life. `TKI_TEST_SEED` is the first, `TKI_LIVES` says how many; a life that fails
//! shows its seed and what happened in it, and is lived again alone by `TKI_LIVES=1`.

mod disk;
mod life;
mod state;
mod weather;

use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;

use life::Life;
use tki_testkit::{number, seed};

/// How many lives are lived when nobody says how many.
const LIVES: u64 = 200;

/// Steps of a life.
const STEPS: usize = 24;

/// What happened in lives.
#[derive(Default)]
struct Tally {
    operations: u64,
    crashes: u64,
    hostile: u64,
    /// Accounts that a storage closed, by dropping a renewal that it had acknowledged.
    closed: u64,
    /// How often each thing was done, and how often each thing happened to it.
    kinds: BTreeMap<String, u64>,
}

impl Tally {
    fn note(&mut self, kind: &str) {
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
    }

    fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.crashes += other.crashes;
        self.hostile += other.hostile;
        self.closed += other.closed;
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
    }
}

/// Ends the run on every thread when one life fails.
struct EndsAll<'a> {
    next: &'a AtomicU64,
    end: u64,
}

impl Drop for EndsAll<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.next.store(self.end, Ordering::Relaxed);
        }
    }
}

/// Lives one life after the other until none is left.
#[expect(clippy::print_stderr, reason = "a long run shows how far it is")]
fn live(next: &AtomicU64, end: u64, every: u64) -> Tally {
    let mut tally = Tally::default();
    let _ends_all = EndsAll { next, end };
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return tally;
        }
        tally.add(Life::live(seed, STEPS));
        if (end - seed).is_multiple_of(every) {
            eprintln!("{} lives left", end - seed - 1);
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the result of a long run")]
fn no_life_loses_its_key() {
    let (first, lives) = (seed(), number("TKI_LIVES", LIVES));
    let next = AtomicU64::new(first);
    let end = first + lives;
    let every = (lives / 20).max(50);
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(|| live(&next, end, every)));
        for thread in threads {
            tally.add(thread.join().unwrap());
        }
    });
    println!("{:#?}", tally.kinds);
    let mut but = String::new();
    if tally.closed > 0 {
        but = format!(
            ", but {} closed by a storage that dropped a renewal",
            tally.closed
        );
    }
    println!(
        "{lives} lives, {} operations, {} crashes, {} hostile acts: no key lost{but}",
        tally.operations, tally.crashes, tally.hostile
    );
    if lives >= LIVES {
        let missing = weather::KINDS.iter().chain(life::KINDS);
        let missing: Vec<_> = missing
            .filter(|kind| !tally.kinds.contains_key(**kind))
            .collect();
        assert!(missing.is_empty(), "these never happened: {missing:?}");
    }
}
