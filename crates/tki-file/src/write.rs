//! Replacing a file's content: the old or the new is there at every moment, never a mixture.
//!
//! 1. The new content goes to a temporary file in the target's folder, so that step 3 stays within
//!    one file system.
//! 2. The temporary file is synced: the content is on the disk before any name points to it.
//! 3. It takes the target's name in one step: a rename, or for a new file a hard link, which the
//!    system refuses when the name is taken.
//! 4. The folder is synced: the name lasts.
//!
//! A process that dies in between leaves at most a temporary file. Its writer held a lock on it,
//! which died with the process; the next write to the same target removes every temporary file of
//! that target that is locked by nobody.

use core::sync::atomic::{AtomicU64, Ordering};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Operation};
use crate::folder;
use crate::point::point;

/// Makes `content` the content of the file at `path`, all of it or nothing, readable by the owner
/// alone (0600 on Unix). Returns once it is on the disk.
///
/// A symbolic link at `path` is replaced, not followed. Two writers at once do no harm: the later
/// one wins, whole.
///
/// # Errors
/// [`Error::Io`]. If [`Error::is_outcome_unknown`], the content may be the new one; otherwise it
/// is what it was.
pub fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    place(path, content, |temporary, target| {
        fs::rename(temporary, target)
    })
}

/// As [`write`](write()), but refuses to replace anything.
///
/// # Errors
/// - [`Error::AlreadyExists`] if anything has this name, even a dangling link; it is untouched.
/// - [`Error::Io`] as for [`write`](write()).
pub fn write_new(path: &Path, content: &[u8]) -> Result<(), Error> {
    // Checked first so that a refused write costs nothing; the link below is what decides.
    if path.symlink_metadata().is_ok() {
        return Err(Error::AlreadyExists);
    }
    place(path, content, link_new)
}

/// Removes the file for good and says whether there was one.
///
/// # Errors
/// [`Error::Io`]. If [`Error::is_outcome_unknown`], the file may be gone.
pub fn remove(path: &Path) -> Result<bool, Error> {
    point("remove: before", Operation::Remove)?;
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(source) => {
            return Err(Error::Io {
                operation: Operation::Remove,
                source,
            });
        }
    }
    point("remove: removed", Operation::SyncFolder)?;
    folder::sync(folder::parent(path))?;
    Ok(true)
}

/// A file's content to come, longer than one would keep in memory: written piece by piece to a
/// temporary file, and in the target's place only when it is finished.
///
/// Dropped before that, or with the process that writes it, it leaves the target as it was.
pub struct Replacement {
    temporary: Temporary,
    target: PathBuf,
}

impl core::fmt::Debug for Replacement {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Replacement")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

impl Replacement {
    /// Creates the temporary file beside the target, readable by the owner alone (0600 on Unix).
    ///
    /// # Errors
    /// [`Error::Io`]; the target is untouched.
    pub fn begin(path: &Path) -> Result<Self, Error> {
        let name = path.file_name().ok_or_else(|| Error::Io {
            operation: Operation::CreateTemporary,
            source: ErrorKind::InvalidInput.into(),
        })?;
        let parent = folder::parent(path);

        point("write: before", Operation::CreateTemporary)?;
        remove_leftovers(parent, name);
        let temporary =
            Temporary::create(parent, name).map_err(Error::io(Operation::CreateTemporary))?;
        Ok(Self {
            temporary,
            target: path.to_path_buf(),
        })
    }

    /// Appends to what will be the content. Each call is one call of the system: collect small pieces
    /// before.
    ///
    /// # Errors
    /// [`Error::Io`]; the target is untouched.
    pub fn append(&mut self, content: &[u8]) -> Result<(), Error> {
        let written = self.temporary.file.write_all(content);
        written.map_err(Error::io(Operation::Write))
    }

    /// Makes what was appended the content of the target, all of it or nothing. Returns once it is on
    /// the disk.
    ///
    /// A symbolic link at the target is replaced, not followed.
    ///
    /// # Errors
    /// [`Error::Io`]. If [`Error::is_outcome_unknown`], the content may be the new one; otherwise it
    /// is what it was.
    pub fn finish(self) -> Result<(), Error> {
        self.place(|temporary, target| fs::rename(temporary, target))
    }

    fn place(self, take_name: impl FnOnce(&Path, &Path) -> io::Result<()>) -> Result<(), Error> {
        let synced = self.temporary.file.sync_all();
        synced.map_err(Error::io(Operation::SyncFile))?;
        point("write: temporary synced", Operation::Place)?;

        take_name(&self.temporary.path, &self.target).map_err(|source| {
            if source.kind() == ErrorKind::AlreadyExists {
                Error::AlreadyExists
            } else {
                Error::Io {
                    operation: Operation::Place,
                    source,
                }
            }
        })?;
        drop(self.temporary);
        point("write: in place", Operation::SyncFolder)?;
        folder::sync(folder::parent(&self.target))
    }
}

fn place(
    path: &Path,
    content: &[u8],
    take_name: impl FnOnce(&Path, &Path) -> io::Result<()>,
) -> Result<(), Error> {
    let mut replacement = Replacement::begin(path)?;
    replacement.append(content)?;
    replacement.place(take_name)
}

/// Gives `temporary` the name `target` unless the name is taken.
fn link_new(temporary: &Path, target: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, target) {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            // A file system without hard links: the name is reserved by an empty file first. Only
            // a crash between these two lines leaves that empty file.
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(target)?;
            fs::rename(temporary, target)
        }
        other => other,
    }
}

/// The temporary file of one write, removed when dropped (after a rename there is nothing left to
/// remove).
struct Temporary {
    file: File,
    path: PathBuf,
}

impl Temporary {
    /// Process id and counter make the name unique among living processes; a name left by a dead
    /// one is stepped over. The lock says "alive" to other writers' sweeps.
    fn create(parent: &Path, name: &OsStr) -> io::Result<Self> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        loop {
            let mut temporary = temporary_prefix(name);
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            temporary.push(format!("{}-{number}{SUFFIX}", std::process::id()));
            let path = parent.join(temporary);
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            match options.open(&path) {
                Ok(file) => match file.try_lock() {
                    // Another's sweep found the file before it was locked: again, by a new name.
                    Err(TryLockError::WouldBlock) => {}
                    Ok(()) if !path.exists() => {}
                    // Where the file system has no locks a sweep removes nothing either.
                    Ok(()) | Err(TryLockError::Error(_)) => return Ok(Self { file, path }),
                },
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

/// Removes what dead writers of this target left. Best effort: a leftover is harmless to readers.
fn remove_leftovers(parent: &Path, name: &OsStr) {
    let prefix = temporary_prefix(name);
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let found = found.as_encoded_bytes();
        if !found.starts_with(prefix.as_encoded_bytes()) || !found.ends_with(SUFFIX.as_bytes()) {
            continue;
        }
        let Ok(file) = OpenOptions::new().write(true).open(entry.path()) else {
            continue;
        };
        if file.try_lock().is_ok() {
            drop(fs::remove_file(entry.path()));
        }
    }
}

fn temporary_prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    prefix
}

/// The name of the file for which a file of this name is a temporary one, if it is one: for sweeping
/// a folder whose files are all known.
#[must_use]
pub fn target_of_temporary(name: &str) -> Option<&str> {
    let (target, unique) = name
        .strip_prefix('.')?
        .strip_suffix(SUFFIX)?
        .rsplit_once('.')?;
    let (process, number) = unique.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(process) && is_number(number) && !target.is_empty()).then_some(target)
}

const SUFFIX: &str = ".tmp";
