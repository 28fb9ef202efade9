//! An authenticator in a file: for development, for tests, and for whoever has no security key.
//!
//! It keeps of each credential what its PRF needs and nothing else: there is nobody whom it signs in
//! with, so that it has no signing keys.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use rand_core::CryptoRng;
use tki_seal::passphrase_file::FileKey;
use tki_seal::password::Argon2Params;
use zeroize::Zeroizing;

use crate::authenticator::PrfAuthenticator;
use crate::credential::{self, Credential, CredentialId};
use crate::error::Error;
use crate::prf::{hmac_secret, prf_salt};

mod content;
mod file;

use content::{Content, Entry};

/// An authenticator whose credentials are in a file, sealed under a passphrase if it has one.
///
/// Without a passphrase whoever has the file has the passkeys. With one, whoever has the file may
/// guess at it as fast as Argon2id lets him: it has no chip that counts.
///
/// The file is read at every call and changed under the lock `FILE.lock`, so that any number of
/// instances, in any number of processes, are one authenticator.
pub struct SoftwareAuthenticator {
    path: PathBuf,
    key: Option<FileKey>,
}

/// Whether a software authenticator has what this crate is about.
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Prf {
    /// As old authenticators: nothing that asks for a PRF is made.
    Absent,
    /// Every credential has one.
    Available,
}

impl SoftwareAuthenticator {
    /// Makes a new authenticator at this path, in a folder that exists.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] if there is a file; [`Error::KeyDerivation`], [`Error::Backend`].
    pub fn create(
        path: &Path,
        passphrase: Option<(&[u8], Argon2Params)>,
        prf: Prf,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Self, Error> {
        let key = passphrase
            .map(|(passphrase, params)| file::new_key(passphrase, params, rng))
            .transpose()?;
        let content = Content::new(prf);
        tki_file::write_new(path, &file::encode(&content, key.as_ref(), rng)?)?;
        let path = path.into();
        Ok(Self { path, key })
    }

    /// Opens the authenticator at this path. A passphrase that the file does not need is an error:
    /// somebody believes that it is protected.
    ///
    /// # Errors
    /// [`Error::NoAuthenticator`] if there is no file, [`Error::PassphraseNeeded`],
    /// [`Error::WrongPassphrase`], [`Error::Corrupt`], [`Error::Unsupported`],
    /// [`Error::KeyDerivation`], [`Error::Backend`].
    pub fn open(path: &Path, passphrase: Option<&[u8]>) -> Result<Self, Error> {
        let bytes = read(path)?;
        let key = file::derive_key(&bytes, passphrase)?;
        file::decode(&bytes, key.as_ref())?;
        let path = path.into();
        Ok(Self { path, key })
    }

    /// Whether the file at this path has a passphrase.
    ///
    /// # Errors
    /// [`Error::NoAuthenticator`], [`Error::Corrupt`], [`Error::Unsupported`], [`Error::Backend`].
    pub fn has_passphrase(path: &Path) -> Result<bool, Error> {
        file::is_sealed(&read(path)?)
    }

    /// Deletes a credential for good, as the owner of a security key can.
    ///
    /// # Errors
    /// [`Error::Deleted`] if there is none; those of every call.
    pub fn delete(
        &self,
        credential: &CredentialId,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<(), Error> {
        self.change(rng, |content, _| {
            let before = content.entries.len();
            content.entries.retain(|entry| entry.id != *credential);
            if content.entries.len() == before {
                return Err(Error::Deleted {
                    credential: credential.clone(),
                });
            }
            Ok(())
        })
    }

    fn load(&self) -> Result<Content, Error> {
        file::decode(&read(&self.path)?, self.key.as_ref())
    }

    /// Puts what `change` makes of the content in its place, durably.
    fn change<T>(
        &self,
        rng: &mut (dyn CryptoRng + Send),
        change: impl FnOnce(&mut Content, &mut (dyn CryptoRng + Send)) -> Result<T, Error>,
    ) -> Result<T, Error> {
        // Threads of one process wait for one another; other processes are kept out by the file.
        static WRITER: Mutex<()> = Mutex::new(());
        let _writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lock = OsString::from(&self.path);
        lock.push(".lock");
        let _lock = tki_file::Lock::try_acquire(Path::new(&lock))?.ok_or(Error::Busy)?;

        let mut content = self.load()?;
        let result = change(&mut content, rng)?;
        let bytes = file::encode(&content, self.key.as_ref(), rng)?;
        tki_file::write(&self.path, &bytes)?;
        Ok(result)
    }
}

#[async_trait]
impl PrfAuthenticator for SoftwareAuthenticator {
    async fn check(&self) -> Result<(), Error> {
        let content = self.load()?;
        if content.prf == Prf::Absent {
            return Err(Error::NoPrf);
        }
        if content.entries.len() >= content::MAX_ENTRIES {
            return Err(Error::Full);
        }
        Ok(())
    }

    async fn make_credential(
        &self,
        label: &str,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<CredentialId, Error> {
        if !credential::is_label(label) {
            return Err(Error::Label);
        }
        // Nothing is locked or written for what cannot be.
        self.check().await?;
        self.change(rng, |content, rng| {
            let entry = Entry::random(label, rng);
            let id = entry.id.clone();
            content.entries.push(entry);
            if content.entries.len() > content::MAX_ENTRIES {
                return Err(Error::Full);
            }
            Ok(id)
        })
    }

    async fn credentials(&self) -> Result<Vec<Credential>, Error> {
        let content = self.load()?;
        let credentials = content.entries.iter().map(|entry| Credential {
            id: entry.id.clone(),
            label: Some(entry.label.clone()),
        });
        Ok(credentials.collect())
    }

    async fn evaluate(
        &self,
        credential: &CredentialId,
        input: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, Error> {
        let content = self.load()?;
        let mut entries = content.entries.iter();
        let entry = entries.find(|entry| entry.id == *credential);
        let entry = entry.ok_or_else(|| Error::Deleted {
            credential: credential.clone(),
        })?;
        if content.prf == Prf::Absent {
            return Err(Error::NoPrf);
        }
        Ok(hmac_secret(&entry.cred_random, &prf_salt(input)))
    }
}

impl fmt::Debug for SoftwareAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftwareAuthenticator")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let bytes = tki_file::read(path, file::MAX_FILE)?.ok_or(Error::NoAuthenticator)?;
    Ok(Zeroizing::new(bytes))
}
