//! What is counted of records.

use serde::Serialize;
use tki::record::{Record, RecordKind};

/// Records, by what they are.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Tally {
    pub(super) records: u64,
    /// Documents that are not closed: one for each account.
    pub(super) documents: u64,
    pub(super) mailboxes: u64,
    /// Of whatever kind.
    pub(super) closed: u64,
    /// Of the records, as they are encoded.
    pub(super) bytes: u64,
    /// Of the largest.
    pub(super) largest: u64,
    /// How often they were written in their life.
    pub(super) versions: u64,
}

impl Tally {
    pub(super) fn add(&mut self, record: &Record) {
        let bytes = u64::try_from(record.encoded_length()).unwrap_or(u64::MAX);
        self.records = self.records.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
        self.largest = self.largest.max(bytes);
        self.versions = self
            .versions
            .saturating_add(record.version().saturating_add(1));
        let count = if record.is_closed() {
            &mut self.closed
        } else if record.claim().kind() == RecordKind::Document {
            &mut self.documents
        } else {
            &mut self.mailboxes
        };
        *count = count.saturating_add(1);
    }

    /// Bytes of an account, on average, with what is left of holders who were removed.
    pub(super) const fn bytes_per_account(&self) -> Option<u64> {
        self.bytes.checked_div(self.documents)
    }

    /// Records of an account, on average.
    pub(super) const fn records_per_account(&self) -> Option<u64> {
        self.records.checked_div(self.documents)
    }
}
