//! Which versions came before.

/// A version of the account and what its document hashed to: by it a device that slept, or a
/// witness, tells whether what it saw is an ancestor of what it is shown.
#[expect(clippy::exhaustive_structs, reason = "a pair; the format fixes both")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HistoryEntry {
    /// The version.
    pub version: u64,
    /// Hash of the sealed document of that version, as its record's header has it.
    pub hash: [u8; 32],
}
