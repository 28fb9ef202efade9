//! A package in a file that is not encrypted.
//!
//! ```text
//! file = "TKI-DEVP" ‖ version 1 (1) ‖ H(DeviceFile, "plain", package) (32) ‖ package
//! ```
//!
//! The hash finds damage; whoever may write the file can compute it.
//!
//! Specification: `docs/spec/device.md`, section 2.

use std::path::{Path, PathBuf};

use rand_core::CryptoRng;
use tki_seal::passphrase_file::MAGIC_BYTES;
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::store::{self, DeviceStore, MAX_FILE, StoreKind};

/// A package in a file that only its owner may read (0600 on Unix) and that is **not encrypted**:
/// whoever reads the disk or a backup of it has the device.
///
/// For machines whose disk is protected otherwise, when asked for by name.
#[derive(Debug)]
pub struct PlainFile {
    path: PathBuf,
}

impl PlainFile {
    /// The store at this path. Nothing is read or written yet; the folder has to exist.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl DeviceStore for PlainFile {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let Some(file) = tki_file::read(&self.path, MAX_FILE)?.map(Zeroizing::new) else {
            return Ok(None);
        };
        // Step 2.2: magic, version, hash.
        let (magic, rest) = file.split_first_chunk().ok_or(Error::Corrupt)?;
        if *magic != StoreKind::Plain.magic() {
            return Err(store::other_kind(*magic));
        }
        let rest = match rest.split_first().ok_or(Error::Corrupt)? {
            (&VERSION, rest) => rest,
            (&version, _) => return Err(Error::Unsupported { version }),
        };
        let (hash, package) = rest.split_first_chunk().ok_or(Error::Corrupt)?;
        store::check_size(package)?;
        if *hash != package_hash(package) {
            return Err(Error::Corrupt);
        }
        Ok(Some(Zeroizing::new(package.to_vec())))
    }

    fn save(&self, package: &[u8], _rng: &mut dyn CryptoRng) -> Result<(), Error> {
        store::check_size(package)?;
        drop(self.load()?);
        // Step 2.1: magic ‖ version ‖ hash ‖ package, sized up front so that no copy stays behind.
        let mut file = Zeroizing::new(Vec::with_capacity(
            MAGIC_BYTES + 1 + HASH_BYTES + package.len(),
        ));
        file.extend_from_slice(&StoreKind::Plain.magic());
        file.push(VERSION);
        file.extend_from_slice(&package_hash(package));
        file.extend_from_slice(package);
        Ok(tki_file::write(&self.path, &file)?)
    }

    fn remove(&self) -> Result<(), Error> {
        tki_file::remove(&self.path)?;
        Ok(())
    }
}

fn package_hash(package: &[u8]) -> [u8; HASH_BYTES] {
    Transcript::new(Tag::DeviceFile)
        .bytes(b"plain")
        .bytes(package)
        .digest()
}

const VERSION: u8 = 1;
const HASH_BYTES: usize = 32;
