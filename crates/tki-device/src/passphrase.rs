//! A package in a file sealed under a passphrase.
//!
//! The file is laid out as [`tki_seal::passphrase_file`] says, with the package as content.
//!
//! Specification: `docs/spec/device.md`, section 1.

use core::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand_core::CryptoRng;
use tki_seal::passphrase_file::{FileKey, FileKind, SealedFile};
use tki_seal::password::Argon2Params;
use tki_seal::transcript::Tag;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::store::{self, DeviceStore, MAX_FILE, StoreKind};

/// A package in a file sealed under a passphrase by Argon2id.
///
/// The key is derived at the first use and kept until the store is dropped; every save after that
/// costs no more than the write. Parameters and salt of an existing file stay as they are.
pub struct PassphraseFile {
    path: PathBuf,
    passphrase: Zeroizing<Vec<u8>>,
    params: Argon2Params,
    unlocked: Mutex<Option<FileKey>>,
}

impl PassphraseFile {
    /// The store at this path. Nothing is read, derived or written yet; the folder has to exist.
    ///
    /// `params` are for a file that is made anew; one that exists keeps its own. The passphrase is
    /// copied, and is bytes: whoever reads it from a person decides about normalisation, line ends
    /// and strength.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, passphrase: &[u8], params: Argon2Params) -> Self {
        Self {
            path: path.into(),
            passphrase: Zeroizing::new(passphrase.to_vec()),
            params,
            unlocked: Mutex::new(None),
        }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn unlocked(&self) -> MutexGuard<'_, Option<FileKey>> {
        self.unlocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads the package and leaves the key that opened it in `unlocked`.
    fn load_with(
        &self,
        unlocked: &mut Option<FileKey>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let Some(file) = tki_file::read(&self.path, MAX_FILE)? else {
            return Ok(None);
        };
        // Step 1.3: undamaged, and opened by the key that is known already or by a new one.
        let file = SealedFile::parse(KIND, &file)?;
        let candidate = match unlocked.take().filter(|known| file.is_for(known)) {
            Some(known) => known,
            None => file.derive_key(&self.passphrase)?,
        };
        let package = file.open(&candidate)?;
        store::check_size(&package)?;
        *unlocked = Some(candidate);
        Ok(Some(package))
    }
}

impl DeviceStore for PassphraseFile {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        self.load_with(&mut self.unlocked())
    }

    fn save(&self, package: &[u8], rng: &mut dyn CryptoRng) -> Result<(), Error> {
        store::check_size(package)?;
        let mut guard = self.unlocked();
        let replaces = self.load_with(&mut guard)?.is_some();
        // Step 1.1: the key of the file that is there, or of a new one.
        let key = match guard.take().filter(|_| replaces) {
            Some(known) => known,
            None => FileKey::create(KIND, &self.passphrase, self.params, rng)?,
        };

        // Step 1.2: the package under that key, in the place of what was there.
        let file = key.seal(package, rng);
        // Kept whatever becomes of the write: the key is right for its header.
        *guard = Some(key);
        Ok(tki_file::write(&self.path, &file)?)
    }

    fn remove(&self) -> Result<(), Error> {
        tki_file::remove(&self.path)?;
        Ok(())
    }
}

impl fmt::Debug for PassphraseFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassphraseFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

const KIND: FileKind = FileKind::new(StoreKind::Passphrase.magic(), Tag::DeviceFile);
