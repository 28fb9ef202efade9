//! Storage by URL.

mod own;
#[cfg(feature = "postgres")]
mod postgres;

use alloc::sync::Arc;
use core::fmt;
use core::str::FromStr;
use std::path::{Path, PathBuf};

use tki_storage::{Browse, Error, MemoryStorage};
use tki_storage_redb::RedbStorage;

use own::Own;
#[cfg(feature = "postgres")]
pub use postgres::DatabaseUrl;

/// Where records are kept.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StorageUrl {
    /// `memory:`: until the server ends.
    Memory,
    /// `postgres://…`: a database, which other servers may use at the same time.
    #[cfg(feature = "postgres")]
    Postgres(DatabaseUrl),
    /// `redb:PATH`: one file.
    Redb(PathBuf),
}

/// An open storage.
#[derive(Clone)]
#[non_exhaustive]
pub struct Backend {
    /// The storage, which whoever keeps it may look through.
    pub storage: Arc<dyn Browse>,
    own: Own,
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").finish_non_exhaustive()
    }
}

/// Makes the folder of a file, for its owner alone.
fn make_folder(file: &Path) -> Result<(), Error> {
    let Some(folder) = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| Error::Backend(Box::new(error)))
}

/// A storage cannot be named so.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{given} names no storage: redb:PATH, postgres://HOST/DATABASE or memory:{}", reason(.because.as_ref()))]
#[non_exhaustive]
pub struct InvalidUrl {
    /// What was given, up to its colon: what follows may be a password.
    pub given: String,
    /// What is wrong with the rest, where more is known.
    pub because: Option<String>,
}

fn reason(because: Option<&String>) -> String {
    because.map_or_else(String::new, |because| format!(" ({because})"))
}

impl StorageUrl {
    /// What it is, in a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Memory => "memory",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "postgres",
            Self::Redb(_) => "redb",
        }
    }

    /// Opens the storage, or makes it.
    ///
    /// # Errors
    /// Those of the backend.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(
            clippy::unused_async,
            reason = "a backend that is reached over a network waits for it"
        )
    )]
    pub async fn open(&self) -> Result<Backend, Error> {
        let (storage, own): (Arc<dyn Browse>, Own) = match self {
            Self::Memory => (Arc::new(MemoryStorage::new()), Own::Memory),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let storage = Arc::new(url.open().await?);
                let own = Own::Postgres(Arc::clone(&storage));
                (storage, own)
            }
            Self::Redb(path) => {
                make_folder(path)?;
                let storage = Arc::new(RedbStorage::open(path)?);
                let own = Own::Redb(Arc::clone(&storage), path.clone());
                (storage, own)
            }
        };
        Ok(Backend { storage, own })
    }
}

impl FromStr for StorageUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |given: &str, because| InvalidUrl {
            given: given.to_owned(),
            because,
        };
        match text.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("redb", path)) if !path.is_empty() => Ok(Self::Redb(path.into())),
            #[cfg(feature = "postgres")]
            Some((scheme @ ("postgres" | "postgresql"), _)) => {
                let url = DatabaseUrl::parse(text);
                url.map(Self::Postgres)
                    .map_err(|error| invalid(scheme, Some(error.to_string())))
            }
            #[cfg(not(feature = "postgres"))]
            Some((scheme @ ("postgres" | "postgresql"), _)) => {
                let because = "this program was built without the feature `postgres`";
                Err(invalid(scheme, Some(because.to_owned())))
            }
            other => Err(invalid(other.map_or(text, |(scheme, _)| scheme), None)),
        }
    }
}

impl fmt::Display for StorageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => url.fmt(f),
            Self::Redb(path) => write!(f, "redb:{}", path.display()),
        }
    }
}
