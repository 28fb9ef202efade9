//! The notice: what a closed mailbox says to the holder that was removed.

use alloc::vec::Vec;

use tki_record::Address;
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use crate::{account::AccountId, codec, error::Error, extensions::Extensions, wire};

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
