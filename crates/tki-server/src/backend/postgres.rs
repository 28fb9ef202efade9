//! A database by URL.

use core::fmt;

use tki_storage::Error;
use tki_storage_postgres::{OptionsError, PostgresOptions, PostgresStorage};

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

    /// Connects, and makes the tables of a database that has none.
    pub(super) async fn open(&self) -> Result<PostgresStorage, Error> {
        let options =
            PostgresOptions::parse(&self.0).map_err(|error| Error::Backend(Box::new(error)))?;
        PostgresStorage::open_or_make(&options).await
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match PostgresOptions::parse(&self.0) {
            Ok(options) => options.fmt(f),
            // It was parsed before.
            Err(_) => f.write_str("postgres:"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
