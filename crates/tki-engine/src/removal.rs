//! What the notice in a closed mailbox says.

use alloc::{string::String, vec::Vec};
use core::fmt;

use tki_metadata::{HolderName, Notice};

/// When a factor was removed from an account, or given another secret, and who was at hand.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The first version without it, or with another secret of it.
    pub version: u64,
    /// When, in seconds since 1970 by the clock of whoever removed it.
    pub time: u64,
    /// The factors that were at hand; empty where a version that does not say so removed it.
    pub by: Vec<HolderName>,
}

impl Removal {
    pub(crate) fn of(notice: &Notice) -> Self {
        Self {
            version: notice.version,
            time: notice.removed,
            by: notice.by(),
        }
    }
}

impl fmt::Display for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in version {}", self.version)?;
        if self.by.is_empty() {
            return Ok(());
        }
        let by: Vec<String> = self
            .by
            .iter()
            .map(|name| alloc::format!("{name}"))
            .collect();
        write!(f, " by {}", by.join(", "))
    }
}
