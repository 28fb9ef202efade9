//! The account document: what every holder may know of the account, in one record.

pub(crate) mod core;
pub(crate) mod history;
pub(crate) mod key;

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_record::Address;
use tki_seal::{
    symmetric,
    transcript::{Tag, Transcript},
};
use zeroize::Zeroizing;

use self::core::Core;
use crate::{
    codec,
    error::{Error, Rule},
    extensions::Extensions,
    secrets::DocumentKey,
    wire,
};

/// The core, and the hash of every mailbox that belongs to it.
///
/// Mailboxes hold the hash of the core and the document holds the hashes of the mailboxes, so that
/// a document and its mailboxes belong together or do not open.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    /// What the account is.
    pub core: Core,
    /// [`Mailbox::hash`](crate::Mailbox::hash) of every sealed mailbox, in the order of the
    /// holders.
    pub mailbox_hashes: Vec<[u8; 32]>,
    /// What later versions add outside the core.
    pub extensions: Extensions,
}

impl Document {
    /// A document without extensions.
    #[must_use]
    pub const fn new(core: Core, mailbox_hashes: Vec<[u8; 32]>) -> Self {
        Self {
            core,
            mailbox_hashes,
            extensions: Extensions::new(),
        }
    }

    /// The plain stored form.
    ///
    /// # Errors
    /// The rule that the document breaks.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.check()?;
        codec::encode(&wire::document::Document::from(self))
    }

    /// Reads the plain stored form.
    ///
    /// # Errors
    /// `Unsupported…` and `CriticalExtension` for what a newer version wrote, `Malformed` for what
    /// is no encoding, `Refused` with the rule that the content breaks.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let document = Self::try_from(codec::decode::<wire::document::Document>(bytes)?)?;
        document.check()?;
        Ok(document)
    }

    /// Seals it for one address: HKDF(document key, fresh salt), context T(document, addr).
    ///
    /// # Errors
    /// The rule that the document breaks.
    pub fn seal(
        &self,
        key: &DocumentKey,
        address: &Address,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>, Error> {
        let plaintext = self.encode()?;
        Ok(symmetric::seal(
            &key.to_symmetric_key(),
            Self::context(address),
            &plaintext,
            rng,
        ))
    }

    /// Opens what was sealed under this key for this address.
    ///
    /// # Errors
    /// `Unsealed` if it was not, else those of [`Document::decode`].
    pub fn open(key: &DocumentKey, address: &Address, sealed: &[u8]) -> Result<Self, Error> {
        let plaintext = symmetric::open(&key.to_symmetric_key(), Self::context(address), sealed)
            .map_err(|_| Error::Unsealed)?;
        Self::decode(&plaintext)
    }

    fn context(address: &Address) -> Transcript {
        Transcript::new(Tag::Document).bytes(address.as_bytes())
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        self.core.check()?;
        if self.mailbox_hashes.len() != self.core.holders.len() {
            return Err(Rule::MailboxHashCount.into());
        }
        self.extensions.check()
    }
}
