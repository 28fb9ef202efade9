//! Folders that only their owner may enter, and the sync that makes their entries last.

use std::fs::DirBuilder;
use std::io;
use std::path::Path;

use crate::error::{Error, Operation};
use crate::point::point;

/// Creates the folder and those above it, for their owner alone (0700 on Unix). A folder that is
/// there already is left as it is.
///
/// # Errors
/// [`Error::Io`] if a folder cannot be created or synced.
pub fn create_folder(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    point("folder: before", Operation::CreateFolder)?;
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(Error::io(Operation::CreateFolder))?;
    point("folder: created", Operation::SyncFolder)?;
    sync(parent(path))
}

/// Creates the folder, which must be new and have its parent already, for its owner alone (0700 on
/// Unix).
///
/// # Errors
/// - [`Error::AlreadyExists`] if anything has this name, even a dangling link; it is untouched.
/// - [`Error::Io`] if the folder cannot be created or synced. If [`Error::is_outcome_unknown`], it is
///   there.
pub fn create_new_folder(path: &Path) -> Result<(), Error> {
    point("folder: before", Operation::CreateFolder)?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| {
        if source.kind() == io::ErrorKind::AlreadyExists {
            Error::AlreadyExists
        } else {
            Error::io(Operation::CreateFolder)(source)
        }
    })?;
    point("folder: created", Operation::SyncFolder)?;
    sync(parent(path))
}

/// Gives a folder another name in one step. The new name lasts once [`sync_parent`] has returned.
/// A file or a folder with something in it is not replaced.
///
/// # Errors
/// [`Error::Io`]; the folder has its old name then.
pub fn rename_folder(from: &Path, to: &Path) -> Result<(), Error> {
    point("folder: before its name", Operation::Place)?;
    std::fs::rename(from, to).map_err(Error::io(Operation::Place))
}

/// Makes the name at `path` last through a loss of power.
///
/// # Errors
/// [`Error::Io`] if the folder that holds it cannot be synced.
pub fn sync_parent(path: &Path) -> Result<(), Error> {
    point("folder: named", Operation::SyncFolder)?;
    sync(parent(path))
}

/// The folder that holds `path`.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

/// Makes the folder's entries last through a loss of power.
pub(crate) fn sync(folder: &Path) -> Result<(), Error> {
    match sync_entries(folder) {
        // Some file systems have no such operation on folders; nothing more can be done there.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        other => other.map_err(Error::io(Operation::SyncFolder)),
    }
}

#[cfg(unix)]
fn sync_entries(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Folders cannot be synced here; the file system journals its entries itself.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every platform")]
fn sync_entries(_folder: &Path) -> io::Result<()> {
    Ok(())
}
