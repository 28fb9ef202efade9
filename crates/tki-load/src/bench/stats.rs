//! The arithmetic of what was measured.

use core::time::Duration;

/// What a batch of requests took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    /// Of each request, in microseconds.
    pub(crate) latencies: Vec<f64>,
    /// From the first to the last of them.
    pub(crate) took: Duration,
    /// What the processor did for them on the other side, in microseconds; 0 if nobody knows.
    pub(crate) processor: f64,
}

impl Batch {
    /// Requests in a second.
    pub(crate) fn rate(&self) -> f64 {
        let seconds = self.took.as_secs_f64();
        if seconds > 0.0 {
            self.count() / seconds
        } else {
            0.0
        }
    }

    /// Microseconds from one answer to the next, whoever got it.
    pub(crate) fn pace(&self) -> f64 {
        1e6 / self.rate()
    }

    /// How many requests there were.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn count(&self) -> f64 {
        self.latencies.len() as f64
    }

    /// All of these as one.
    pub(crate) fn all(batches: &[Self]) -> Self {
        let mut all = Self::default();
        for batch in batches {
            all.latencies.extend_from_slice(&batch.latencies);
            all.took = all.took.saturating_add(batch.took);
            all.processor += batch.processor;
        }
        all.latencies.sort_by(f64::total_cmp);
        all
    }

    /// The shortest latency that so many percent of the requests did not exceed. The batch is sorted.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let count = self.latencies.len();
        // The nearest rank.
        let rank = count.saturating_mul(percent).div_ceil(100).max(1);
        let found = self.latencies.get(rank.saturating_sub(1));
        found.copied().unwrap_or(f64::NAN)
    }
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle).copied();
    let lower = values.get(middle.saturating_sub(1)).copied();
    match (lower, upper) {
        (Some(lower), Some(upper)) if values.len().is_multiple_of(2) => f64::midpoint(lower, upper),
        (_, Some(upper)) => upper,
        (_, None) => f64::NAN,
    }
}

/// By how much ours is more than the peer's, each batch beside the one that followed it: the median,
/// so that what disturbs one pair does not count.
pub(crate) fn ratio(ours: &[Batch], peers: &[Batch], of: impl Fn(&Batch) -> f64) -> f64 {
    let pairs = ours.iter().zip(peers);
    median(pairs.map(|(our, peer)| of(our) / of(peer)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(latencies: &[f64], seconds: u64) -> Batch {
        Batch {
            latencies: latencies.to_vec(),
            took: Duration::from_secs(seconds),
            processor: 1.0,
        }
    }

    #[test]
    fn a_percentile_is_a_latency_that_was_measured() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let all = Batch::all(&[batch(&hundred, 1)]);
        let percentiles = [50, 95, 99, 100].map(|percent| all.percentile(percent));
        assert_eq!(percentiles, [50.0, 95.0, 99.0, 100.0]);
        let one = Batch::all(&[batch(&[7.0], 1)]);
        assert_eq!([50, 99].map(|percent| one.percentile(percent)), [7.0, 7.0]);
        assert!(Batch::default().percentile(50).is_nan());
    }

    #[test]
    fn batches_are_joined_with_their_time_and_their_order_lost() {
        let all = Batch::all(&[batch(&[3.0, 1.0], 1), batch(&[2.0, 4.0], 3)]);
        assert_eq!(all.latencies, [1.0, 2.0, 3.0, 4.0]);
        assert_eq!((all.rate(), all.pace(), all.processor), (1.0, 1e6, 2.0));
    }

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_the_two() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), 3.0);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn a_ratio_is_of_neighbours_and_one_disturbed_pair_does_not_count() {
        let ours = [batch(&[1.0; 8], 1), batch(&[1.0; 4], 1), batch(&[1.0], 1)];
        let peers = [
            batch(&[1.0; 10], 1),
            batch(&[1.0; 5], 1),
            batch(&[1.0; 5], 1),
        ];
        assert_eq!(ratio(&ours, &peers, Batch::rate), 0.8);
        assert_eq!(ratio(&ours, &peers, Batch::pace), 1.25);
    }
}
