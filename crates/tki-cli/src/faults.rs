//! Numbered places around every commit, for tests that kill the real binary at each of them.

use tki::record::{Address, Commit, Record};
use tki::storage::{Error, Outage, Storage};

/// Makes passphrases cheap, so that a binary can be started a few hundred times in a test.
const FAST_PASSPHRASES: &str = "TKI_FAULT_FAST_PASSPHRASES";

#[expect(
    clippy::disallowed_methods,
    reason = "the only way to reach into a real binary"
)]
pub(crate) fn wants_fast_passphrases() -> bool {
    std::env::var_os(FAST_PASSPHRASES).is_some()
}

/// A storage whose commits are numbered places.
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
        tki_file::faults::point("commit: before")
            .map_err(|_| Error::Unavailable(Outage::DiskFull))?;
        self.0.commit(commit).await?;
        tki_file::faults::point("commit: after").map_err(|error| Error::OutcomeUnknown {
            source: Some(Box::new(error)),
        })
    }
}
