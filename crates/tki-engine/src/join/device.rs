//! A device that joins keeps what it needs for that in its package.

use rand_core::CryptoRng;
use tki_device::DeviceStore;
use tki_metadata::{DevicePackage, PendingJoin};

use super::Joining;
use crate::{
    commit,
    device::Device,
    error::{Culprit, Error, Reason},
    stack,
};

impl<'s> Device<'s> {
    /// A new device that is to join an account: its seed and what it keeps of the joining. It is
    /// stored when this returns, and not before may a message of it leave. What an earlier joining
    /// left behind is replaced.
    ///
    /// # Errors
    /// `Exists` if the device belongs to an account, or is about to; the store's.
    pub fn join(
        store: &'s dyn DeviceStore,
        joining: &Joining,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, Error> {
        if let Some(device) = Self::load(store)?
            && (device.package.membership.is_some() || device.package.pending.is_some())
        {
            return Err(Reason::Exists.into());
        }
        let pending = joining.pending();
        let mut package = DevicePackage::new(pending.seed.clone());
        let kept = commit::encoded(pending.encode())?;
        package
            .extensions
            .insert(DevicePackage::JOINING, kept.to_vec());
        // Step 1.5: kept before the request leaves.
        // Step 3.5: with the invite, kept again before the reply leaves.
        let device = Self { store, package };
        device.save(&pending.seed, None, None, rng)?;
        Ok(device)
    }

    /// The joining that this device has begun and not yet seen the end of.
    ///
    /// # Errors
    /// `Refused` if what was kept of it cannot be read.
    pub fn joining(&self) -> Result<Option<Joining>, Error> {
        if self.package.membership.is_some() {
            return Ok(None);
        }
        let Some(kept) = self.package.extensions.get(DevicePackage::JOINING) else {
            return Ok(None);
        };
        let pending = stack::wiped(|| PendingJoin::decode(kept))
            .map_err(|error| Reason::MalformedRecord(Culprit::Package, error))?;
        Ok(Some(Joining::from_pending(pending)))
    }
}
