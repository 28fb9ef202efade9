//! The notice: what a closed mailbox says to the holder that was removed.

use alloc::vec::Vec;

use tki_record::Address;
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use crate::{
    account::AccountId, codec, error::Error, event::name::HolderName, extensions::Extensions,
    limits, wire,
};

/// Body of a closed mailbox, sealed to its holder.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// The account that the holder belonged to.
    pub account: AccountId,
    /// The first version without it.
    pub version: u64,
    /// When it was removed, in seconds since 1970 by the clock of whoever removed it.
    pub removed: u64,
    /// What later versions add.
    pub extensions: Extensions,
}

impl Notice {
    /// Tag of the extension that says who was at hand when the holder was removed.
    pub const BY: u16 = 1;

    /// Who was at hand when the holder was removed; nobody where that is not said, or not in a way
    /// that this version knows.
    #[must_use]
    pub fn by(&self) -> Vec<HolderName> {
        let stored = self.extensions.get(Self::BY);
        let stored = stored.and_then(|bytes| codec::decode::<wire::notice::By>(bytes).ok());
        let by = stored.and_then(|stored| Vec::try_from(stored).ok());
        let by: Vec<HolderName> = by.unwrap_or_default();
        let are_names = by.iter().all(|name| name.check().is_ok());
        if are_names { by } else { Vec::new() }
    }

    /// Says who was at hand when the holder was removed: the first [`limits::EVENT_ENTRIES`].
    ///
    /// # Errors
    /// The rule that a name breaks.
    pub fn set_by(&mut self, by: &[HolderName]) -> Result<(), Error> {
        by.iter().try_for_each(HolderName::check)?;
        let first = by.get(..limits::EVENT_ENTRIES).unwrap_or(by);
        let stored = codec::encode(&wire::notice::By::from(first))?;
        self.extensions.insert(Self::BY, stored.to_vec());
        Ok(())
    }

    /// The plain stored form, to be sealed to the holder in [`Notice::context`].
    ///
    /// # Errors
    /// The rule that the notice breaks.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.extensions.check()?;
        codec::encode(&wire::notice::Notice::from(self))
    }

    /// Reads the plain stored form.
    ///
    /// # Errors
    /// `Unsupported…` and `CriticalExtension` for what a newer version wrote, `Malformed` for what
    /// is no encoding, `Refused` with the rule that the content breaks.
    pub fn decode(plaintext: &[u8]) -> Result<Self, Error> {
        let notice = Self::try_from(codec::decode::<wire::notice::Notice>(plaintext)?)?;
        notice.extensions.check()?;
        Ok(notice)
    }

    /// The context in which the notice at this address is sealed: T(notice, addr). It is not that
    /// of a mailbox, so that neither passes for the other.
    #[must_use]
    pub fn context(address: &Address) -> Vec<u8> {
        Transcript::new(Tag::Notice)
            .bytes(address.as_bytes())
            .into_bytes()
            .to_vec()
    }
}
