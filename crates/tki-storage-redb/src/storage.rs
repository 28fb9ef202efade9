//! The backend: a table of records, one transaction per commit.
//!
//! Blocking calls are made where they stand, not on a pool of threads: they are short, the file is
//! used by one command of one person, and so the crate needs no runtime. No lock is held across an
//! `await`, since there is none.
//!
//! redb checks its pages only when it repairs a file after a crash. So a record that is found is
//! compared with its address, and a record that is not found is called absent only if the
//! [`Index`] says so too.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::panic::AssertUnwindSafe;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, WriteTransaction};
use tki_record::{Address, Commit, Record, Rejection, Restored, check_commit, check_restore};
use tki_storage::{Browse, Error, KeepsHistory, Outage, Retention, Storage, fill_page, page_limit};

use crate::error::{self, Panicked};
use crate::index::Index;
use crate::tables::{self, COUNTS, RECORD_COUNT, RECORDS};

/// Storage in one file, locked against other processes as long as the value lives.
#[derive(Debug)]
pub struct RedbStorage {
    /// There until dropped.
    database: Option<Database>,
    /// Taken for the whole of a commit and for every claim of absence; filled by the first of
    /// these, emptied when a commit fails in a way that leaves it in doubt.
    index: Mutex<Option<Index>>,
}

impl RedbStorage {
    /// Opens the file, or creates it for its owner alone. Returns at once if another has it open;
    /// how long to try again is the caller's choice.
    ///
    /// # Errors
    /// - [`Error::Unavailable`]: [`Busy`](tki_storage::Outage::Busy) if the file is open elsewhere,
    ///   [`DiskFull`](tki_storage::Outage::DiskFull), [`ReadOnly`](tki_storage::Outage::ReadOnly).
    /// - [`Error::Corrupt`] if it is no such file or cannot be repaired.
    /// - [`Error::Backend`] otherwise.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut file = for_owner().open(path).map_err(error::io)?;
        if file.metadata().map_err(error::io)?.len() == 0 {
            create(path, &file)?;
            file = for_owner().open(path).map_err(error::io)?;
        }
        Self::over(|| Database::builder().create_file(file))
    }

    /// Opens what is in a backend of redb that is not a file, such as one that fails when a test
    /// says so. Locking is the backend's.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    #[cfg(feature = "fake")]
    #[cfg_attr(docsrs, doc(cfg(feature = "fake")))]
    pub fn with_backend(backend: impl redb::StorageBackend) -> Result<Self, Error> {
        Self::over(|| Database::builder().create_with_backend(backend))
    }

    pub(crate) fn over(
        open: impl FnOnce() -> Result<Database, DatabaseError>,
    ) -> Result<Self, Error> {
        let database = guarded(|| open().map_err(error::database))?;
        let storage = Self {
            database: Some(database),
            index: Mutex::new(None),
        };
        guarded(|| tables::ensure(storage.database()?))?;
        Ok(storage)
    }

    /// The database's own check of its pages. It repairs what it can: not for a file that is kept.
    pub(crate) fn check_pages(&mut self) -> Result<bool, Error> {
        let database = self.database.as_mut().ok_or(Error::Unsupported)?;
        database.check_integrity().map_err(error::database)
    }

    pub(crate) fn database(&self) -> Result<&Database, Error> {
        self.database.as_ref().ok_or(Error::Unsupported)
    }

    /// Whoever panicked while holding the index left it empty or as it was.
    fn index(&self) -> MutexGuard<'_, Option<Index>> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        let found = self.look_up(addresses)?;
        if found.iter().all(Option::is_some) {
            return Ok(found);
        }
        // Read again while no commit can come between the table and the index.
        let mut index = self.index();
        let found = self.look_up(addresses)?;
        let index = Index::load(&mut index, self.database()?)?;
        for (address, record) in addresses.iter().zip(&found) {
            if record.is_none() {
                index.confirm_absent(address)?;
            }
        }
        Ok(found)
    }

    /// The list knows what must be there: a record that is missing is noticed.
    fn read_page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        let following = {
            let mut index = self.index();
            Index::load(&mut index, self.database()?)?.following(after, page_limit(limit))?
        };
        let transaction = self.database()?.begin_read().map_err(error::transaction)?;
        let table = transaction.open_table(RECORDS).map_err(error::table)?;
        let records = following.iter().map(|address| {
            look_up(&table, address)?.ok_or_else(|| error::corrupt_record(*address, None))
        });
        fill_page(records, limit)
    }

    fn look_up(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        let transaction = self.database()?.begin_read().map_err(error::transaction)?;
        let table = transaction.open_table(RECORDS).map_err(error::table)?;
        addresses
            .iter()
            .map(|address| look_up(&table, address))
            .collect()
    }

    /// Writes these records, but for those that the rule decides to keep.
    fn write(
        &self,
        records: &[Record],
        decide: impl FnOnce(&BTreeMap<Address, Record>) -> Result<Restored, Rejection>,
    ) -> Result<Restored, Error> {
        let mut slot = self.index();
        let index = Index::load(&mut slot, self.database()?)?;
        let (transaction, created, restored) = self.prepare(records, decide, index)?;

        // Only from here on can an error leave either state behind, and the index in doubt.
        let index = slot.take();
        catch(|| transaction.commit().map_err(error::commit))
            .unwrap_or_else(|panic| Err(error::commit(panic)))?;
        *slot = index.map(|index| index.with(created));
        Ok(restored)
    }

    /// Everything of a write but the last step, and the addresses that it creates.
    fn prepare(
        &self,
        records: &[Record],
        decide: impl FnOnce(&BTreeMap<Address, Record>) -> Result<Restored, Rejection>,
        index: &Index,
    ) -> Result<(WriteTransaction, Vec<Address>, Restored), Error> {
        // Dropping the transaction undoes it.
        let transaction = self.database()?.begin_write().map_err(error::transaction)?;
        let mut created = Vec::new();
        let restored;
        {
            let mut table = transaction.open_table(RECORDS).map_err(error::table)?;
            let mut current = BTreeMap::new();
            for new in records {
                let address = new.address();
                if let Some(record) = look_up(&table, &address)? {
                    current.insert(address, record);
                } else {
                    index.confirm_absent(&address)?;
                    created.push(address);
                }
            }
            restored = decide(&current)?;
            for new in records {
                if !restored.kept.contains(&new.address()) {
                    table
                        .insert(new.address().to_bytes(), new.encode().as_slice())
                        .map_err(error::storage)?;
                }
            }
            let mut counts = transaction.open_table(COUNTS).map_err(error::table)?;
            let count = index
                .count()
                .saturating_add(u64::try_from(created.len()).unwrap_or(0));
            counts.insert(RECORD_COUNT, count).map_err(error::storage)?;
        }
        Ok((transaction, created, restored))
    }
}

#[async_trait]
impl Storage for RedbStorage {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        guarded(|| Ok(self.read(core::slice::from_ref(address))?.pop().flatten()))
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        guarded(|| self.read(addresses))
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        // A commit writes all of its records, and keeps none.
        let decide = |current: &_| check_commit(current, commit).map(|()| Restored::default());
        guarded(|| self.write(commit.records(), decide)).map(drop)
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        guarded(|| self.write(copies, |current| check_restore(current, copies)))
    }

    /// Pages that a commit frees are not wiped, and what the file lies on may keep more.
    fn retention(&self) -> Retention {
        Retention::new(
            KeepsHistory::Possibly,
            "the storage is one file, which is overwritten; free pages of it, snapshots of the file \
             system and backups of the machine may still have old records",
        )
    }
}

#[async_trait]
impl Browse for RedbStorage {
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        guarded(|| self.read_page(after, limit))
    }
}

impl Drop for RedbStorage {
    /// Closing writes too, and can find damage.
    fn drop(&mut self) {
        drop(catch(|| drop(self.database.take())));
    }
}

fn look_up(
    table: &impl ReadableTable<[u8; 32], &'static [u8]>,
    address: &Address,
) -> Result<Option<Record>, Error> {
    let Some(stored) = table.get(address.to_bytes()).map_err(error::storage)? else {
        return Ok(None);
    };
    let record = Record::decode(stored.value())
        .map_err(|source| error::corrupt_record(*address, Some(Box::new(source))))?;
    if record.address() == *address {
        Ok(Some(record))
    } else {
        Err(error::corrupt_record(*address, None))
    }
}

/// redb panics on some damage that it finds; to a caller that is damage like any other.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch(work).unwrap_or_else(|panic| Err(error::corrupt(panic)))
}

/// Correctness: what a panic can leave behind is the index, which is either whole or empty, and
/// redb's own state, which answers with errors or panics from then on.
fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}

/// Puts an empty database in the place of an empty file. It is made beside it, so that whatever ends
/// the process leaves either of the two, and never a part of a database.
fn create(path: &Path, empty: &File) -> Result<(), Error> {
    match empty.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(Error::Unavailable(Outage::Busy)),
        Err(TryLockError::Error(error)) if error.kind() != ErrorKind::Unsupported => {
            return Err(error::io(error));
        }
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    // Whoever had the lock before has finished.
    if fs::metadata(path).map_err(error::io)?.len() != 0 {
        return Ok(());
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = Path::new(&unfinished);
    let made = make(unfinished).and_then(|()| fs::rename(unfinished, path).map_err(error::io));
    if made.is_err() {
        // What cannot be removed is overwritten the next time.
        drop(fs::remove_file(unfinished));
    }
    made?;
    sync_folder(path)
}

/// Writes an empty database, whatever was there before.
fn make(path: &Path) -> Result<(), Error> {
    let file = for_owner().open(path).map_err(error::io)?;
    file.set_len(0).map_err(error::io)?;
    let same = file.try_clone().map_err(error::io)?;
    drop(RedbStorage::over(|| Database::builder().create_file(file))?);
    same.sync_all().map_err(error::io)
}

/// A file for reading and writing, created for its owner alone.
fn for_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).read(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the new file's name last through a loss of power.
#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(error::io)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every platform")]
fn sync_folder(_path: &Path) -> Result<(), Error> {
    Ok(())
}
