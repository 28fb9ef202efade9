//! The mailbox: what one holder gets, sealed to it, in one record of its own.

use alloc::vec::Vec;
use core::fmt;

use tki_math::{Epoch, Identifier};
use tki_record::Address;
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use crate::{
    account::AccountId,
    codec,
    error::{Error, Rule},
    extensions::Extensions,
    holder, limits,
    secrets::{AccountSecret, ControlSalt, DocumentKey},
    wire,
};

/// The shares of one holder, and what it needs to find and check the rest of the account.
///
/// Every commit rewrites every mailbox with the new version and core hash, so that the mailboxes
/// and the document of one version belong together and of two versions do not.
///
/// Not `Clone`: each is made for one holder and one version.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Debug)]
pub struct Mailbox {
    /// The name of the account.
    pub account: AccountId,
    /// Finds the document and binds its records.
    pub account_secret: AccountSecret,
    /// The version of the account that this mailbox belongs to.
    pub version: u64,
    /// [`Core::hash`](crate::Core::hash) of that version.
    pub core_hash: [u8; 32],
    /// The holder's shares of each key, in the order of the document.
    pub keys: Vec<MailboxKey>,
    /// The epoch of the shares.
    pub epoch: Epoch,
    /// Salt of the control key.
    pub control_salt: ControlSalt,
    /// Key of the document.
    pub document_key: DocumentKey,
    /// What later versions add.
    pub extensions: Extensions,
}

/// A holder's shares of one key.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
pub struct MailboxKey {
    /// Y, in the curve's canonical encoding.
    pub verifying_key: Vec<u8>,
    /// (x_i, s_i) ascending by x_i, with s_i in the curve's canonical encoding.
    pub shares: Vec<(Identifier, Zeroizing<[u8; 32]>)>,
    /// What later versions add.
    pub extensions: Extensions,
}

impl MailboxKey {
    /// Shares without extensions.
    #[must_use]
    pub const fn new(
        verifying_key: Vec<u8>,
        shares: Vec<(Identifier, Zeroizing<[u8; 32]>)>,
    ) -> Self {
        Self {
            verifying_key,
            shares,
            extensions: Extensions::new(),
        }
    }

    /// Where the shares are.
    #[must_use]
    pub fn identifiers(&self) -> Vec<Identifier> {
        self.shares
            .iter()
            .map(|(identifier, _)| *identifier)
            .collect()
    }

    fn check(&self) -> Result<(), Error> {
        if self.verifying_key.is_empty() || self.verifying_key.len() > limits::POINT_BYTES {
            return Err(Rule::PointLength.into());
        }
        holder::check_identifiers(&self.identifiers())?;
        self.extensions.check()
    }
}

impl Mailbox {
    /// The plain stored form, to be sealed to the holder in [`Mailbox::context`].
    ///
    /// # Errors
    /// The rule that the mailbox breaks.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.check()?;
        codec::encode(&wire::mailbox::Mailbox::from(self))
    }

    /// Reads the plain stored form.
    ///
    /// # Errors
    /// `Unsupported…` and `CriticalExtension` for what a newer version wrote, `Malformed` for what
    /// is no encoding, `Refused` with the rule that the content breaks.
    pub fn decode(plaintext: &[u8]) -> Result<Self, Error> {
        let mailbox = Self::try_from(codec::decode::<wire::mailbox::Mailbox>(plaintext)?)?;
        mailbox.check()?;
        Ok(mailbox)
    }

    /// The context in which the mailbox at this address is sealed: T(mailbox, addr).
    #[must_use]
    pub fn context(address: &Address) -> Vec<u8> {
        Transcript::new(Tag::Mailbox)
            .bytes(address.as_bytes())
            .into_bytes()
            .to_vec()
    }

    /// What the document lists for a sealed mailbox: H(mailbox hash, sealed).
    #[must_use]
    pub fn hash(sealed: &[u8]) -> [u8; 32] {
        Transcript::new(Tag::MailboxHash).bytes(sealed).digest()
    }

    fn check(&self) -> Result<(), Error> {
        if self.keys.is_empty() || self.keys.len() > limits::KEYS {
            return Err(Rule::KeyCount.into());
        }
        self.keys.iter().try_for_each(MailboxKey::check)?;
        if let [current, next] = self.keys.as_slice() {
            if current.verifying_key == next.verifying_key {
                return Err(Rule::KeyTwice.into());
            }
            if current.identifiers() != next.identifiers() {
                return Err(Rule::KeyIdentifiers.into());
            }
        }
        self.extensions.check()
    }
}

impl fmt::Debug for MailboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailboxKey")
            .field("verifying_key", &self.verifying_key)
            .field("identifiers", &self.identifiers())
            .finish_non_exhaustive()
    }
}
