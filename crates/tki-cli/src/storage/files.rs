//! Records in files: the embedded storage, and bundles.

use std::path::Path;

use tki::metadata::{Bundle, Error as FormatError};
use tki::record::Restored;
use tki::storage::{Error, MemoryStorage, Outage, Storage};
use tki::storage_redb::RedbStorage;

use crate::error::{Failure, Kind};
use crate::home::TRIES;
use crate::machine;

/// Largest bundle with its magic.
const MAX_BUNDLE: u64 = (1 << 28) + 8;

/// A folder that was named is not made: it may be a disk that is not there.
pub(super) fn check_folder(path: &Path) -> Result<(), Failure> {
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
