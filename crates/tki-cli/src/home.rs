//! Where this machine keeps things.
//!
//! ```text
//! HOME/lock                        held by the command that runs
//! HOME/storage.redb                records, unless --storage says otherwise
//! HOME/storage.url                 the server of the records, if the home was made with one
//! HOME/provider.key                the local provider, unless --provider says otherwise
//! HOME/accounts/NAME/device.tki    the device package of an account
//! HOME/accounts/NAME/receipts/     what this machine's changes of it did
//! HOME/accounts/NAME/invites/      invites that nobody has answered yet
//! HOME/guardian/NAME.tki           what makes this machine the guardian of somebody's account
//! HOME/asked/                      requests for a guardian's help
//! ```

use std::path::{Path, PathBuf};

use tki_file::Lock;

use crate::args::Global;
use crate::error::{Failure, Kind};
use crate::machine;

/// Longest name of an account.
const MAX_NAME: usize = 64;

/// How often something that is busy is tried: every 50 ms for 10 s.
pub(crate) const TRIES: usize = 200;

/// The folder of everything that this machine keeps.
#[derive(Debug)]
pub(crate) struct Home {
    folder: PathBuf,
    account: String,
}

impl Home {
    /// The home that options and environment name. Nothing is created.
    pub(crate) fn find(global: &Global) -> Result<Self, Failure> {
        check_name(&global.account)?;
        let named = global.home.clone().or_else(machine::home_variable);
        let folder = named.or_else(platform_folder).ok_or_else(|| {
            Failure::usage("this platform has no data folder").next("name one: --home DIR")
        })?;
        if folder.exists() && !folder.is_dir() {
            let message = format!("the home {} is not a folder", folder.display());
            return Err(Failure::usage(message).next("name a folder: --home DIR"));
        }
        Ok(Self {
            folder,
            account: global.account.clone(),
        })
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The name of the account.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    pub(crate) fn exists(&self) -> bool {
        self.folder.is_dir()
    }

    /// Makes the folders that a new device needs.
    pub(crate) fn create(&self) -> Result<(), Failure> {
        tki_file::create_folder(&self.account_folder())
            .map_err(|error| Failure::file("could not create the home", &error))
    }

    /// Makes the home's folder alone, for a lock or a provider's key.
    pub(crate) fn create_folder(&self) -> Result<(), Failure> {
        tki_file::create_folder(&self.folder)
            .map_err(|error| Failure::file("could not create the home", &error))
    }

    fn account_folder(&self) -> PathBuf {
        self.accounts().join(&self.account)
    }

    /// The device package of the account.
    pub(crate) fn package(&self) -> PathBuf {
        self.account_folder().join("device.tki")
    }

    /// The receipts of the account.
    pub(crate) fn receipts(&self) -> PathBuf {
        self.account_folder().join("receipts")
    }

    /// Removes every invite to the account, and every receipt of it.
    pub(crate) fn remove_notes(&self) -> Result<(), Failure> {
        remove_files(&self.invites())?;
        remove_files(&self.receipts())
    }

    /// Invites to the account that nobody has answered yet.
    pub(crate) fn invites(&self) -> PathBuf {
        self.account_folder().join("invites")
    }

    /// Requests for a guardian's help.
    pub(crate) fn asked(&self) -> PathBuf {
        self.folder.join("asked")
    }

    /// The folder of the accounts that this machine guards.
    pub(crate) fn guardianships(&self) -> PathBuf {
        self.folder.join("guardian")
    }

    /// The file of one of them.
    pub(crate) fn guardianship(&self, name: &str) -> Result<PathBuf, Failure> {
        check_name(name).map_err(|failure| {
            failure.next(
                "choose another: tki guardian offer NAME; tki guardian list shows those there are",
            )
        })?;
        Ok(self.guardianships().join(format!("{name}.tki")))
    }

    /// Their names.
    pub(crate) fn guarded(&self) -> Result<Vec<String>, Failure> {
        let entries = match std::fs::read_dir(self.guardianships()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Failure::io("could not list the accounts", &error)),
        };
        let files = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = files
            .filter_map(|file| file.strip_suffix(".tki").map(str::to_owned))
            .filter(|name| check_name(name).is_ok())
            .collect();
        names.sort();
        Ok(names)
    }

    /// Removes the folders of an account that has nothing in them.
    pub(crate) fn remove_empty(&self) {
        let account = self.account_folder();
        for folder in [self.receipts(), self.invites(), account, self.accounts()] {
            // The system refuses to remove one that is not empty, and then it stays.
            std::fs::remove_dir(folder).ok();
        }
    }

    /// The folder of all accounts.
    fn accounts(&self) -> PathBuf {
        self.folder.join("accounts")
    }

    /// The accounts that have a folder, by name.
    pub(crate) fn names(&self) -> Result<Vec<String>, Failure> {
        let entries = match std::fs::read_dir(self.accounts()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Failure::io("could not list the accounts", &error)),
        };
        let names = entries.flatten().filter(|entry| entry.path().is_dir());
        let mut names: Vec<String> = names
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| check_name(name).is_ok())
            .collect();
        names.sort();
        Ok(names)
    }

    /// The home of another account of this machine.
    pub(crate) fn of_account(&self, name: &str) -> Self {
        Self {
            folder: self.folder.clone(),
            account: name.to_owned(),
        }
    }

    /// The version of the newest backup that was made here.
    pub(crate) fn backed_up(&self) -> Option<u64> {
        let content = tki_file::read(&self.backup_note(), 32).ok().flatten()?;
        core::str::from_utf8(&content).ok()?.trim().parse().ok()
    }

    /// Notes that a backup was made, if this machine keeps anything of the account.
    pub(crate) fn note_backup(&self, version: u64) -> Result<(), Failure> {
        if !self.account_folder().is_dir() {
            return Ok(());
        }
        tki_file::write(&self.backup_note(), format!("{version}\n").as_bytes())
            .map_err(|error| Failure::file("could not note the backup", &error))
    }

    fn backup_note(&self) -> PathBuf {
        self.account_folder().join("backed-up")
    }

    pub(crate) fn default_storage(&self) -> PathBuf {
        self.folder.join("storage.redb")
    }

    /// Where the server is noted that the home was made with.
    pub(crate) fn storage_note(&self) -> PathBuf {
        self.folder.join("storage.url")
    }

    pub(crate) fn default_provider(&self) -> PathBuf {
        self.folder.join("provider.key")
    }

    /// Waits until no other command uses this home.
    pub(crate) fn lock(&self) -> Result<Lock, Failure> {
        let path = self.folder.join("lock");
        for _ in 0..TRIES {
            let taken = Lock::try_acquire(&path)
                .map_err(|error| Failure::file("could not lock the home", &error))?;
            if let Some(lock) = taken {
                return Ok(lock);
            }
            machine::pause();
        }
        Err(Failure::new(Kind::Busy, "another tki is using this home"))
    }
}

/// The part after the scheme of a URL of this kind.
pub(crate) fn strip_scheme<'u>(
    what: &str,
    url: &'u str,
    scheme: &str,
) -> Result<&'u Path, Failure> {
    let rest = url
        .strip_prefix(scheme)
        .and_then(|rest| rest.strip_prefix(':'));
    let path = rest.map(|rest| rest.strip_prefix("//").unwrap_or(rest));
    match path {
        Some(path) if !path.is_empty() => Ok(Path::new(path)),
        _ => Err(
            Failure::usage(format!("unknown {what} {url}; there is {scheme}:PATH"))
                .next(format!("write it as {scheme}:PATH")),
        ),
    }
}

/// Removes the files of a folder, which need not be there.
fn remove_files(folder: &Path) -> Result<(), Failure> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::io("could not list what was kept", &error)),
    };
    for entry in entries {
        let entry = entry.map_err(|e| Failure::io("could not list what was kept", &e))?;
        tki_file::remove(&entry.path())
            .map_err(|error| Failure::file("could not remove what was kept", &error))?;
    }
    Ok(())
}

fn platform_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "tki")?;
    Some(folders.data_dir().to_path_buf())
}

/// A name is part of a path: letters, digits and what is harmless between them.
fn check_name(name: &str) -> Result<(), Failure> {
    let first = name
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphanumeric());
    let others = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if first && others && name.len() <= MAX_NAME {
        return Ok(());
    }
    Err(Failure::usage("the name of an account is 1 to 64 letters, digits, dots, dashes or underlines, and begins with a letter or a digit")
        .next("choose another: --account NAME"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_the_home_are_refused() {
        for name in [
            "", ".", "..", "a/b", "/a", "-a", ".a", "a\\b", "a b", "ä", "a\0",
        ] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        for name in ["main", "a.b", "2nd_key-x"] {
            assert!(check_name(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn urls_of_unknown_kinds_name_the_known_one() {
        assert_eq!(
            strip_scheme("storage", "redb:/a/b", "redb").ok(),
            Some(Path::new("/a/b"))
        );
        assert_eq!(
            strip_scheme("storage", "redb:///a", "redb").ok(),
            Some(Path::new("/a"))
        );
        let failure = strip_scheme("storage", "https://x", "redb").err();
        assert!(failure.is_some_and(|f| f.kind == Kind::Usage && f.message.contains("redb:PATH")));
    }
}
