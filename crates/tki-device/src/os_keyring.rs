//! The operating system's keyring: the Secret Service on Linux and the BSDs, the keychain on macOS,
//! the Credential Manager on Windows.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use std::sync::{Mutex, PoisonError};

use keyring_core::{CredentialStore, Entry, Error as CoreError};
use zeroize::Zeroizing;

use crate::keyring::{Keyring, KeyringError};

/// The keyring of whoever is logged in on this machine.
///
/// Secrets are kept under the service `tki`. On Linux the Secret Service is asked over the session
/// bus, through an encrypted session; what the bus library copies is not wiped.
pub struct OsKeyring {
    service: Mutex<Option<Arc<CredentialStore>>>,
}

impl OsKeyring {
    /// The keyring, not yet reached.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "what leads to secrets has no default"
    )]
    pub fn new() -> Self {
        Self {
            service: Mutex::new(None),
        }
    }

    fn entry(&self, name: &str) -> Result<Entry, KeyringError> {
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
        let store = match service.take() {
            Some(store) => store,
            None => connect().map_err(|error| KeyringError::Missing(source(error)))?,
        };
        let entry = store.build(SERVICE, name, None).map_err(failure);
        *service = Some(store);
        entry
    }
}

impl Keyring for OsKeyring {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        match self.entry(name)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(CoreError::NoEntry) => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyringError> {
        self.entry(name)?.set_secret(secret).map_err(failure)
    }

    fn remove(&self, name: &str) -> Result<(), KeyringError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(CoreError::NoEntry) => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }
}

impl fmt::Debug for OsKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OsKeyring").finish_non_exhaustive()
    }
}

#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
fn connect() -> Result<Arc<CredentialStore>, CoreError> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn connect() -> Result<Arc<CredentialStore>, CoreError> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn connect() -> Result<Arc<CredentialStore>, CoreError> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(
    all(unix, not(target_vendor = "apple"), not(target_os = "android")),
    target_os = "macos",
    windows
)))]
fn connect() -> Result<Arc<CredentialStore>, CoreError> {
    Err(CoreError::NoDefaultStore)
}

fn failure(error: CoreError) -> KeyringError {
    if matches!(error, CoreError::NoStorageAccess(_)) {
        KeyringError::Locked(source(error))
    } else {
        KeyringError::Failed(source(error))
    }
}

/// What the platform says. Not the error that wraps it: some variants of that hold the secret.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else there is or will be may hold a secret"
)]
fn source(error: CoreError) -> Box<dyn core::error::Error + Send + Sync> {
    match error {
        CoreError::NoStorageAccess(source) | CoreError::PlatformFailure(source) => source,
        CoreError::Ambiguous(_) => "there is more than one entry of this name".into(),
        CoreError::NoDefaultStore => "none is known for this system".into(),
        _ => "the entry could not be used".into(),
    }
}

/// What entries are filed under.
const SERVICE: &str = "tki";
