//! What is printed: lines `row value unit` for programs, a table for people.

use super::stats::Batch;
use crate::print;

/// A figure that is judged, or stands beside one that is.
pub(crate) fn row(name: &str, value: f64, unit: &str) {
    print(&format!("{name} {value:.4} {unit}"));
}

/// The head of the table.
pub(crate) fn head() {
    print("| what | clients | in a second | p50 µs | p95 µs | p99 µs | processor µs |");
    print("|---|--:|--:|--:|--:|--:|--:|");
}

/// One line of it.
pub(crate) fn line(what: &str, clients: usize, batches: &[Batch]) {
    let all = Batch::all(batches);
    let [middle, high, highest] = [50, 95, 99].map(|percent| all.percentile(percent));
    let processor = if all.processor > 0.0 {
        format!("{:.1}", all.processor / all.count())
    } else {
        "–".to_owned()
    };
    print(&format!(
        "| {what} | {clients} | {:.0} | {middle:.0} | {high:.0} | {highest:.0} | {processor} |",
        all.rate()
    ));
}
