//! A package in a file sealed under a passphrase.
//!
//! ```text
//! key    = HKDF(Argon2id(passphrase, salt, params), DeviceFile ‖ "key")
//! header = "TKI-DEVS" ‖ version 1 (1) ‖ params (12) ‖ salt (32)
//! sealed = symmetric seal(key, DeviceFile ‖ "body" ‖ header, package)
//! file   = header ‖ H(DeviceFile, "sealed", header, sealed) (32) ‖ sealed
//! ```
//!
//! The hash finds damage, before any key is derived; what is undamaged and does not open was sealed
//! under another passphrase, which is what the seal's key commitment proves. Whoever changes the
//! file on purpose can compute the hash, and then is taken for someone with another passphrase.
//!
//! Specification: `docs/spec/device.md`, section 1.

use core::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand_core::CryptoRng;
use tki_seal::kdf;
use tki_seal::password::{self, Argon2Params};
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::store::{self, DeviceStore, MAX_FILE, StoreKind, VERSION};

/// A package in a file sealed under a passphrase by Argon2id.
///
/// The key is derived at the first use and kept until the store is dropped; every save after that
/// costs no more than the write. Parameters and salt of an existing file stay as they are.
pub struct PassphraseFile {
    path: PathBuf,
    passphrase: Zeroizing<Vec<u8>>,
    params: Argon2Params,
    unlocked: Mutex<Option<Unlocked>>,
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
        // Step 1.4: magic, version, parameters, hash.
        let (header, sealed) = Header::split(&file)?;

        // Step 1.5: the key, unless it is known already.
        let candidate = match unlocked.take().filter(|known| known.header == header) {
            Some(known) => known,
            None => self.derive(header)?,
        };

        // Step 1.6: an undamaged file that does not open has another passphrase.
        let package = symmetric::open(&candidate.key, header.context(), sealed)
            .map_err(|_| Error::WrongPassphrase)?;
        store::check_size(&package)?;
        *unlocked = Some(candidate);
        Ok(Some(package))
    }

    /// Step 1.1: key = HKDF(Argon2id(passphrase, salt, params)).
    fn derive(&self, header: Header) -> Result<Unlocked, Error> {
        let stretched = password::derive(&self.passphrase, &header.salt, header.params)
            .map_err(Error::KeyDerivation)?;
        let key = kdf::derive_key(stretched.as_slice(), &[], tagged(b"key"));
        Ok(Unlocked {
            header,
            key: SymmetricKey::from_bytes(key),
        })
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
        let unlocked = match guard.take().filter(|_| replaces) {
            Some(known) => known,
            None => self.derive(Header::random(self.params, rng))?,
        };

        // Step 1.2: the package, sealed in the context of its header.
        let header = unlocked.header;
        let sealed = symmetric::seal(&unlocked.key, header.context(), package, rng);
        // Kept whatever becomes of the write: the key is right for its header.
        *guard = Some(unlocked);

        // Step 1.3: header ‖ hash ‖ sealed.
        let mut file = header.encode();
        file.extend_from_slice(&header.hash(&sealed));
        file.extend_from_slice(&sealed);
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

/// A derived key and the header of the files that it opens.
struct Unlocked {
    header: Header,
    key: SymmetricKey,
}

/// What a key is derived from besides the passphrase. Public.
#[derive(Clone, Copy, Eq, PartialEq)]
struct Header {
    params: Argon2Params,
    salt: [u8; SALT_BYTES],
}

impl Header {
    fn random(params: Argon2Params, rng: &mut dyn CryptoRng) -> Self {
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        Self { params, salt }
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = StoreKind::Passphrase.magic().to_vec();
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.params.to_bytes());
        bytes.extend_from_slice(&self.salt);
        bytes
    }

    fn hash(&self, sealed: &[u8]) -> [u8; HASH_BYTES] {
        tagged(b"sealed")
            .bytes(&self.encode())
            .bytes(sealed)
            .digest()
    }

    /// What the package is sealed in the context of.
    fn context(&self) -> Transcript {
        tagged(b"body").bytes(&self.encode())
    }

    /// Takes an undamaged file apart.
    fn split(file: &[u8]) -> Result<(Self, &[u8]), Error> {
        let rest = store::expect_kind(StoreKind::Passphrase, file)?;
        let (params, rest) = rest.split_first_chunk().ok_or(Error::Corrupt)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(Error::Corrupt)?;
        let (hash, sealed) = rest.split_first_chunk().ok_or(Error::Corrupt)?;
        let params = Argon2Params::from_bytes(params).map_err(|_| Error::Corrupt)?;
        let header = Self {
            params,
            salt: *salt,
        };
        // Before any key is derived: damaged parameters might cost a gigabyte.
        if *hash != header.hash(sealed) {
            return Err(Error::Corrupt);
        }
        Ok((header, sealed))
    }
}

fn tagged(label: &[u8]) -> Transcript {
    Transcript::new(Tag::DeviceFile).bytes(label)
}

const SALT_BYTES: usize = 32;
const HASH_BYTES: usize = 32;
