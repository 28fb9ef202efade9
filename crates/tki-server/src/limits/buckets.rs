//! Rates, one for each of many: a bucket that empties at the rate, and takes no more while it holds
//! ten seconds' worth.
//!
//! For each key one moment is kept, that at which its bucket will be empty ("theoretical arrival
//! time" of the generic cell rate algorithm). A key whose moment has passed is as good as unknown,
//! and is forgotten when room is needed. When there is none, newcomers share one bucket: a flood of
//! keys takes no more memory, and costs its newcomers and nobody else.

use alloc::collections::BTreeMap;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Into how many parts the keys are divided, each with a lock of its own.
const PARTS: usize = 16;

/// How many keys each part remembers.
const MOST: usize = 8192;

/// How often a full part looks for keys to forget.
const PAUSE: Duration = Duration::from_secs(1);

/// A key of buckets.
pub(crate) trait Key: Copy + Ord {
    /// Any byte of it that differs between keys.
    fn part(&self) -> u8;
}

/// Buckets of one rate.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    /// What one unit takes.
    each: Duration,
    /// What a bucket may hold and still take more.
    holds: Duration,
    parts: [Mutex<Part<K>>; PARTS],
}

#[derive(Debug)]
struct Part<K> {
    empty_at: BTreeMap<K, Instant>,
    /// Of all keys that found no room.
    others: Option<Instant>,
    looked: Option<Instant>,
}

impl<K: Key> Buckets<K> {
    /// So many units in so long, of which `holds` may come at once.
    pub(crate) fn new(units: u32, period: Duration, holds: Duration) -> Self {
        Self {
            each: period.checked_div(units).unwrap_or(Duration::ZERO),
            holds,
            parts: core::array::from_fn(|_| {
                Mutex::new(Part {
                    empty_at: BTreeMap::new(),
                    others: None,
                    looked: None,
                })
            }),
        }
    }

    /// Whether this key's bucket takes more, and if not, when it will.
    pub(crate) fn check(&self, key: K, now: Instant) -> Result<(), Duration> {
        let part = self.part(key);
        let empty_at = part.empty_at.get(&key).copied();
        // Who is unknown while there is no room is one of the others.
        let full = part.empty_at.len() >= MOST;
        let empty_at = empty_at.or(part.others.filter(|_| full));
        let held = empty_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        match held.checked_sub(self.holds) {
            None | Some(Duration::ZERO) => Ok(()),
            Some(after) => Err(after),
        }
    }

    /// Puts so many units into this key's bucket, even if they fill it beyond its measure.
    pub(crate) fn charge(&self, key: K, units: usize, now: Instant) {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let takes = self.each.saturating_mul(units);
        let mut part = self.part(key);
        let before = part.empty_at.get(&key).copied();
        if before.is_none() {
            part.make_room(now);
        }
        let full = before.is_none() && part.empty_at.len() >= MOST;
        let before = if full { part.others } else { before };
        let start = before.map_or(now, |at| at.max(now));
        let empty_at = start.checked_add(takes).unwrap_or(start);
        if full {
            part.others = Some(empty_at);
        } else {
            part.empty_at.insert(key, empty_at);
        }
    }

    /// Both of them: whether the bucket takes more, and then so many units.
    pub(crate) fn take(&self, key: K, units: usize, now: Instant) -> Result<(), Duration> {
        self.check(key, now)?;
        self.charge(key, units, now);
        Ok(())
    }

    fn part(&self, key: K) -> MutexGuard<'_, Part<K>> {
        let place = usize::from(key.part()) % PARTS;
        // Correctness: the place is below the number of parts; the first is there.
        let part = self.parts.get(place).unwrap_or(&self.parts[0]);
        // A panic cannot leave a part half changed.
        part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many keys are remembered.
    #[cfg(test)]
    fn keys(&self) -> usize {
        let parts = self.parts.iter();
        parts.map(|part| part.lock().unwrap().empty_at.len()).sum()
    }
}

impl<K: Key> Part<K> {
    fn make_room(&mut self, now: Instant) {
        let recently = |at: Instant| now.saturating_duration_since(at) < PAUSE;
        if self.empty_at.len() < MOST || self.looked.is_some_and(recently) {
            return;
        }
        self.looked = Some(now);
        self.empty_at.retain(|_, empty_at| *empty_at > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Key for u64 {
        fn part(&self) -> u8 {
            self.to_le_bytes()[0]
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    /// Ten in a second, of which two seconds' worth may come at once.
    fn buckets() -> (Buckets<u64>, Instant) {
        #[expect(clippy::disallowed_methods, reason = "some moment to count from")]
        let start = Instant::now();
        (Buckets::new(10, SECOND, 2 * SECOND), start)
    }

    #[test]
    fn a_burst_is_taken_and_then_the_rate() {
        let (buckets, start) = buckets();
        let taken = (0..100).filter(|_| buckets.take(1, 1, start).is_ok());
        // The one that fills the bucket to its measure, and the one that is more.
        assert_eq!(taken.count(), 21);
        let after = buckets.take(1, 1, start).unwrap_err();
        assert_eq!(after, SECOND / 10);
        assert_eq!(buckets.take(1, 1, start + after), Ok(()));
        let later = start + 10 * SECOND;
        let taken = (0..100).filter(|_| buckets.take(1, 1, later).is_ok());
        assert_eq!(taken.count(), 21);
    }

    #[test]
    fn one_key_does_not_pay_for_another() {
        let (buckets, start) = buckets();
        while buckets.take(1, 5, start).is_ok() {}
        assert_eq!(buckets.take(17, 1, start), Ok(()));
    }

    #[test]
    fn what_is_larger_than_a_burst_is_taken_once_and_paid_for() {
        let (buckets, start) = buckets();
        assert_eq!(buckets.take(1, 1000, start), Ok(()));
        assert_eq!(buckets.take(1, 1, start), Err(98 * SECOND));
        assert_eq!(buckets.take(1, 1, start + 98 * SECOND), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_takes_no_more_memory_and_shares_one_bucket() {
        let (buckets, start) = buckets();
        let known = 3;
        buckets.charge(known, 1, start);
        let flood = u64::try_from(PARTS * MOST).unwrap() * 2;
        let taken = (4..flood).filter(|key| buckets.take(*key, 1, start).is_ok());
        let taken = taken.count();
        assert_eq!(buckets.keys(), PARTS * MOST);
        assert!(taken < PARTS * (MOST + 22), "{taken}");
        assert_eq!(buckets.take(known, 1, start), Ok(()));
        // Later there is room again.
        let later = start + 60 * SECOND;
        assert_eq!(buckets.take(flood + 1, 1, later), Ok(()));
        assert!(buckets.keys() < PARTS * MOST);
    }
}
