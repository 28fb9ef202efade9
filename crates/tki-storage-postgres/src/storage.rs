//! The backend.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use deadpool_postgres::Pool;
use tki_record::{
    Address, Commit, Record, Restored, check_commit_by_headers, check_restore_by_headers,
};
use tki_storage::{Browse, Error, KeepsHistory, Retention, Snapshot, Storage};

use crate::connections::{Connections, Role, pool};
use crate::migrations::{self, Migrated};
use crate::options::{Limits, PostgresOptions};
use crate::read;
use crate::snapshot::PostgresSnapshot;
use crate::write::write;

/// Storage in a PostgreSQL database, for any number of processes at the same time. Needs a tokio
/// runtime with time and input enabled.
#[derive(Debug)]
pub struct PostgresStorage {
    primary: Pool,
    replicas: Vec<Pool>,
    /// Counts the questions to replicas, so that they take turns.
    turn: AtomicUsize,
    limits: Limits,
}

impl PostgresStorage {
    /// Connects, and looks whether the tables are those that this version knows.
    ///
    /// # Errors
    /// - [`Error::Unavailable`] if the server is unreachable, is busy because it has no connection
    ///   left, or is read-only because it is a standby.
    /// - [`Error::Backend`] over a [`SchemaError`](crate::SchemaError), or with what the server or
    ///   the certificates say.
    pub async fn open(options: &PostgresOptions) -> Result<Self, Error> {
        let primary = pool(options, &options.primary, Role::Primary)?;
        migrations::check(&primary, options).await?;
        let replicas = options.replicas.iter();
        Ok(Self {
            primary,
            replicas: replicas
                .map(|config| pool(options, config, Role::Replica))
                .collect::<Result<_, _>>()?,
            turn: AtomicUsize::new(0),
            limits: options.limits,
        })
    }

    /// Opens as [`open`](Self::open) does, but makes the tables of a database that has none. Those of
    /// an older or a newer program are left alone.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub async fn open_or_make(options: &PostgresOptions) -> Result<Self, Error> {
        match Self::open(options).await {
            Err(error) if migrations::are_missing(&error) => {
                Self::migrate(options).await?;
                Self::open(options).await
            }
            opened => opened,
        }
    }

    /// Makes the tables of a new database, or changes those of an older version, in one
    /// transaction; one at a time, and nothing if there is nothing to do.
    ///
    /// The user needs the right to create tables; afterwards a user with the rights to select,
    /// insert and update suffices.
    ///
    /// # Errors
    /// Those of [`open`](Self::open). Nothing was changed, unless the connection was lost at the
    /// end; repeated, it does what is missing.
    pub async fn migrate(options: &PostgresOptions) -> Result<Migrated, Error> {
        migrations::migrate(options).await
    }

    /// The bytes that the records take, with their indexes and what is not vacuumed yet.
    ///
    /// # Errors
    /// Those of [`get`](Storage::get).
    pub async fn size(&self) -> Result<u64, Error> {
        read::size(&self.primary, self.limits.answer()).await
    }

    /// How many connections to the primary there are, and how many calls wait for one.
    #[must_use]
    pub fn connections(&self) -> Connections {
        Connections::of(&self.primary)
    }

    /// The record that a replica has at this address: that of [`get`](Storage::get), or an earlier
    /// version, or `None` although there is one. For counters and caches, never to decide by.
    ///
    /// The replicas of the URL take turns; one that cannot be reached is left out. No other call
    /// asks them.
    ///
    /// # Errors
    /// Those of [`get`](Storage::get), and [`Error::Unsupported`] if the URL names no replica.
    pub async fn get_stale(&self, address: &Address) -> Result<Option<Record>, Error> {
        let mut answer = Err(Error::Unsupported);
        for _ in &self.replicas {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let Some(replica) = turn
                .checked_rem(self.replicas.len())
                .and_then(|turn| self.replicas.get(turn))
            else {
                break;
            };
            answer = read::get(replica, self.limits.answer(), address).await;
            if !matches!(answer, Err(Error::Unavailable(_))) {
                break;
            }
        }
        answer
    }
}

#[async_trait]
impl Storage for PostgresStorage {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        read::get(&self.primary, self.limits.answer(), address).await
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        read::get_many(&self.primary, self.limits.answer(), addresses).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        // A commit writes all of its records, and keeps none.
        let decide =
            |stored: &_| check_commit_by_headers(stored, commit).map(|()| Restored::default());
        let written = write(&self.primary, &self.limits, commit.records(), &decide).await;
        written.map(drop)
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        if copies.is_empty() {
            return Ok(Restored::default());
        }
        let decide = |stored: &_| check_restore_by_headers(stored, copies);
        write(&self.primary, &self.limits, copies, &decide).await
    }

    fn retention(&self) -> Retention {
        Retention::new(
            KeepsHistory::Possibly,
            "the storage is a PostgreSQL database, which overwrites; old versions stay in its \
             tables until they are vacuumed, and in unused space of their files after that; its \
             write-ahead log, archives of the log, replicas, snapshots and backups may still have \
             old records",
        )
    }
}

#[async_trait]
impl Browse for PostgresStorage {
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        read::page(&self.primary, self.limits.answer(), after, limit).await
    }
    /// Holds one of the connections until its last page was read or it is dropped. Meanwhile the
    /// database cannot vacuum what is overwritten.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        let snapshot = PostgresSnapshot::begin(&self.primary, &self.limits).await?;
        Ok(Box::new(snapshot))
    }
}
