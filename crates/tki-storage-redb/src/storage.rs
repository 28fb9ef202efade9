//! The backend: one table, one transaction per commit.
//!
//! Blocking calls are made where they stand, not on a pool of threads: they are short, the file is
//! used by one command of one person, and so the crate needs no runtime. No lock is held across an
//! `await`, since there is none.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use std::fs::OpenOptions;
use std::path::Path;

use async_trait::async_trait;
use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableError,
};
use tki_record::{Address, Commit, Record, check_commit};
use tki_storage::{Error, Storage};

use crate::error;

/// Address to encoded record.
const RECORDS: TableDefinition<'static, [u8; 32], &[u8]> = TableDefinition::new("records");

/// Storage in one file, locked against other processes as long as the value lives.
#[derive(Debug)]
pub struct RedbStorage {
    database: Database,
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
        let is_new = !path.exists();
        let mut options = OpenOptions::new();
        options.create(true).read(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(error::io)?;
        let database = Database::builder()
            .create_file(file)
            .map_err(error::database)?;
        if is_new {
            sync_folder(path)?;
        }
        Ok(Self { database })
    }

    fn begin_read(&self) -> Result<ReadTransaction, Error> {
        self.database.begin_read().map_err(error::transaction)
    }
}

#[async_trait]
impl Storage for RedbStorage {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        Ok(
            read_all(&self.begin_read()?, core::slice::from_ref(address))?
                .pop()
                .flatten(),
        )
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        read_all(&self.begin_read()?, addresses)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        // Only one write transaction exists at a time: others wait here. Dropping it undoes it.
        let transaction = self.database.begin_write().map_err(error::transaction)?;
        {
            let mut table = transaction.open_table(RECORDS).map_err(error::table)?;
            let mut current = BTreeMap::new();
            for new in commit.records() {
                if let Some(record) = read(&table, &new.address())? {
                    current.insert(record.address(), record);
                }
            }
            check_commit(&current, commit)?;
            for new in commit.records() {
                table
                    .insert(new.address().to_bytes(), new.encode().as_slice())
                    .map_err(error::storage)?;
            }
        }
        // Only from here on can an error leave either state behind.
        transaction
            .commit()
            .map_err(|source| Error::OutcomeUnknown {
                source: Some(Box::new(source)),
            })
    }
}

fn read_all(
    transaction: &ReadTransaction,
    addresses: &[Address],
) -> Result<Vec<Option<Record>>, Error> {
    match transaction.open_table(RECORDS) {
        Ok(table) => addresses
            .iter()
            .map(|address| read(&table, address))
            .collect(),
        // Nothing was ever written.
        Err(TableError::TableDoesNotExist(_)) => Ok(addresses.iter().map(|_| None).collect()),
        Err(error) => Err(error::table(error)),
    }
}

fn read(
    table: &impl ReadableTable<[u8; 32], &'static [u8]>,
    address: &Address,
) -> Result<Option<Record>, Error> {
    let Some(stored) = table.get(address.to_bytes()).map_err(error::storage)? else {
        return Ok(None);
    };
    let corrupt = |source| Error::Corrupt {
        address: Some(*address),
        source,
    };
    let record = Record::decode(stored.value()).map_err(|error| corrupt(Some(Box::new(error))))?;
    if record.address() == *address {
        Ok(Some(record))
    } else {
        Err(corrupt(None))
    }
}

/// Makes the new file's name last through a loss of power.
#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(error::io)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every platform")]
fn sync_folder(_path: &Path) -> Result<(), Error> {
    Ok(())
}
