//! Storage by URL.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::str::FromStr;
use std::path::PathBuf;

use thiserror::Error;
use tki_storage::{MemoryStorage, Storage};
use tki_storage_redb::RedbStorage;

/// Where records are kept.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StorageUrl {
    /// `memory:`: until the server ends.
    Memory,
    /// `redb:PATH`: one file.
    Redb(PathBuf),
}

/// A storage cannot be named so.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{given} names no storage: redb:PATH or memory:")]
#[non_exhaustive]
pub struct InvalidUrl {
    /// What was given, up to its colon: what follows may be a password.
    pub given: String,
}

impl StorageUrl {
    /// What it is, in a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Redb(_) => "redb",
        }
    }

    /// Opens the storage, or makes it.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn open(&self) -> Result<Arc<dyn Storage>, tki_storage::Error> {
        Ok(match self {
            Self::Memory => Arc::new(MemoryStorage::new()),
            Self::Redb(path) => Arc::new(RedbStorage::open(path)?),
        })
    }
}

impl FromStr for StorageUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("redb", path)) if !path.is_empty() => Ok(Self::Redb(path.into())),
            other => Err(InvalidUrl {
                given: other.map_or(text, |(scheme, _)| scheme).to_owned(),
            }),
        }
    }
}

impl fmt::Display for StorageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Redb(path) => write!(f, "redb:{}", path.display()),
        }
    }
}
