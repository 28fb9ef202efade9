//! The backend: a table of records, one transaction per commit.
//!
//! Reads are made where they stand, not on a pool of threads: they are short, and so the crate needs
//! no runtime. Writes are made by the [`Writer`]'s thread, several together. No lock is held across an
//! `await`.
//!
//! redb checks its pages only when it repairs a file after a crash. So a record that is found is
//! compared with its address, and a record that is not found is called absent only if its address is
//! not in the list of all addresses either, which has pages of its own.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Bound;
use core::panic::AssertUnwindSafe;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

use async_trait::async_trait;
use redb::{AccessGuard, Database, DatabaseError, ReadTransaction, ReadableDatabase, StorageError};
use tki_record::{Address, Commit, Record, Restored};
use tki_storage::{
    Browse, Error, KeepsHistory, Outage, Retention, Snapshot, Storage, fill_page, page_limit,
};

use crate::error::{self, Panicked};
use crate::opened::{Again, Opened};
use crate::snapshot::RedbSnapshot;
use crate::tables::{ADDRESSES, RECORDS, decode, look_up};
use crate::writer::{Work, Writer};
use crate::writes::Writes;

/// Storage in one file, locked against other processes as long as the value lives.
#[derive(Debug)]
pub struct RedbStorage {
    opened: Arc<Opened>,
    writer: Writer,
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
        let database = guarded(|| {
            let database = Database::builder().create_file(file);
            database.map_err(error::database)
        })?;
        let path = path.to_path_buf();
        // A file that is gone is not made again in the middle of its life.
        let again = move || Database::builder().open(&path);
        Self::of(database, Some(Box::new(again)))
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

    /// Opens such a backend, and when that fails another with the same content, as
    /// [`open`](Self::open) opens its file again.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    #[cfg(feature = "fake")]
    #[cfg_attr(docsrs, doc(cfg(feature = "fake")))]
    pub fn with_backends<B: redb::StorageBackend>(
        backends: impl Fn() -> std::io::Result<B> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let again = move || Database::builder().create_with_backend(backends()?);
        let database = guarded(|| again().map_err(error::database))?;
        Self::of(database, Some(Box::new(again)))
    }

    /// What was written since it was opened: how many commits share a sync of the disk.
    #[must_use]
    pub fn writes(&self) -> Writes {
        self.writer.counter().read()
    }

    /// What is opened once stays as it is when it has failed.
    pub(crate) fn over(
        open: impl FnOnce() -> Result<Database, DatabaseError>,
    ) -> Result<Self, Error> {
        let database = guarded(|| open().map_err(error::database))?;
        Self::of(database, None)
    }

    fn of(database: Database, again: Option<Again>) -> Result<Self, Error> {
        Ok(Self {
            opened: Arc::new(Opened::new(database, again)?),
            writer: Writer::default(),
        })
    }

    /// The database's own check of its pages. It repairs what it can: not for a file that is kept,
    /// and only as long as nothing was written.
    pub(crate) fn check_pages(&mut self) -> Result<bool, Error> {
        let opened = Arc::get_mut(&mut self.opened).and_then(Opened::database_mut);
        let database = opened.ok_or(Error::Unsupported)?;
        database.check_integrity().map_err(error::database)
    }

    pub(crate) fn database(&self) -> Result<Arc<Database>, Error> {
        self.opened.database()
    }

    /// Carries out a read. After a failure it is seen to that the database answers the next.
    fn reading<T>(&self, read: impl FnOnce(&Database) -> Result<T, Error>) -> Result<T, Error> {
        let result = guarded(|| read(&*self.database()?));
        if result.is_err() {
            self.writer.renew(&self.opened);
        }
        result
    }

    fn read(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        self.reading(|database| read(database, addresses))
    }
}

/// The records at these addresses, of one moment.
pub(crate) fn read(
    database: &Database,
    addresses: &[Address],
) -> Result<Vec<Option<Record>>, Error> {
    let transaction = database.begin_read().map_err(error::transaction)?;
    let records = transaction.open_table(RECORDS).map_err(error::table)?;
    let listed = transaction.open_table(ADDRESSES).map_err(error::table)?;
    addresses
        .iter()
        .map(|address| look_up(&records, &listed, address))
        .collect()
}

#[async_trait]
impl Storage for RedbStorage {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        let recent = self.writer.recent();
        let place = match recent.get(address) {
            Ok(record) => return Ok(Some((*record).clone())),
            Err(place) => place,
        };
        let found = self.read(core::slice::from_ref(address));
        let found = found.map(|mut found| found.pop().flatten());
        if let Some(place) = place {
            recent.fill(address, place, found.as_ref().ok().and_then(Option::as_ref));
        }
        found
    }

    /// Of one moment: never a part of a commit.
    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        self.read(addresses)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        let work = Work::Commit(commit.clone());
        self.writer.write(&self.opened, work).await.map(drop)
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        let work = Work::Restore(copies.to_vec());
        self.writer.write(&self.opened, work).await
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
        self.reading(|database| {
            let transaction = database.begin_read().map_err(error::transaction)?;
            read_page(&transaction, after, limit)
        })
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        let snapshot = self.reading(RedbSnapshot::begin)?;
        Ok(Box::new(snapshot))
    }
}

impl Drop for RedbStorage {
    fn drop(&mut self) {
        self.writer.finish();
        self.opened.close();
    }
}

/// The two lists of addresses are read side by side: neither hides a record from the other.
pub(crate) fn read_page(
    transaction: &ReadTransaction,
    after: Option<&Address>,
    limit: usize,
) -> Result<Vec<Record>, Error> {
    let records = transaction.open_table(RECORDS).map_err(error::table)?;
    let listed = transaction.open_table(ADDRESSES).map_err(error::table)?;
    let start = after.map_or(Bound::Unbounded, |address| {
        Bound::Excluded(address.to_bytes())
    });
    let range = (start, Bound::Unbounded);
    let mut listed = listed.range::<[u8; 32]>(range).map_err(error::storage)?;
    let mut found = records.range::<[u8; 32]>(range).map_err(error::storage)?;
    let both = core::iter::from_fn(|| beside(listed.next(), found.next()).transpose());
    fill_page(both.take(page_limit(limit)), limit)
}

/// The next record, if both tables go on with the same one. Otherwise the lower address is the one
/// that a table lacks.
fn beside(
    listed: Option<Result<Entry<'_, ()>, StorageError>>,
    found: Option<Result<Entry<'_, &'static [u8]>, StorageError>>,
) -> Result<Option<Record>, Error> {
    let listed = listed.transpose().map_err(error::storage)?;
    let found = found.transpose().map_err(error::storage)?;
    let listed = listed.map(|(address, _)| Address::from_bytes(address.value()));
    let Some((address, stored)) = found else {
        return listed.map_or(Ok(None), |lost| Err(error::corrupt_record(lost, None)));
    };
    let address = Address::from_bytes(address.value());
    if listed == Some(address) {
        return decode(&address, stored.value()).map(Some);
    }
    let lower = listed.map_or(address, |listed| listed.min(address));
    Err(error::corrupt_record(lower, None))
}

type Entry<'a, V> = (AccessGuard<'a, [u8; 32]>, AccessGuard<'a, V>);

/// redb panics on some damage that it finds; to a caller that is damage like any other.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch(work).unwrap_or_else(|panic| Err(error::corrupt(panic)))
}

/// Correctness: what a panic can leave behind is redb's own state, which answers with errors or panics
/// from then on.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
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
