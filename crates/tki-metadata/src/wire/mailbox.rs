//! The stored mailbox: wiped when dropped, and its secrets on the heap, so that moves leave none behind.

use alloc::{boxed::Box, vec::Vec};
use core::mem;

use serde::{Deserialize, Serialize};
use tki_math::Epoch;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{boxed, extensions::Extensions, identifier};
use crate::{
    account::AccountId,
    codec::Stored,
    error::Error,
    limits, mailbox,
    secrets::{AccountSecret, ControlSalt, DocumentKey},
};

// Parts that wipe themselves or are public are skipped.
#[derive(Deserialize, Serialize, ZeroizeOnDrop)]
pub(crate) struct Mailbox {
    #[zeroize(skip)]
    account: [u8; 32],
    account_secret: Box<[u8; 32]>,
    #[zeroize(skip)]
    version: u64,
    #[zeroize(skip)]
    core_hash: [u8; 32],
    #[zeroize(skip)]
    keys: Vec<MailboxKey>,
    #[zeroize(skip)]
    epoch: u64,
    control_salt: Box<[u8; 32]>,
    document_key: Box<[u8; 32]>,
    #[zeroize(skip)]
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
struct MailboxKey {
    verifying_key: Vec<u8>,
    shares: Vec<MailboxShare>,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize, ZeroizeOnDrop)]
struct MailboxShare {
    #[zeroize(skip)]
    identifier: u128,
    value: Box<[u8; 32]>,
}

impl Stored for Mailbox {
    const LIMIT: usize = limits::MAILBOX_BYTES;
}

impl From<&mailbox::Mailbox> for Mailbox {
    fn from(mailbox: &mailbox::Mailbox) -> Self {
        Self {
            account: *mailbox.account.as_bytes(),
            account_secret: boxed(mailbox.account_secret.expose_secret()),
            version: mailbox.version,
            core_hash: mailbox.core_hash,
            keys: mailbox.keys.iter().map(MailboxKey::from).collect(),
            epoch: mailbox.epoch.get(),
            control_salt: boxed(mailbox.control_salt.expose_secret()),
            document_key: boxed(mailbox.document_key.expose_secret()),
            extensions: Extensions::from(&mailbox.extensions),
        }
    }
}

impl TryFrom<Mailbox> for mailbox::Mailbox {
    type Error = Error;

    fn try_from(mut wire: Mailbox) -> Result<Self, Error> {
        let keys = mem::take(&mut wire.keys);
        Ok(Self {
            account: AccountId::from_bytes(wire.account),
            account_secret: AccountSecret::from_bytes(&wire.account_secret),
            version: wire.version,
            core_hash: wire.core_hash,
            keys: keys
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
            epoch: Epoch::new(wire.epoch),
            control_salt: ControlSalt::from_bytes(&wire.control_salt),
            document_key: DocumentKey::from_bytes(&wire.document_key),
            extensions: mem::take(&mut wire.extensions).try_into()?,
        })
    }
}

impl From<&mailbox::MailboxKey> for MailboxKey {
    fn from(key: &mailbox::MailboxKey) -> Self {
        let shares = key.shares.iter();
        Self {
            verifying_key: key.verifying_key.clone(),
            shares: shares
                .map(|(identifier, value)| MailboxShare {
                    identifier: identifier.get(),
                    value: boxed(value),
                })
                .collect(),
            extensions: Extensions::from(&key.extensions),
        }
    }
}

impl TryFrom<MailboxKey> for mailbox::MailboxKey {
    type Error = Error;

    fn try_from(wire: MailboxKey) -> Result<Self, Error> {
        // Sized up front: growing would leave unwiped copies.
        let mut shares = Vec::with_capacity(wire.shares.len());
        for share in &wire.shares {
            shares.push((identifier(share.identifier)?, Zeroizing::new(*share.value)));
        }
        Ok(Self {
            verifying_key: wire.verifying_key,
            shares,
            extensions: wire.extensions.try_into()?,
        })
    }
}
