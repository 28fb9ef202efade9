//! A device package under a passphrase, with something that moves while the passphrase is stretched.

use rand_core::CryptoRng;
use tki::device::{DeviceStore, Error, PassphraseFile};
use zeroize::Zeroizing;

use crate::output::Output;
use crate::progress::Progress;

/// A store that takes about half a second for each call.
pub(crate) struct SealedPackage {
    pub(crate) file: PassphraseFile,
    pub(crate) output: Output,
}

impl DeviceStore for SealedPackage {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        // Whoever loads says so, for every kind of store.
        self.file.load()
    }

    fn save(&self, package: &[u8], rng: &mut dyn CryptoRng) -> Result<(), Error> {
        let _progress = Progress::start(self.output, "sealing what this device keeps");
        self.file.save(package, rng)
    }

    fn remove(&self) -> Result<(), Error> {
        self.file.remove()
    }
}
