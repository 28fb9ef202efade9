//! The four calls that a login gives.

use alloc::{boxed::Box, vec::Vec};

use async_trait::async_trait;
use tki_seal::bip340::{PublicKey, Signature};
use tki_seal::sealed_box::BoxPublicKey;
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use crate::error::Error;

/// What a login gives: exactly four calls, and never a private key.
///
/// The same login gives the same keys for ever, on every machine. Every call may be repeated; any
/// call may fail with [`Error::Denied`], [`Error::RateLimited`], [`Error::Unavailable`] or
/// [`Error::Backend`].
#[async_trait]
pub trait ServiceProvider: Send + Sync {
    /// Retrieves the login's public encryption key, `encKey`. Always the same.
    ///
    /// # Errors
    /// Those of every call.
    async fn public_key(&self) -> Result<BoxPublicKey, Error>;

    /// Seals a message so that this login alone opens it, in this context alone.
    ///
    /// The same as [`sealed_box::seal`](tki_seal::sealed_box::seal) to
    /// [`public_key`](Self::public_key) in the context [`box_context`], which needs no provider.
    ///
    /// # Errors
    /// Those of every call.
    async fn encrypt(&self, context: &[u8], message: &[u8]) -> Result<Vec<u8>, Error>;

    /// Opens what [`encrypt`](Self::encrypt), or anyone else, sealed to this login in this context.
    ///
    /// # Errors
    /// [`Error::Denied`] for anything else, without saying what was wrong; those of every call.
    async fn decrypt(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error>;

    /// Signs 32 bytes as they are (BIP-340), with a key that is not the encryption key. The key is
    /// always the same.
    ///
    /// The digest comes from a [`Transcript`], whose tag keeps uses apart: this call does not.
    ///
    /// # Errors
    /// Those of every call.
    async fn sign(&self, digest: &[u8; 32]) -> Result<ProviderSignature, Error>;
}

/// A signature and the key that verifies it.
#[expect(clippy::exhaustive_structs, reason = "there is nothing to add")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProviderSignature {
    /// The login's verifying key.
    pub key: PublicKey,
    /// The signature over the digest.
    pub signature: Signature,
}

/// The context in which a message for a provider is sealed, given the caller's own: what
/// [`ServiceProvider::encrypt`] and [`ServiceProvider::decrypt`] use.
pub fn box_context(context: &[u8]) -> Transcript {
    Transcript::new(Tag::ProviderDecrypt).bytes(context)
}
