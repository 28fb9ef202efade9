//! The folder beside the one that is asked for, in which shares are until all of them are there.

use std::fs::{DirEntry, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::file_name;
use crate::error::{Failure, Kind};

/// The most shares that a sharing has.
const MOST: u8 = 16;

/// What is added to the folder's name.
const ENDING: &str = ".unfinished";

/// A folder that was made here, for its owner alone.
pub(super) struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// Makes the neighbour of a folder. What a run that was killed left there is removed: it is of
    /// another sharing.
    pub(super) fn create(folder: &Path) -> Result<Self, Failure> {
        let mut name = folder.file_name().unwrap_or_default().to_owned();
        name.push(ENDING);
        let path = folder.with_file_name(name);
        match path.symlink_metadata() {
            Ok(found) => clear(&path, &found)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let what = format!("could not look at {}", path.display());
                return Err(Failure::io(&what, &error));
            }
        }
        let made = tki_file::create_new_folder(&path);
        made.map_err(|error| {
            if error.is_outcome_unknown() {
                std::fs::remove_dir(&path).ok();
            }
            let failure = Failure::file("could not make a folder for the shares", &error);
            if failure.kind == Kind::Exists {
                foreign(&path)
            } else if failure.kind == Kind::Usage {
                failure.next("name a new folder, in one that exists")
            } else {
                failure
            }
        })?;
        Ok(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it the name that was asked for.
    pub(super) fn finish(&self, folder: &Path) -> Result<(), Failure> {
        tki_file::rename_folder(&self.path, folder)
            .map_err(|error| Failure::file("could not name the folder of shares", &error))
    }

    /// Removes the shares again, because of a failure, which says so then: enough of them are the
    /// key.
    pub(super) fn undo(&self, mut failure: Failure) -> Failure {
        let found = self.path.symlink_metadata();
        let cleared = found
            .map_err(|error| Failure::io("could not look at the folder", &error))
            .and_then(|found| clear(&self.path, &found));
        match cleared {
            Ok(()) => failure.message.push_str("; the shares are removed again"),
            Err(left) => {
                let path = self.path.display();
                failure.message.push_str(&format!(
                    "; shares, which are the key, may still be in {path}: {}",
                    left.message
                ));
                failure.next = format!("remove {path}, then run the same command again");
            }
        }
        failure
    }
}

/// Removes a folder of ours in which there is nothing but shares, or nothing at all is removed.
fn clear(folder: &Path, found: &Metadata) -> Result<(), Failure> {
    if !found.is_dir() || !is_own(found) {
        return Err(foreign(folder));
    }
    let failed = |error| Failure::io(&format!("could not remove {}", folder.display()), &error);
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let entries: Vec<DirEntry> = entries.collect::<Result<_, _>>().map_err(failed)?;
    if !entries.iter().all(is_share) {
        return Err(foreign(folder));
    }
    for entry in entries {
        tki_file::remove(&entry.path())
            .map_err(|error| Failure::file("could not remove old shares", &error))?;
    }
    std::fs::remove_dir(folder).map_err(failed)
}

/// Whether it is the file of a share, or what was being written when a run was killed.
fn is_share(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let Some(name) = name.to_str() else {
        return false;
    };
    let name = tki_file::target_of_temporary(name).unwrap_or(name);
    let mut counts = 1..=MOST;
    let is_named = counts.any(|count| (1..=count).any(|number| file_name(number, count) == name));
    is_named && entry.file_type().is_ok_and(|kind| kind.is_file())
}

/// Whether it belongs to whoever runs this.
#[cfg(unix)]
fn is_own(found: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(found) == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
const fn is_own(_found: &Metadata) -> bool {
    true
}

fn foreign(path: &Path) -> Failure {
    let path = path.display();
    let message = format!("{path} is there and not of an export alone; it is left as it is");
    Failure::new(Kind::Exists, message).next(format!(
        "look into {path} and move it away, or name another folder: --output FOLDER"
    ))
}
