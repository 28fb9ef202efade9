//! A provider in a file: for development, and for people who are their own provider.
//!
//! There is no login and no rate limit: the passphrase is the login, and whoever has the file may
//! guess at it as fast as Argon2id lets him.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use rand_core::CryptoRng;
use tki_record::{Claim, RecordHeader};
use tki_seal::password::Argon2Params;
use tki_seal::sealed_box::{self, BoxPublicKey};
use zeroize::Zeroizing;

use crate::anchor::{Anchor, AnchorEntry, Takeover};
use crate::error::Error;
use crate::evaluator::Evaluator;
use crate::keys::Keys;
use crate::service::{ProviderSignature, ServiceProvider, box_context};

mod anchors;
mod blind_evaluator;
mod error;
mod key_file;

pub use anchors::LocalAnchor;
pub use blind_evaluator::LocalBlindEvaluator;
pub use error::LocalError;

/// A provider whose one secret is in a file, sealed under a passphrase.
///
/// Implements all three traits. Opened, it holds its keys until it is dropped and reads the file no
/// more; its anchor is a [`LocalAnchor`] beside the file.
pub struct LocalProvider {
    keys: Keys,
    anchor: LocalAnchor,
    rng: Mutex<Box<dyn CryptoRng + Send>>,
}

impl LocalProvider {
    /// Makes a new provider at this path, in a folder that exists.
    ///
    /// `rng` gives the secret, and later the randomness of [`ServiceProvider::encrypt`].
    ///
    /// # Errors
    /// [`LocalError::AlreadyExists`] if there is a file; [`LocalError::File`],
    /// [`LocalError::KeyDerivation`].
    pub fn create(
        path: &Path,
        passphrase: &[u8],
        params: Argon2Params,
        mut rng: impl CryptoRng + Send + 'static,
    ) -> Result<Self, LocalError> {
        let secret = key_file::create(path, passphrase, params, &mut rng)?;
        Ok(Self::new(path, &secret, rng))
    }

    /// Opens the provider at this path. `rng` gives the randomness of [`ServiceProvider::encrypt`].
    ///
    /// # Errors
    /// [`LocalError::Missing`], [`LocalError::WrongPassphrase`], [`LocalError::Corrupt`],
    /// [`LocalError::Unsupported`], [`LocalError::File`], [`LocalError::KeyDerivation`].
    pub fn open(
        path: &Path,
        passphrase: &[u8],
        rng: impl CryptoRng + Send + 'static,
    ) -> Result<Self, LocalError> {
        let secret = key_file::open(path, passphrase)?;
        Ok(Self::new(path, &secret, rng))
    }

    fn new(path: &Path, secret: &[u8; 32], rng: impl CryptoRng + Send + 'static) -> Self {
        Self {
            keys: Keys::derive(secret),
            anchor: LocalAnchor::open(path),
            rng: Mutex::new(Box::new(rng)),
        }
    }

    /// The provider's anchor, which needs no passphrase.
    #[must_use]
    pub const fn anchor(&self) -> &LocalAnchor {
        &self.anchor
    }
}

#[async_trait]
impl ServiceProvider for LocalProvider {
    async fn public_key(&self) -> Result<BoxPublicKey, Error> {
        Ok(self.keys.public_key())
    }

    async fn encrypt(&self, context: &[u8], message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let context = box_context(context);
        Ok(sealed_box::seal(
            &self.keys.public_key(),
            context,
            message,
            &mut **rng,
        ))
    }

    async fn decrypt(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.keys.decrypt(context, sealed)
    }

    async fn sign(&self, digest: &[u8; 32]) -> Result<ProviderSignature, Error> {
        Ok(self.keys.sign(digest))
    }
}

#[async_trait]
impl Evaluator for LocalProvider {
    async fn evaluate(&self, label: &str) -> Result<Zeroizing<[u8; 32]>, Error> {
        Ok(self.keys.evaluate(label))
    }
}

#[async_trait]
impl Anchor for LocalProvider {
    async fn read(&self, slot: u32) -> Result<Option<AnchorEntry>, Error> {
        self.anchor.read(slot).await
    }

    async fn reserve(&self, slot: u32, claim: &Claim, takeover: Takeover) -> Result<(), Error> {
        self.anchor.reserve(slot, claim, takeover).await
    }

    async fn advance(&self, slot: u32, header: &RecordHeader) -> Result<(), Error> {
        self.anchor.advance(slot, header).await
    }
}

impl fmt::Debug for LocalProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalProvider")
            .field("anchor", &self.anchor)
            .finish_non_exhaustive()
    }
}
