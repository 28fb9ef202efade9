//! The storages that `--storage` can name: a file of records, or a bundle, which is only read.

use std::path::{Path, PathBuf};

use tki::metadata::{Bundle, Error as FormatError};
use tki::record::Restored;
use tki::storage::{Error, MemoryStorage, Outage, ReadOnly, Storage};
use tki::storage_redb::RedbStorage;

use crate::args::Global;
use crate::error::{Failure, Kind};
use crate::home::{self, Home, TRIES};
use crate::machine;
use crate::output::Output;
use crate::session::Purpose;

/// Largest bundle with its magic.
const MAX_BUNDLE: u64 = (1 << 28) + 8;

/// Where records are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// What `tki backup` wrote.
    Bundle(PathBuf),
    /// The embedded storage.
    Redb(PathBuf),
}

impl Place {
    /// What the options name, or the home's own.
    pub(crate) fn find(global: &Global, home: &Home) -> Result<Self, Failure> {
        let Some(url) = &global.storage else {
            return Ok(Self::Redb(home.default_storage()));
        };
        if let Ok(path) = home::strip_scheme("storage", url, "bundle") {
            return Ok(Self::Bundle(path.to_path_buf()));
        }
        let path = home::strip_scheme("storage", url, "redb").map_err(|_| {
            let message = format!("unknown storage {url}; there are redb:PATH and bundle:FILE");
            Failure::usage(message).next("write it as redb:PATH, or bundle:FILE to read a backup")
        })?;
        Ok(Self::Redb(path.to_path_buf()))
    }

    /// As `--storage` names it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Bundle(path) => format!("bundle:{}", path.display()),
            Self::Redb(path) => format!("redb:{}", path.display()),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Bundle(path) | Self::Redb(path) => path,
        }
    }

    /// Opens it. One that is not there is made only for a new account; the home's own may be missing
    /// where other commands work without it.
    pub(crate) async fn open(
        &self,
        purpose: Purpose,
        is_named: bool,
        output: Output,
    ) -> Result<Option<Box<dyn Storage>>, Failure> {
        let path = self.path();
        if path.is_dir() {
            let message = format!("{} is a folder, not a storage", path.display());
            return Err(Failure::usage(message).next("name a file: --storage redb:PATH"));
        }
        let is_made = purpose == Purpose::Create && matches!(self, Self::Redb(_));
        if !is_made && !path.exists() {
            if !is_named {
                return Ok(None);
            }
            let message = format!("there is no storage at {}", path.display());
            return Err(Failure::new(Kind::Unavailable, message)
                .next("check --storage, or work without it: --offline"));
        }
        if is_made {
            check_folder(path)?;
        }
        output.detail(&format!("storage: {}", path.display()));
        match self {
            Self::Bundle(path) => {
                let view = view(path, &read_bundle(path)?).await?;
                Ok(Some(Box::new(ReadOnly::excerpt(view))))
            }
            Self::Redb(path) => {
                let storage = open_redb(path)?;
                #[cfg(feature = "faults")]
                let storage = crate::faults::FaultyStorage(storage);
                Ok(Some(Box::new(storage)))
            }
        }
    }
}

/// A folder that was named is not made: it may be a disk that is not there.
fn check_folder(path: &Path) -> Result<(), Failure> {
    let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    if folder.exists() {
        return Ok(());
    }
    let message = format!("there is no folder {} for the storage", folder.display());
    let next = format!(
        "make it, or name another one: mkdir -p {}",
        folder.display()
    );
    Err(Failure::new(Kind::Unavailable, message).next(next))
}

/// Reads a bundle. No signature is verified.
pub(crate) fn read_bundle(path: &Path) -> Result<Bundle, Failure> {
    let content = match tki_file::read(path, MAX_BUNDLE) {
        Ok(Some(content)) => content,
        Ok(None) => {
            let message = format!("there is no file {}", path.display());
            return Err(Failure::usage(message).next("name a file that tki backup wrote"));
        }
        Err(error) => return Err(Failure::file("could not read the backup", &error)),
    };
    Bundle::decode(&content).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &FormatError) -> Failure {
    let message = format!("{}: {}", path.display(), tki::with_causes(error));
    if error.is_unsupported() {
        return Failure::new(Kind::Unsupported, message);
    }
    Failure::new(Kind::CorruptFile, message).next(ANOTHER_COPY)
}

/// The records of a bundle in memory, each with its signatures verified.
pub(crate) async fn view(path: &Path, bundle: &Bundle) -> Result<MemoryStorage, Failure> {
    let memory = MemoryStorage::new();
    memory.restore(&bundle.records).await.map_err(|error| {
        let message = format!("{}: {}", path.display(), tki::with_causes(&error));
        Failure::new(Kind::CorruptFile, message).next(ANOTHER_COPY)
    })?;
    Ok(memory)
}

/// Takes in the records of a bundle, all of them or none.
pub(crate) async fn restore(storage: &dyn Storage, bundle: &Bundle) -> Result<Restored, Failure> {
    storage.restore(&bundle.records).await.map_err(not_restored)
}

fn not_restored(error: Error) -> Failure {
    if let Error::Conflict { found, .. } = &error {
        let stored = found.map_or_else(String::new, |version| format!(", version {version},"));
        let message = format!(
            "the storage has a record{stored} that this backup does not follow: it knows a newer \
             version, or another account; nothing was changed"
        );
        return Failure::new(Kind::Conflict, message).next(
            "if the storage is sound, use it as it is: tki open; to look at the backup: \
             tki open --storage bundle:FILE; to restore it elsewhere: --storage redb:NEW-FILE",
        );
    }
    Failure::from(error)
}

const ANOTHER_COPY: &str = "use another copy of the backup, or the storage itself";

/// Opens a storage file, waiting for whoever uses it.
pub(crate) fn open_redb(path: &Path) -> Result<RedbStorage, Failure> {
    for _ in 0..TRIES {
        match RedbStorage::open(path) {
            Err(Error::Unavailable(Outage::Busy)) => machine::pause(),
            other => return other.map_err(|error| Failure::from(error).context("the storage")),
        }
    }
    Err(Failure::new(
        Kind::Busy,
        "another program is using the storage",
    ))
}
