//! What a keyring is: small secrets that are kept under names, for whoever is logged in.

use alloc::boxed::Box;

use thiserror::Error;
use zeroize::Zeroizing;

/// A place outside every file that keeps small secrets under names: the operating system's keyring
/// ([`OsKeyring`](crate::OsKeyring), feature `keyring`), or an application's own.
///
/// A call may wait for a person who is asked to unlock it, and blocks its thread meanwhile.
pub trait Keyring: Send + Sync {
    /// The secret of this name; `None` if the keyring was reached, is unlocked, and has none.
    ///
    /// # Errors
    /// [`KeyringError`]: nothing is known.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError>;

    /// Keeps the secret under this name, in the place of any other.
    ///
    /// # Errors
    /// [`KeyringError`]: it may be kept or not.
    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyringError>;

    /// Forgets the secret of this name. None there is no error.
    ///
    /// # Errors
    /// [`KeyringError`]: it may be forgotten or not.
    fn remove(&self, name: &str) -> Result<(), KeyringError>;
}

/// Why a keyring gave no answer. What it is caused by never shows a secret.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// The keyring was reached and failed.
    #[error("the keyring failed")]
    Failed(#[source] Box<dyn core::error::Error + Send + Sync>),
    /// The keyring is locked and was not unlocked, or does not let this program in.
    #[error("the keyring is locked")]
    Locked(#[source] Box<dyn core::error::Error + Send + Sync>),
    /// There is no keyring that could be reached.
    #[error("there is no keyring here")]
    Missing(#[source] Box<dyn core::error::Error + Send + Sync>),
}
