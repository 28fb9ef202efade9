//! A device's disk, which can die at a write.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rand_core::CryptoRng;
use tki_device::{DeviceStore, Error, MemoryStore};
use zeroize::Zeroizing;

/// Keeps a package until the machine dies at a write of it.
pub(super) struct Disk {
    store: MemoryStore,
    death: Mutex<Option<Death>>,
}

/// When the machine dies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Death {
    /// Writes until then.
    pub(super) left: u64,
    /// Whether that write is still made.
    pub(super) after: bool,
}

impl Disk {
    pub(super) fn new() -> Self {
        Self {
            store: MemoryStore::new(),
            death: Mutex::new(None),
        }
    }

    pub(super) fn die_at(&self, death: Death) {
        *self.death() = Some(death);
    }

    pub(super) fn live_on(&self) {
        *self.death() = None;
    }

    fn death(&self) -> MutexGuard<'_, Option<Death>> {
        self.death.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, write: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        let mut death = self.death();
        match *death {
            None => write(),
            Some(Death { left: 1, after }) => {
                if after {
                    write()?;
                }
                // Whatever is tried afterwards is not done: the machine is dead.
                *death = Some(Death {
                    left: 1,
                    after: false,
                });
                Err(Error::TooLarge)
            }
            Some(Death { left, after }) => {
                *death = Some(Death {
                    left: left - 1,
                    after,
                });
                write()
            }
        }
    }
}

impl DeviceStore for Disk {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        self.store.load()
    }

    fn save(&self, package: &[u8], rng: &mut dyn CryptoRng) -> Result<(), Error> {
        self.write(|| self.store.save(package, rng))
    }

    fn remove(&self) -> Result<(), Error> {
        self.write(|| self.store.remove())
    }
}
