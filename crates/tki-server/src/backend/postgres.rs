//! A database by URL.

use core::error::Error as _;
use core::fmt;

use tki_storage::Error;
use tki_storage_postgres::{OptionsError, PostgresOptions, PostgresStorage, SchemaError};

/// The URL of a PostgreSQL database: see [`PostgresOptions`]. Neither `Debug` nor `Display` shows the
/// user, the password or the parameters.
#[derive(Clone, Eq, PartialEq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// A URL that [`PostgresOptions`] understands.
    ///
    /// # Errors
    /// [`OptionsError`].
    pub fn parse(url: &str) -> Result<Self, OptionsError> {
        PostgresOptions::parse(url)?;
        Ok(Self(url.to_owned()))
    }

    /// Connects, and makes the tables of a database that has none. Tables of an older or a newer
    /// program are left alone.
    pub(super) async fn open(&self) -> Result<PostgresStorage, Error> {
        let options =
            PostgresOptions::parse(&self.0).map_err(|error| Error::Backend(Box::new(error)))?;
        match PostgresStorage::open(&options).await {
            Err(error) if lacks_tables(&error) => {
                PostgresStorage::migrate(&options).await?;
                PostgresStorage::open(&options).await
            }
            opened => opened,
        }
    }
}

fn lacks_tables(error: &Error) -> bool {
    let reason = error.source().and_then(|reason| reason.downcast_ref());
    matches!(reason, Some(SchemaError::Missing))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, _) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let (_, place) = place.split_once("://").unwrap_or(("", place));
        let (_, place) = place.rsplit_once('@').unwrap_or(("", place));
        write!(f, "postgres://{place}")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
