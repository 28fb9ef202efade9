//! Numbered places around every write to storage, for tests that kill the real binary at each of them.

use std::io::ErrorKind;

use tki::record::{Address, Commit, Record, Restored};
use tki::storage::{Browse, Error, Outage, Retention, Snapshot, Storage};

/// Makes passphrases cheap, so that a binary can be started a few hundred times in a test.
const FAST_PASSPHRASES: &str = "TKI_FAULT_FAST_PASSPHRASES";

#[expect(
    clippy::disallowed_methods,
    reason = "the only way to reach into a real binary"
)]
pub(crate) fn wants_fast_passphrases() -> bool {
    std::env::var_os(FAST_PASSPHRASES).is_some()
}

/// By how many seconds this machine's clock is ahead.
const CLOCK_AHEAD: &str = "TKI_FAULT_CLOCK_AHEAD";

#[expect(
    clippy::disallowed_methods,
    reason = "the only way to reach into a real binary"
)]
pub(crate) fn clock_ahead() -> u64 {
    let seconds = std::env::var(CLOCK_AHEAD).ok();
    seconds.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// How many bytes are said to be free on every disk.
const DISK_LEFT: &str = "TKI_FAULT_DISK_LEFT";

#[expect(
    clippy::disallowed_methods,
    reason = "the only way to reach into a real binary"
)]
pub(crate) fn room_on_disk() -> Option<u64> {
    std::env::var(DISK_LEFT).ok()?.parse().ok()
}

/// What becomes of a commit instead: `lost` (no answer, and nothing written), `panic`, `read-only`.
const COMMIT: &str = "TKI_FAULT_COMMIT";

#[expect(
    clippy::disallowed_methods,
    clippy::panic,
    reason = "the only way to reach into a real binary"
)]
fn instead_of_commit() -> Result<(), Error> {
    match std::env::var(COMMIT).as_deref() {
        Ok("lost") => Err(Error::OutcomeUnknown { source: None }),
        Ok("panic") => panic!("as the test asks"),
        Ok("read-only") => Err(Error::Unavailable(Outage::ReadOnly)),
        _ => Ok(()),
    }
}

/// A storage whose commits and restores are numbered places.
pub(crate) struct FaultyStorage<S>(pub(crate) S);

#[async_trait::async_trait]
impl<S: Storage> Storage for FaultyStorage<S> {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        self.0.get(address).await
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        self.0.get_many(addresses).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        point_before("commit: before")?;
        instead_of_commit()?;
        self.0.commit(commit).await?;
        point_after("commit: after")
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        point_before("restore: before")?;
        let restored = self.0.restore(copies).await?;
        point_after("restore: after")?;
        Ok(restored)
    }

    fn is_excerpt(&self) -> bool {
        self.0.is_excerpt()
    }

    fn retention(&self) -> Retention {
        self.0.retention()
    }
}

#[async_trait::async_trait]
impl<S: Browse> Browse for FaultyStorage<S> {
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        self.0.page(after, limit).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        self.0.snapshot().await
    }
}

fn point_before(name: &str) -> Result<(), Error> {
    tki_file::faults::point(name).map_err(|error| {
        let kind = error.kind();
        if kind == ErrorKind::StorageFull {
            Error::Unavailable(Outage::DiskFull)
        } else if kind == ErrorKind::ReadOnlyFilesystem {
            Error::Unavailable(Outage::ReadOnly)
        } else {
            Error::Backend(Box::new(error))
        }
    })
}

fn point_after(name: &str) -> Result<(), Error> {
    tki_file::faults::point(name).map_err(|error| Error::OutcomeUnknown {
        source: Some(Box::new(error)),
    })
}

/// Whether a choice on a terminal panics.
const CHOICE: &str = "TKI_FAULT_CHOICE";

/// Panics where somebody is to press a key, if a test asks for it.
#[expect(
    clippy::disallowed_methods,
    reason = "the only way to reach into a real binary"
)]
pub(crate) fn at_a_choice() {
    assert!(std::env::var_os(CHOICE).is_none(), "as the test asks");
}
