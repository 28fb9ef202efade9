//! The trait: three calls, and one to take in copies.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use async_trait::async_trait;
use tki_record::{Address, Commit, Record, Restored};

use crate::error::Error;
use crate::retention::Retention;

/// A place that keeps the newest version of every record and accepts a new one by the rules of
/// [`tki_record::check`]. The only other way to write takes in copies, and replaces what is stored
/// by nothing but what its own writers wrote after it. The last writer never simply wins.
///
/// Readers trust none of it: storage can roll back, withhold and fork, and whoever reads verifies.
/// What is promised here is what an honest backend does, and what the `conformance` suite tests.
#[async_trait]
pub trait Storage: Send + Sync {
    /// The record at this address, or `None` if it is *known* that there is none.
    ///
    /// A read that starts after a commit was accepted returns that commit's version or a later
    /// one. The record's signatures are not verified.
    ///
    /// # Errors
    /// - [`Error::Unavailable`], never `None`, when storage cannot know.
    /// - [`Error::Corrupt`] when something is there that is not the record of this address.
    /// - [`Error::Backend`] otherwise.
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error>;

    /// One answer for each address, in their order, each as [`get`](Self::get) would give it. An
    /// address may occur twice.
    ///
    /// One round trip where the backend can. It is not a snapshot: of a commit that happens
    /// meanwhile some records may be seen and others not yet.
    ///
    /// # Errors
    /// As [`get`](Self::get), if any one of the records cannot be read.
    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        let mut records = Vec::with_capacity(addresses.len());
        for address in addresses {
            records.push(self.get(address).await?);
        }
        Ok(records)
    }

    /// Stores every record of the commit, or none: no reader and no crash ever leaves a part of
    /// it. When this returns `Ok`, the records survive a crash and a loss of power, as far as the
    /// backend keeps anything.
    ///
    /// Commits that touch one record happen one after the other: of those that follow one version
    /// exactly one is accepted. A commit that was accepted is a conflict when repeated.
    ///
    /// # Errors
    /// Nothing was changed, except where said:
    /// - [`Error::Conflict`] with the first record whose stored version is not the one before.
    /// - [`Error::Refused`] with the first record that breaks another rule; only when no record
    ///   is in conflict.
    /// - [`Error::OutcomeUnknown`] when all of it may have happened, or nothing.
    /// - [`Error::Unavailable`], [`Error::Corrupt`], [`Error::Unsupported`], [`Error::Backend`].
    async fn commit(&self, commit: &Commit) -> Result<(), Error>;

    /// Takes in copies of records, from a bundle or from another storage: every one of them or
    /// none, by the rules of [`tki_record::check_restore`]. Not for changing an account: a copy
    /// says nothing about whether it is the newest.
    ///
    /// A storage that takes in copies takes at least as many at once as a commit holds, none
    /// included. One that does not, or not from everybody, says [`Error::Unsupported`], even to a
    /// call without copies; so does this method unless a backend brings its own.
    ///
    /// Nothing distinguishes a restored record afterwards. Repeated, a call that succeeded keeps
    /// everything. It happens before or after each commit, never between.
    ///
    /// # Errors
    /// Nothing was changed, except where said:
    /// - [`Error::Refused`] with the first copy that does not verify.
    /// - [`Error::Conflict`] with the first copy beside which something is stored that it does not
    ///   follow; only when every copy verifies.
    /// - [`Error::OutcomeUnknown`] when all of it may have happened, or nothing.
    /// - [`Error::Unavailable`], [`Error::Corrupt`], [`Error::Unsupported`], [`Error::Backend`].
    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        let _ = copies;
        Err(Error::Unsupported)
    }

    /// What this storage keeps of records that were overwritten, as far as it knows. It says the
    /// same each time, also when it cannot be reached.
    ///
    /// Whoever passes calls on to another storage passes this one on too. A storage that brings no
    /// answer says [`Retention::unknown`].
    #[must_use]
    fn retention(&self) -> Retention {
        Retention::unknown()
    }

    /// Whether this is an excerpt: copies of the records that one version of one account has, such
    /// as a bundle. That another record is absent in it says nothing about where it came from: it
    /// lacks every record that was closed, and those of other accounts.
    ///
    /// A storage is none, even if it was filled from one.
    #[must_use]
    fn is_excerpt(&self) -> bool {
        false
    }
}

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        #[async_trait]
        impl<S: Storage + ?Sized> Storage for $pointer {
            async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
                (**self).get(address).await
            }

            async fn get_many(
                &self,
                addresses: &[Address],
            ) -> Result<Vec<Option<Record>>, Error> {
                (**self).get_many(addresses).await
            }

            async fn commit(&self, commit: &Commit) -> Result<(), Error> {
                (**self).commit(commit).await
            }

            async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
                (**self).restore(copies).await
            }

            fn retention(&self) -> Retention {
                (**self).retention()
            }

            fn is_excerpt(&self) -> bool {
                (**self).is_excerpt()
            }
        }
    )*};
}

delegate!(&S, Arc<S>, Box<S>);
