//! The device package: everything that a device keeps of its account.

pub(crate) mod membership;
pub(crate) mod pending;
pub(crate) mod standing;

use alloc::vec::Vec;

use zeroize::Zeroizing;

use self::{membership::Membership, pending::Pending};
use crate::{codec, error::Error, extensions::Extensions, secrets::OpeningSeed, wire};

/// What a device keeps. Its store encrypts the encoding.
///
/// `Clone`, because the next package is made from the last one, which stays the truth until the
/// store has the next.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug)]
pub struct DevicePackage {
    /// o_i of this device: opens its mailbox. While an operation that gives the device a new seed
    /// is pending, this is the one before.
    pub opening_seed: OpeningSeed,
    /// The account as this device last saw it; none before its first commit is confirmed.
    pub membership: Option<Membership>,
    /// The operation that this device has begun and not yet seen the end of.
    pub pending: Option<Pending>,
    /// What later versions add.
    pub extensions: Extensions,
}

impl DevicePackage {
    /// Tag of the extension that holds the [`PendingJoin`](crate::PendingJoin) of a device that
    /// belongs to no account yet.
    pub const JOINING: u16 = 1;

    /// The package of a device that belongs to no account yet.
    #[must_use]
    pub const fn new(opening_seed: OpeningSeed) -> Self {
        Self {
            opening_seed,
            membership: None,
            pending: None,
            extensions: Extensions::new(),
        }
    }

    /// The plain stored form.
    ///
    /// # Errors
    /// The rule that the package breaks.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.check()?;
        codec::encode(&wire::package::Package::from(self))
    }

    /// Reads the plain stored form.
    ///
    /// # Errors
    /// `Unsupported…` and `CriticalExtension` for what a newer version wrote, `Malformed` for what
    /// is no encoding, `Refused` with the rule that the content breaks.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let package = Self::try_from(codec::decode::<wire::package::Package>(bytes)?)?;
        package.check()?;
        Ok(package)
    }

    fn check(&self) -> Result<(), Error> {
        if let Some(membership) = &self.membership {
            membership.check()?;
        }
        if let Some(pending) = &self.pending {
            pending.check()?;
        }
        self.extensions.check()
    }
}
