//! The stored device package: its secrets are wiped when dropped.

use alloc::{boxed::Box, vec::Vec};
use core::mem;

use serde::{Deserialize, Serialize};
use tki_math::Epoch;
use tki_record::Address;
use zeroize::ZeroizeOnDrop;

use super::{boxed, document::Document, extensions::Extensions, step::Step};
use crate::{
    account::OperationId,
    codec::Stored,
    error::Error,
    holder::HolderKind,
    limits,
    package::{self, membership, pending},
    secrets::OpeningSeed,
};

// Parts that wipe themselves or are public are skipped.
#[derive(Deserialize, Serialize, ZeroizeOnDrop)]
pub(crate) struct Package {
    opening_seed: Box<[u8; 32]>,
    #[zeroize(skip)]
    membership: Option<Membership>,
    #[zeroize(skip)]
    pending: Option<Pending>,
    #[zeroize(skip)]
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
struct Membership {
    slot: u32,
    document: Document,
    mailbox: MailboxCopy,
    offline_mailboxes: Vec<MailboxCopy>,
    seen: Seen,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
struct MailboxCopy {
    address: [u8; 32],
    sealed: Vec<u8>,
}

#[derive(Deserialize, Serialize)]
struct Seen {
    epoch: u64,
    version: u64,
    hash: [u8; 32],
}

#[derive(Deserialize, Serialize)]
struct Pending {
    operation: [u8; 16],
    base_version: Option<u64>,
    document: Option<[u8; 32]>,
    document_hash: [u8; 32],
    steps: Vec<Step>,
    seeds: Vec<PendingSeed>,
    recovery_hash: Option<[u8; 32]>,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize, ZeroizeOnDrop)]
struct PendingSeed {
    #[zeroize(skip)]
    kind: u16,
    #[zeroize(skip)]
    slot: u32,
    seed: Box<[u8; 32]>,
}

impl Stored for Package {
    const LIMIT: usize = limits::PACKAGE_BYTES;
}

impl From<&package::DevicePackage> for Package {
    fn from(package: &package::DevicePackage) -> Self {
        Self {
            opening_seed: boxed(package.opening_seed.expose_secret()),
            membership: package.membership.as_ref().map(Membership::from),
            pending: package.pending.as_ref().map(Pending::from),
            extensions: Extensions::from(&package.extensions),
        }
    }
}

impl TryFrom<Package> for package::DevicePackage {
    type Error = Error;

    fn try_from(mut wire: Package) -> Result<Self, Error> {
        Ok(Self {
            opening_seed: OpeningSeed::from_bytes(&wire.opening_seed),
            membership: wire.membership.take().map(TryInto::try_into).transpose()?,
            pending: wire.pending.take().map(TryInto::try_into).transpose()?,
            extensions: mem::take(&mut wire.extensions).try_into()?,
        })
    }
}

impl From<&membership::Membership> for Membership {
    fn from(membership: &membership::Membership) -> Self {
        let copies = membership.offline_mailboxes.iter();
        Self {
            slot: membership.slot,
            document: Document::from(&membership.document),
            mailbox: MailboxCopy::from(&membership.mailbox),
            offline_mailboxes: copies.map(MailboxCopy::from).collect(),
            seen: Seen {
                epoch: membership.seen.epoch.get(),
                version: membership.seen.version,
                hash: membership.seen.hash,
            },
            extensions: Extensions::from(&membership.extensions),
        }
    }
}

impl TryFrom<Membership> for membership::Membership {
    type Error = Error;

    fn try_from(wire: Membership) -> Result<Self, Error> {
        Ok(Self {
            slot: wire.slot,
            document: wire.document.try_into()?,
            mailbox: wire.mailbox.into(),
            offline_mailboxes: wire.offline_mailboxes.into_iter().map(Into::into).collect(),
            seen: membership::Seen {
                epoch: Epoch::new(wire.seen.epoch),
                version: wire.seen.version,
                hash: wire.seen.hash,
            },
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&membership::MailboxCopy> for MailboxCopy {
    fn from(copy: &membership::MailboxCopy) -> Self {
        Self {
            address: *copy.address.as_bytes(),
            sealed: copy.sealed.clone(),
        }
    }
}

impl From<MailboxCopy> for membership::MailboxCopy {
    fn from(wire: MailboxCopy) -> Self {
        Self {
            address: Address::from_bytes(wire.address),
            sealed: wire.sealed,
        }
    }
}

impl From<&pending::Pending> for Pending {
    fn from(pending: &pending::Pending) -> Self {
        Self {
            operation: *pending.operation.as_bytes(),
            base_version: pending.base_version,
            document: pending.document.map(|address| *address.as_bytes()),
            document_hash: pending.document_hash,
            steps: pending.steps.iter().map(Step::from).collect(),
            seeds: pending.seeds.iter().map(PendingSeed::from).collect(),
            recovery_hash: pending.recovery_hash,
            extensions: Extensions::from(&pending.extensions),
        }
    }
}

impl TryFrom<Pending> for pending::Pending {
    type Error = Error;

    fn try_from(wire: Pending) -> Result<Self, Error> {
        Ok(Self {
            operation: OperationId::from_bytes(wire.operation),
            base_version: wire.base_version,
            document: wire.document.map(Address::from_bytes),
            document_hash: wire.document_hash,
            steps: wire
                .steps
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
            seeds: wire.seeds.iter().map(pending::PendingSeed::from).collect(),
            recovery_hash: wire.recovery_hash,
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&pending::PendingSeed> for PendingSeed {
    fn from(seed: &pending::PendingSeed) -> Self {
        Self {
            kind: seed.kind.code(),
            slot: seed.slot,
            seed: boxed(seed.seed.expose_secret()),
        }
    }
}

impl From<&PendingSeed> for pending::PendingSeed {
    fn from(wire: &PendingSeed) -> Self {
        Self {
            kind: HolderKind::from_code(wire.kind),
            slot: wire.slot,
            seed: OpeningSeed::from_bytes(&wire.seed),
        }
    }
}
