//! The open database, and how it is opened again.
//!
//! Once the disk has failed it, be it for a moment, redb answers nothing any more. It is let go then,
//! and the file is opened again, which repairs it as after a crash. Not so after a sync that failed:
//! what the disk lost then may still be read from the memory of the system, and would be built upon.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use redb::{Database, DatabaseError, StorageError, TransactionError};
use tki_storage::{Error, Outage};

use crate::error;
use crate::storage::{catch, guarded};
use crate::tables;

/// Opens the database once more.
pub(crate) type Again = Box<dyn Fn() -> Result<Database, DatabaseError> + Send + Sync>;

/// A database; none in the moments in which it is opened again.
pub(crate) struct Opened {
    current: RwLock<Option<Arc<Database>>>,
    again: Option<Again>,
    /// Whether a sync may have failed.
    is_given_up: AtomicBool,
}

impl Opened {
    /// A database that was opened, with its tables.
    pub(crate) fn new(database: Database, again: Option<Again>) -> Result<Self, Error> {
        guarded(|| tables::ensure(&database))?;
        Ok(Self {
            current: RwLock::new(Some(Arc::new(database))),
            again,
            is_given_up: AtomicBool::new(false),
        })
    }

    pub(crate) fn database(&self) -> Result<Arc<Database>, Error> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone().ok_or(Error::Unavailable(Outage::Busy))
    }

    pub(crate) fn database_mut(&mut self) -> Option<&mut Database> {
        let current = self.current.get_mut();
        let current = current.unwrap_or_else(PoisonError::into_inner);
        current.as_mut().and_then(Arc::get_mut)
    }

    /// Opens the database again if it answers nothing any more. That it cannot be opened, as long as
    /// somebody still reads the one of before, is found out again the next time. Says whether it was.
    ///
    /// Only for the thread that writes: it waits for the end of other writes.
    pub(crate) fn renew(&self) -> bool {
        let Some(open) = &self.again else {
            return false;
        };
        if self.is_given_up.load(Ordering::Relaxed) {
            return false;
        }
        if self.database().is_ok_and(|database| !has_failed(&database)) {
            return false;
        }
        self.close();
        let again = || {
            let database = open().map_err(error::database)?;
            tables::ensure(&database)?;
            Ok(database)
        };
        let database = guarded(again).ok();
        let is_open = database.is_some();
        self.set(database.map(Arc::new));
        is_open
    }

    /// Leaves it as it is when it has failed: whoever starts the program again has looked at the disk.
    pub(crate) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }

    /// Closing writes too, and can find damage.
    pub(crate) fn close(&self) {
        drop(catch(|| self.set(None)));
    }

    fn set(&self, database: Option<Arc<Database>>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let before = core::mem::replace(&mut *current, database);
        drop(current);
        drop(before);
    }
}

/// Whether the disk failed it, or it gave up on itself.
fn has_failed(database: &Database) -> bool {
    let begun = catch(|| database.begin_write().map(drop));
    matches!(
        begun,
        Err(_) | Ok(Err(TransactionError::Storage(StorageError::PreviousIo)))
    )
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}
