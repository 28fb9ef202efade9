//! A package in a file sealed under a passphrase.
//!
//! ```text
//! a      = Argon2id(passphrase, salt, params)
//! check  = HKDF(a, DeviceFile ‖ "check")
//! key    = HKDF(a, DeviceFile ‖ "key")
//! header = "TKI-DEVS" ‖ version 1 (1) ‖ params (12) ‖ salt (32) ‖ check (32)
//! file   = header ‖ H(DeviceFile, "header", header) (32) ‖ symmetric seal(key, header, package)
//! ```
//!
//! Three answers come from that: a wrong hash is damage, a wrong check is a wrong passphrase, and a
//! body that does not open under the right key is damage again. Someone who writes the file on
//! purpose can make each look like another, and nothing else.
//!
//! Specification: `docs/spec/device.md`, section 1.

use core::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use tki_seal::password::{self, Argon2Params};
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};
use tki_seal::{kdf, symmetric::OVERHEAD};
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
    /// copied, and is bytes: whoever reads it from a person decides about normalisation and line
    /// ends.
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

    fn derive(&self, params: Argon2Params, salt: [u8; SALT_BYTES]) -> Result<Unlocked, Error> {
        // Step 1.1: a = Argon2id(passphrase, salt, params).
        let a = password::derive(&self.passphrase, &salt, params).map_err(Error::KeyDerivation)?;

        // Step 1.2: check and key.
        let derived = |label: &[u8]| kdf::derive_key(a.as_slice(), &[], tagged(label));
        let header = Header {
            params,
            salt,
            check: *derived(b"check"),
        };
        Ok(Unlocked {
            header,
            key: SymmetricKey::from_bytes(derived(b"key")),
        })
    }

    /// Makes `unlocked` the key of the file with this header.
    fn unlock<'a>(
        &self,
        unlocked: &'a mut Option<Unlocked>,
        header: &Header,
    ) -> Result<&'a Unlocked, Error> {
        let known = unlocked.take().filter(|known| known.header == *header);
        let candidate = match known {
            Some(known) => known,
            None => self.derive(header.params, header.salt)?,
        };
        // Step 1.6: another check is another passphrase.
        if !bool::from(candidate.header.check.ct_eq(&header.check)) {
            return Err(Error::WrongPassphrase);
        }
        Ok(unlocked.insert(candidate))
    }

    /// The key for a file that does not exist yet.
    fn unlock_new<'a>(
        &self,
        unlocked: &'a mut Option<Unlocked>,
        rng: &mut dyn CryptoRng,
    ) -> Result<&'a Unlocked, Error> {
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        Ok(unlocked.insert(self.derive(self.params, salt)?))
    }
}

impl DeviceStore for PassphraseFile {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let Some(file) = tki_file::read(&self.path, MAX_FILE)? else {
            return Ok(None);
        };
        // Step 1.5: magic, version, hash of the header, parameters.
        let (header, body) = Header::split(&file)?;
        let mut unlocked = self.unlocked.lock().unwrap_or_else(PoisonError::into_inner);
        let unlocked = self.unlock(&mut unlocked, &header)?;
        // Step 1.7: the body.
        let package =
            symmetric::open(&unlocked.key, header.context(), body).map_err(|_| Error::Corrupt)?;
        store::check_size(&package)?;
        Ok(Some(package))
    }

    fn save(&self, package: &[u8], rng: &mut dyn CryptoRng) -> Result<(), Error> {
        store::check_size(package)?;
        let existing = tki_file::read(&self.path, MAX_FILE)?;
        let mut unlocked = self.unlocked.lock().unwrap_or_else(PoisonError::into_inner);
        let unlocked = match &existing {
            Some(file) => self.unlock(&mut unlocked, &Header::split(file)?.0)?,
            None => self.unlock_new(&mut unlocked, rng)?,
        };
        // Steps 1.3 and 1.4: header ‖ hash ‖ sealed package.
        let sealed = symmetric::seal(&unlocked.key, unlocked.header.context(), package, rng);
        let mut file = unlocked.header.encode();
        file.extend_from_slice(&unlocked.header.hash());
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

/// What is needed to tell whether a passphrase is the right one. Public.
#[derive(Clone, Copy, Eq, PartialEq)]
struct Header {
    params: Argon2Params,
    salt: [u8; SALT_BYTES],
    check: [u8; CHECK_BYTES],
}

impl Header {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = StoreKind::Passphrase.magic().to_vec();
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.params.to_bytes());
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.check);
        bytes
    }

    fn hash(&self) -> [u8; HASH_BYTES] {
        tagged(b"header").bytes(&self.encode()).digest()
    }

    /// What the body is sealed in the context of.
    fn context(&self) -> Transcript {
        tagged(b"body").bytes(&self.encode())
    }

    /// Takes a file apart.
    fn split(file: &[u8]) -> Result<(Self, &[u8]), Error> {
        let rest = store::expect_kind(StoreKind::Passphrase, file)?;
        let (params, rest) = rest.split_first_chunk().ok_or(Error::Corrupt)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(Error::Corrupt)?;
        let (check, rest) = rest.split_first_chunk().ok_or(Error::Corrupt)?;
        let (hash, body) = rest.split_first_chunk().ok_or(Error::Corrupt)?;
        let params = Argon2Params::from_bytes(params).map_err(|_| Error::Corrupt)?;
        let header = Self {
            params,
            salt: *salt,
            check: *check,
        };
        // Before any key is derived: damaged parameters might cost a gigabyte.
        if *hash != header.hash() || body.len() < OVERHEAD {
            return Err(Error::Corrupt);
        }
        Ok((header, body))
    }
}

fn tagged(label: &[u8]) -> Transcript {
    Transcript::new(Tag::DeviceFile).bytes(label)
}

const SALT_BYTES: usize = 32;
const CHECK_BYTES: usize = 32;
const HASH_BYTES: usize = 32;
