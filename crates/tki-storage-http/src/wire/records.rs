//! Records of a commit, or copies to restore: how many, then each with its length before it.

use alloc::vec::Vec;

use tki_record::{MAX_COMMIT_RECORDS, Record};

use super::error::WireError;
use super::reader::Reader;

/// Fewer bytes than any record has, so that a count buys no more room than bytes do.
const LEAST: usize = 256;

/// The records, each with its length before it, and their number before all.
///
/// # Examples
/// ```
/// use tki_storage_http::wire::records;
///
/// assert_eq!(records::encode(&[]), [0; 4]);
/// assert_eq!(records::decode(&[0; 4])?, []);
/// # Ok::<(), tki_storage_http::wire::WireError>(())
/// ```
#[must_use]
pub fn encode(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(encoded_length(records));
    // Step 3.1: u32 count, then for each u32 length and the encoded record.
    put_length(&mut bytes, records.len());
    for record in records {
        put_length(&mut bytes, record.encoded_length());
        bytes.extend_from_slice(&record.encode());
    }
    bytes
}

/// The length of [`encode`]'s result in bytes.
#[must_use]
pub fn encoded_length(records: &[Record]) -> usize {
    let each = |record: &Record| record.encoded_length().saturating_add(4);
    records.iter().map(each).fold(4, usize::saturating_add)
}

/// Reads up to [`MAX_COMMIT_RECORDS`] records; no signature is verified. There may be none, as in a
/// restore of nothing.
///
/// # Errors
/// [`WireError::TooManyRecords`], [`WireError::Length`], [`WireError::Record`],
/// [`WireError::Truncated`], [`WireError::TrailingBytes`].
pub fn decode(bytes: &[u8]) -> Result<Vec<Record>, WireError> {
    let mut reader = Reader::new(bytes);
    let found = reader.u32()?;
    let count = usize::try_from(found)
        .ok()
        .filter(|count| *count <= MAX_COMMIT_RECORDS)
        .ok_or(WireError::TooManyRecords { found })?;
    let mut records = Vec::with_capacity(count.min(bytes.len() / LEAST));
    for position in 0..count {
        records.push(reader.record(position)?);
    }
    reader.end()?;
    Ok(records)
}

/// A body that could be sent has far fewer than `u32::MAX` bytes.
pub(super) fn put_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}
