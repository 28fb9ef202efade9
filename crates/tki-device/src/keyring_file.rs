//! A package in a file sealed under a key that a keyring holds.
//!
//! ```text
//! header = "TKI-DEVK" ‖ version 1 (1) ‖ id (16)
//! sealed = symmetric seal(key of id, T(DeviceFile; "keyring", header), package)
//! file   = header ‖ H(DeviceFile; "keyring sealed", header, sealed) (32) ‖ sealed
//! ```
//!
//! Neither is worth anything without the other: the key is in the keyring before the file that
//! needs it, and leaves it after that file. What a crash in between leaves is a key without a file.
//!
//! Specification: `docs/spec/device.md`, section 3.

use alloc::boxed::Box;
use core::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use tki_seal::passphrase_file::MAGIC_BYTES;
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::keyring::{Keyring, KeyringError};
use crate::store::{self, DeviceStore, MAX_FILE, StoreKind};

/// A package in a file sealed under a random key, which a keyring holds under a random name that is
/// in the file's header.
///
/// The key is asked for at the first use and kept until the store is dropped. Every file made anew
/// has a name and a key of its own; a copy of a file shares them, so that removing the one makes
/// the other unreadable.
pub struct KeyringFile {
    path: PathBuf,
    keyring: Box<dyn Keyring>,
    unlocked: Mutex<Option<Unlocked>>,
}

/// A key and the name by which the keyring knows it.
struct Unlocked {
    id: Id,
    key: SymmetricKey,
}

impl KeyringFile {
    /// The store at this path. Nothing is read, asked or written yet; the folder has to exist.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, keyring: impl Keyring + 'static) -> Self {
        Self {
            path: path.into(),
            keyring: Box::new(keyring),
            unlocked: Mutex::new(None),
        }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn unlocked(&self) -> MutexGuard<'_, Option<Unlocked>> {
        self.unlocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads the package and leaves the key that opened it in `unlocked`.
    fn load_with(
        &self,
        unlocked: &mut Option<Unlocked>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let Some(file) = tki_file::read(&self.path, MAX_FILE)? else {
            return Ok(None);
        };
        // Step 3.4: undamaged, and opened by the key that the keyring has under its name.
        let file = SealedFile::parse(&file)?;
        let known = unlocked.take().filter(|known| known.id == file.id);
        let known = match known {
            Some(known) => known,
            None => self.ask(file.id)?.ok_or(Error::NoKey)?,
        };
        let package = file.open(&known.key)?;
        store::check_size(&package)?;
        *unlocked = Some(known);
        Ok(Some(package))
    }

    /// The key of this name, if the keyring has one that could be a key.
    fn ask(&self, id: Id) -> Result<Option<Unlocked>, KeyringError> {
        let Some(found) = self.keyring.get(&name(&id))? else {
            return Ok(None);
        };
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if found.len() != key.len() {
            return Ok(None);
        }
        key.copy_from_slice(&found);
        let key = SymmetricKey::from_bytes(key);
        Ok(Some(Unlocked { id, key }))
    }

    /// Step 3.1: a new key under a new name, in the keyring before anything needs it.
    fn make(&self, rng: &mut dyn CryptoRng) -> Result<Unlocked, KeyringError> {
        let mut id = [0; ID_BYTES];
        rng.fill_bytes(&mut id);
        let key = SymmetricKey::random(rng);
        self.keyring.set(&name(&id), key.expose_secret())?;
        // What a keyring says that it kept is asked for once, while nothing depends on it.
        self.ask(id)?
            .filter(|kept| bool::from(kept.key.ct_eq(&key)))
            .ok_or_else(|| KeyringError::Failed("it did not keep the key".into()))
    }
}

impl DeviceStore for KeyringFile {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        self.load_with(&mut self.unlocked())
    }

    fn save(&self, package: &[u8], rng: &mut dyn CryptoRng) -> Result<(), Error> {
        store::check_size(package)?;
        let mut guard = self.unlocked();
        let replaces = self.load_with(&mut guard)?.is_some();
        // Step 3.2: the key of the file that is there, or of a new one.
        let known = match guard.take().filter(|_| replaces) {
            Some(known) => known,
            None => self.make(rng)?,
        };
        let file = seal(&known, package, rng);
        // Step 3.3: in the place of what was there.
        let written = tki_file::write(&self.path, &file);
        if !replaces && written.as_ref().is_err_and(|e| !e.is_outcome_unknown()) {
            // Nothing needs the new key. Left behind, it would do no harm.
            drop(self.keyring.remove(&name(&known.id)));
        } else {
            *guard = Some(known);
        }
        Ok(written?)
    }

    fn remove(&self) -> Result<(), Error> {
        let mut guard = self.unlocked();
        // Only a key that opens this file is this file's: a name alone may be another file's.
        let owns = matches!(self.load_with(&mut guard), Ok(Some(_)));
        let known = guard.take();
        // Step 3.5: the file, then its key, which nothing needs any more, whether it goes or not.
        tki_file::remove(&self.path)?;
        if let Some(known) = known.filter(|_| owns) {
            drop(self.keyring.remove(&name(&known.id)));
        }
        Ok(())
    }
}

impl fmt::Debug for KeyringFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyringFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// An undamaged file that is not opened yet.
struct SealedFile<'a> {
    id: Id,
    sealed: &'a [u8],
}

impl<'a> SealedFile<'a> {
    fn parse(file: &'a [u8]) -> Result<Self, Error> {
        let (magic, rest) = file.split_first_chunk().ok_or(Error::Corrupt)?;
        if *magic != StoreKind::Keyring.magic() {
            return Err(store::other_kind(*magic));
        }
        let rest = match rest.split_first().ok_or(Error::Corrupt)? {
            (&VERSION, rest) => rest,
            (&version, _) => return Err(Error::Unsupported { version }),
        };
        let (id, rest) = rest.split_first_chunk().ok_or(Error::Corrupt)?;
        let (hash, sealed) = rest.split_first_chunk().ok_or(Error::Corrupt)?;
        // Before the keyring is asked for a name that never was.
        if *hash != file_hash(id, sealed) {
            return Err(Error::Corrupt);
        }
        Ok(Self { id: *id, sealed })
    }

    fn open(&self, key: &SymmetricKey) -> Result<Zeroizing<Vec<u8>>, Error> {
        symmetric::open(key, context(&self.id), self.sealed).map_err(|_| Error::NoKey)
    }
}

fn seal(known: &Unlocked, package: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
    let sealed = symmetric::seal(&known.key, context(&known.id), package, rng);
    let mut file = header(&known.id);
    file.extend_from_slice(&file_hash(&known.id, &sealed));
    file.extend_from_slice(&sealed);
    file
}

fn header(id: &Id) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(MAGIC_BYTES + 1 + ID_BYTES);
    bytes.extend_from_slice(&StoreKind::Keyring.magic());
    bytes.push(VERSION);
    bytes.extend_from_slice(id);
    bytes
}

fn context(id: &Id) -> Transcript {
    Transcript::new(Tag::DeviceFile)
        .bytes(b"keyring")
        .bytes(&header(id))
}

/// Finds damage; whoever may write the file can compute it.
fn file_hash(id: &Id, sealed: &[u8]) -> [u8; HASH_BYTES] {
    Transcript::new(Tag::DeviceFile)
        .bytes(b"keyring sealed")
        .bytes(&header(id))
        .bytes(sealed)
        .digest()
}

/// What the keyring calls the key: the id in hexadecimal digits.
fn name(id: &Id) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a file and its key have in common. Random and public.
type Id = [u8; ID_BYTES];

const VERSION: u8 = 1;
const ID_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
const HASH_BYTES: usize = 32;
