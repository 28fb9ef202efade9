//! Which records do not prove themselves, and what it takes to find out.

use alloc::vec::Vec;

use tki_record::{Address, Record, RecordHeader, Rule};

/// How many records are read and verified at once: enough to share the work of the signatures, and
/// few enough to be done in some milliseconds.
pub(crate) const AT_ONCE: usize = 64;

/// How many signatures of writers these records have, one for each writer that a record ever had.
pub(crate) fn signatures(records: &[Record]) -> usize {
    let of = |record: &Record| record.header().hand_overs().len().saturating_add(1);
    records.iter().map(of).fold(0, usize::saturating_add)
}

/// Those of these records that do not prove themselves, and the rule that each breaks.
pub(crate) fn unproven(records: &[Record]) -> Vec<(Address, Rule)> {
    let headers: Vec<&RecordHeader> = records.iter().map(Record::header).collect();
    if RecordHeader::verify_all(&headers).is_ok() {
        return Vec::new();
    }
    // Something is wrong: one by one they tell what.
    let verified = records
        .iter()
        .map(|record| (record.address(), record.verify()));
    verified
        .filter_map(|(address, result)| Some((address, result.err()?)))
        .collect()
}
