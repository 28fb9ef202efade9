//! A package that lives as long as the process: for tests and demonstrations.

use alloc::sync::Arc;
use core::fmt;
use std::sync::{Mutex, PoisonError};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::store::{self, DeviceStore};

/// A package kept in memory, and wiped with the last clone of the store.
///
/// Clones are the same store, as two openings of one file are.
#[derive(Clone)]
pub struct MemoryStore {
    package: Arc<Mutex<Option<Zeroizing<Vec<u8>>>>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "what may hold secrets has no default"
    )]
    pub fn new() -> Self {
        Self {
            package: Arc::new(Mutex::new(None)),
        }
    }
}

impl DeviceStore for MemoryStore {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        Ok(self
            .package
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    fn save(&self, package: &[u8], _rng: &mut dyn CryptoRng) -> Result<(), Error> {
        store::check_size(package)?;
        let package = Zeroizing::new(package.to_vec());
        *self.package.lock().unwrap_or_else(PoisonError::into_inner) = Some(package);
        Ok(())
    }

    fn remove(&self) -> Result<(), Error> {
        *self.package.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
