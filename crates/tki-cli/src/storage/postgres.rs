//! Records in a PostgreSQL database, without a server between.

use core::error::Error as _;

use tki::storage::Error;
use tki::storage_postgres::{PostgresOptions, PostgresStorage, SchemaError};

use crate::error::{Failure, Kind};
use crate::session::Purpose;

/// Connects; the tables are made only where a storage is to be.
pub(super) async fn open(url: &str, purpose: Purpose) -> Result<PostgresStorage, Failure> {
    let options = PostgresOptions::parse(url).map_err(|error| {
        Failure::usage(tki::with_causes(&error))
            .next("write it as postgres://USER@HOST/DATABASE?sslrootcert=FILE")
    })?;
    let failed = |error: Error| Failure::from(error).context(&shown(url));
    match PostgresStorage::open(&options).await {
        Err(error) if lacks_tables(&error) && purpose == Purpose::Create => {
            PostgresStorage::migrate(&options).await.map_err(failed)?;
            PostgresStorage::open(&options).await.map_err(failed)
        }
        Err(error) if lacks_tables(&error) => {
            let message = format!("there is no storage in {}", shown(url));
            Err(Failure::new(Kind::Unavailable, message).next("check --storage"))
        }
        opened => opened.map_err(failed),
    }
}

fn lacks_tables(error: &Error) -> bool {
    let reason = error.source().and_then(|reason| reason.downcast_ref());
    matches!(reason, Some(SchemaError::Missing))
}

/// Host and database, without a name, a password or parameters.
pub(super) fn shown(url: &str) -> String {
    let (place, _) = url.split_once('?').unwrap_or((url, ""));
    let (_, place) = place.split_once("://").unwrap_or(("", place));
    let (_, place) = place.rsplit_once('@').unwrap_or(("", place));
    format!("postgres://{place}")
}
