//! Every record, page by page: for copies, backups and checks of a whole storage.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use async_trait::async_trait;
use tki_record::{Address, Record};

use crate::error::Error;
use crate::storage::Storage;

/// The most records of one page, whatever limit was asked for: as many as in a commit.
pub const MAX_PAGE_RECORDS: usize = tki_record::MAX_COMMIT_RECORDS;

/// The most bytes of the encoded records of one page, unless its first record alone has more.
pub const MAX_PAGE_BYTES: usize = 8 * 1024 * 1024;

/// A storage that can be looked through from the first record to the last.
///
/// It is for whoever keeps the storage, not for its readers: a list of all addresses says how many
/// accounts there are and which records changed.
#[async_trait]
pub trait Browse: Storage {
    /// The records after this address, or from the first one on, in the order of their addresses.
    ///
    /// An empty page means that there is none. Any other may be shorter than `limit` and not the
    /// last: it holds at most [`MAX_PAGE_RECORDS`] and [`MAX_PAGE_BYTES`]. A limit of zero is taken
    /// for one.
    ///
    /// Who asks for page after page, each time after the last record that he got, until one is
    /// empty, finds every record that was there when he began, each once and in strictly ascending
    /// order. Each is of the version that was stored when its page was asked for, or of a later
    /// one; a record created meanwhile is found or not. A page is not a snapshot of more than
    /// itself, and neither is all of them together.
    ///
    /// Like those of [`get`](Storage::get), the records' signatures are not verified.
    ///
    /// # Errors
    /// A page ends before what cannot be read; asked for what follows it, this method says:
    /// - [`Error::Corrupt`] with the address at which something is stored that is not its record,
    ///   and after which one may go on; without an address when what is missing cannot be named.
    /// - [`Error::Unavailable`], never an empty page, when storage cannot know.
    /// - [`Error::Unsupported`], [`Error::Backend`].
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error>;

    /// Every record as it is at this moment: of each commit all records are in it, or none. Commits
    /// go on meanwhile.
    ///
    /// A storage may keep what is overwritten for as long as the snapshot lasts.
    ///
    /// # Errors
    /// - [`Error::Unsupported`], where the storage has none; so says this method unless a backend
    ///   brings its own.
    /// - [`Error::Unavailable`], [`Error::Corrupt`], [`Error::Backend`].
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        Err(Error::Unsupported)
    }
}

/// The records that a storage had at one moment, one page after the other.
#[async_trait]
pub trait Snapshot: Send {
    /// The records that follow those of the page before, in the order of their addresses; none after
    /// the last. Pages are as long as those of [`Browse::page`].
    ///
    /// # Errors
    /// Those of [`Browse::page`]. After [`Error::Corrupt`] with an address the next page is the one
    /// after it; every other error is the end.
    async fn next(&mut self, limit: usize) -> Result<Vec<Record>, Error>;
}

/// The records that make up one page, out of those that follow, in their order: what a backend does
/// when it has found them.
///
/// # Errors
/// That of the first record, if it has one. A later error ends the page.
pub fn fill_page(
    following: impl IntoIterator<Item = Result<Record, Error>>,
    limit: usize,
) -> Result<Vec<Record>, Error> {
    let mut page: Vec<Record> = Vec::new();
    let mut length: usize = 0;
    for record in following.into_iter().take(page_limit(limit)) {
        let record = match record {
            Ok(record) => record,
            Err(error) if page.is_empty() => return Err(error),
            Err(_) => break,
        };
        length = length.saturating_add(record.encoded_length());
        if length > MAX_PAGE_BYTES && !page.is_empty() {
            break;
        }
        page.push(record);
    }
    Ok(page)
}

/// The most records of a page for which this limit was asked: never zero.
#[must_use]
pub const fn page_limit(limit: usize) -> usize {
    match limit {
        0 => 1,
        1..=MAX_PAGE_RECORDS => limit,
        _ => MAX_PAGE_RECORDS,
    }
}

macro_rules! delegate {
    ($($pointer:ty),*) => {$(
        #[async_trait]
        impl<S: Browse + ?Sized> Browse for $pointer {
            async fn page(
                &self,
                after: Option<&Address>,
                limit: usize,
            ) -> Result<Vec<Record>, Error> {
                (**self).page(after, limit).await
            }

            async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
                (**self).snapshot().await
            }
        }
    )*};
}

delegate!(&S, Arc<S>, Box<S>);
