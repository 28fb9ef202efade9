//! A store that gives its package only to somebody who is there.

use alloc::boxed::Box;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::store::DeviceStore;

/// Asks whoever is there: a fingerprint, a PIN of the system, a button.
type Confirm = Box<dyn Fn() -> bool + Send + Sync>;

/// Another store, whose package is loaded only once somebody has confirmed that it may be.
///
/// # Security
/// It is this process that asks: who can read what the other store keeps needs no confirmation. It
/// stops a program that was left open from being used, not a thief with the disk; that is for the
/// store inside, such as [`KeyringFile`](crate::KeyringFile) or
/// [`PassphraseFile`](crate::PassphraseFile).
///
/// # Examples
/// ```
/// use tki_device::{DeviceStore, Error, MemoryStore, PresenceStore};
///
/// let package = MemoryStore::new();
/// let refused = PresenceStore::new(package.clone(), || false);
/// assert!(matches!(refused.load(), Err(Error::NotConfirmed)));
/// let confirmed = PresenceStore::new(package, || true);
/// assert!(confirmed.load()?.is_none());
/// # Ok::<(), Error>(())
/// ```
pub struct PresenceStore<S> {
    inner: S,
    confirm: Confirm,
}

impl<S> PresenceStore<S> {
    /// The store `inner`, which asks through `confirm` before each load.
    #[must_use]
    pub fn new(inner: S, confirm: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self {
            inner,
            confirm: Box::new(confirm),
        }
    }
}

impl<S: DeviceStore> DeviceStore for PresenceStore<S> {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        if (self.confirm)() {
            self.inner.load()
        } else {
            Err(Error::NotConfirmed)
        }
    }

    fn save(&self, package: &[u8], rng: &mut dyn CryptoRng) -> Result<(), Error> {
        self.inner.save(package, rng)
    }

    fn remove(&self) -> Result<(), Error> {
        self.inner.remove()
    }
}

impl<S> fmt::Debug for PresenceStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresenceStore").finish_non_exhaustive()
    }
}
