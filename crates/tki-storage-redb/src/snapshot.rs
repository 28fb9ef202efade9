//! The records that the file had at one moment: a read transaction, held as long as it is read.
//!
//! Pages that commits replace meanwhile are not freed before it ends, so the file grows by them.

use alloc::boxed::Box;
use alloc::vec::Vec;

use async_trait::async_trait;
use redb::{Database, ReadTransaction, ReadableDatabase};
use tki_record::{Address, Record};
use tki_storage::{Error, Snapshot};

use crate::error;
use crate::storage::{guarded, read_page};

/// How far a snapshot was read.
pub(crate) struct RedbSnapshot {
    transaction: ReadTransaction,
    after: Option<Address>,
}

impl RedbSnapshot {
    pub(crate) fn begin(database: &Database) -> Result<Self, Error> {
        Ok(Self {
            transaction: database.begin_read().map_err(error::transaction)?,
            after: None,
        })
    }
}

#[async_trait]
impl Snapshot for RedbSnapshot {
    async fn next(&mut self, limit: usize) -> Result<Vec<Record>, Error> {
        let page = guarded(|| read_page(&self.transaction, self.after.as_ref(), limit));
        let last = match &page {
            Ok(page) => page.last().map(Record::address),
            Err(Error::Corrupt { address, .. }) => *address,
            Err(_) => None,
        };
        self.after = last.or(self.after);
        page
    }
}
