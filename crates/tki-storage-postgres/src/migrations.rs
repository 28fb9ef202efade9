//! The tables, and how they became what they are.

use alloc::boxed::Box;
use core::error::Error as _;

use deadpool_postgres::{Client, Pool};
use tki_storage::Error;

use crate::connections::{Role, Session, limited, pool};
use crate::error::{Failure, SchemaError};
use crate::options::PostgresOptions;
use crate::read;

/// One step. Applied once; never changed afterwards.
struct Migration {
    number: u32,
    name: &'static str,
    sql: &'static str,
}

/// In their order, without a gap.
const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    name: "records",
    sql: include_str!("../migrations/0001-records.sql"),
}];

/// The last of them.
const KNOWN: u32 = 1;

/// What a migration found and left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Migrated {
    /// The last migration of before; 0 if there was none.
    pub from: u32,
    /// The last migration now.
    pub to: u32,
}

/// Held for the whole of a migration, so that there is one at a time: "tki" in ASCII.
const BEGIN: &str = "BEGIN; \
    SET LOCAL statement_timeout = 0; \
    SELECT pg_advisory_xact_lock(7629673); \
    CREATE TABLE IF NOT EXISTS tki_migrations ( \
        number integer PRIMARY KEY, \
        name text NOT NULL, \
        applied timestamptz NOT NULL DEFAULT now() \
    );";

const LAST: &str = "SELECT max(number) FROM tki_migrations";

const NOTE: &str = "INSERT INTO tki_migrations (number, name) VALUES ($1, $2)";

/// Applies what is missing, as one transaction.
pub(crate) async fn migrate(options: &PostgresOptions) -> Result<Migrated, Error> {
    let pool = pool(options, &options.primary, Role::Primary)?;
    let session = Session::begin(&pool).await.map_err(Failure::into_error)?;
    let limit = options.limits.answer();
    let applied = async {
        let client = session.client()?;
        client.batch_execute(BEGIN).await?;
        let row = client.query_one(LAST, &[]).await?;
        let from = number(row.try_get(0)?);
        if from > KNOWN {
            return Err(newer(from).into());
        }
        apply(client, from).await?;
        Ok(Migrated { from, to: KNOWN })
    };
    let migrated: Result<Migrated, Failure> = applied.await;
    match migrated {
        Ok(migrated) => {
            let commit = async {
                session
                    .client()?
                    .batch_execute("COMMIT")
                    .await
                    .map_err(Failure::from)
            };
            limited(limit, commit).await.map_err(Failure::into_error)?;
            session.give_back();
            Ok(migrated)
        }
        Err(failure) => {
            session.roll_back(limit).await;
            Err(failure.into_error())
        }
    }
}

async fn apply(client: &Client, from: u32) -> Result<(), Failure> {
    for migration in MIGRATIONS.iter().filter(|next| next.number > from) {
        client.batch_execute(migration.sql).await?;
        let number = i32::try_from(migration.number).unwrap_or(i32::MAX);
        client.execute(NOTE, &[&number, &migration.name]).await?;
    }
    Ok(())
}

/// That the tables are those that this program knows.
pub(crate) async fn check(pool: &Pool, options: &PostgresOptions) -> Result<(), Error> {
    let rows = read::query(pool, options.limits.answer(), LAST, &[]).await?;
    let last = rows.first().map(|row| row.try_get(0)).transpose();
    let last = last.map_err(|error| Error::Backend(Box::new(error)))?;
    match number(last.flatten()) {
        0 => Err(Error::Backend(Box::new(SchemaError::Missing))),
        KNOWN => Ok(()),
        found if found > KNOWN => Err(newer(found)),
        found => Err(Error::Backend(Box::new(SchemaError::Older {
            found,
            needed: KNOWN,
        }))),
    }
}

/// Whether this says that there are no tables at all.
pub(crate) fn are_missing(error: &Error) -> bool {
    let reason = error.source().and_then(|reason| reason.downcast_ref());
    matches!(reason, Some(SchemaError::Missing))
}

fn newer(found: u32) -> Error {
    Error::Backend(Box::new(SchemaError::Newer {
        found,
        known: KNOWN,
    }))
}

fn number(found: Option<i32>) -> u32 {
    found.map_or(0, |found| u32::try_from(found).unwrap_or(0))
}
