//! What a storage keeps of records that were overwritten.

use alloc::borrow::Cow;

/// Whether somebody who looks into the storage, or into a copy of it, finds records that were
/// overwritten.
///
/// It matters after a removal: whoever has the removed factor, the seeds of factors that kept
/// theirs, and the records of before can still use the key. A receipt quotes it.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Retention {
    /// Whether it does.
    pub keeps: KeepsHistory,
    /// What it keeps, for people: a sentence without its full stop, at most 1024 bytes.
    pub note: Cow<'static, str>,
}

/// Whether overwritten records can be found again.
#[expect(
    clippy::exhaustive_enums,
    reason = "who decides by it shall not compile until he has decided on a new one"
)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeepsHistory {
    /// The storage itself keeps nothing of them, and nothing below it is known to.
    No,
    /// It does not mean to, but what is below or beside it may.
    Possibly,
    /// It does.
    Yes,
}

impl Retention {
    /// What a storage says of itself.
    #[must_use]
    pub const fn new(keeps: KeepsHistory, note: &'static str) -> Self {
        Self {
            keeps,
            note: Cow::Borrowed(note),
        }
    }

    /// What is said of a storage that says nothing.
    #[must_use]
    pub const fn unknown() -> Self {
        Self::new(
            KeepsHistory::Possibly,
            "whether the storage keeps old records is not known",
        )
    }
}

impl KeepsHistory {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::No, Self::Possibly, Self::Yes];

    /// The number that stored formats use: never reused, never renumbered.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::No => 1,
            Self::Possibly => 2,
            Self::Yes => 3,
        }
    }
}
