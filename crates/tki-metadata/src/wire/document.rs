//! The stored document.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};
use tki_math::Epoch;
use tki_record::Address;
use tki_seal::{curve::CurveId, sealed_box::BoxPublicKey};

use super::{extensions::Extensions, identifier, numbers, structure::Structure};
use crate::{
    account::{AccountId, OperationId},
    codec::Stored,
    document::{self, core as domain, history, key},
    error::{Error, Rule},
    holder::{self, HolderKind},
    limits,
};

#[derive(Deserialize, Serialize)]
pub(crate) struct Document {
    core: Core,
    mailbox_hashes: Vec<[u8; 32]>,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
struct Core {
    account: [u8; 32],
    version: u64,
    operation: [u8; 16],
    curve: u8,
    origin: u8,
    first_verifying_key: Vec<u8>,
    keys: Vec<Key>,
    epoch: u64,
    structure: Structure,
    holders: Vec<Holder>,
    next_identifier: u128,
    history: Vec<HistoryEntry>,
    settings: Extensions,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
struct Key {
    verifying_key: Vec<u8>,
    commitments: Vec<Vec<u8>>,
    sealed_seed: Option<Vec<u8>>,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
struct Holder {
    identifiers: Vec<u128>,
    kind: u16,
    #[serde(deserialize_with = "super::text::read")]
    label: String,
    added: u64,
    box_key: Vec<u8>,
    mailbox: [u8; 32],
    offline: bool,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
struct HistoryEntry {
    version: u64,
    hash: [u8; 32],
}

impl Stored for Document {
    const LIMIT: usize = limits::DOCUMENT_BYTES;
}

impl From<&document::Document> for Document {
    fn from(document: &document::Document) -> Self {
        Self {
            core: Core::from(&document.core),
            mailbox_hashes: document.mailbox_hashes.clone(),
            extensions: Extensions::from(&document.extensions),
        }
    }
}

impl TryFrom<Document> for document::Document {
    type Error = Error;

    fn try_from(wire: Document) -> Result<Self, Error> {
        Ok(Self {
            core: wire.core.try_into()?,
            mailbox_hashes: wire.mailbox_hashes,
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&domain::Core> for Core {
    fn from(core: &domain::Core) -> Self {
        Self {
            account: *core.account.as_bytes(),
            version: core.version,
            operation: *core.operation.as_bytes(),
            curve: core.curve.code(),
            origin: core.origin.code(),
            first_verifying_key: core.first_verifying_key.clone(),
            keys: core.keys.iter().map(Key::from).collect(),
            epoch: core.epoch.get(),
            structure: Structure::of(&core.structure),
            holders: core.holders.iter().map(Holder::from).collect(),
            next_identifier: core.next_identifier.get(),
            history: core.history.iter().map(HistoryEntry::from).collect(),
            settings: Extensions::from(&core.settings),
            extensions: Extensions::from(&core.extensions),
        }
    }
}

impl TryFrom<Core> for domain::Core {
    type Error = Error;

    fn try_from(wire: Core) -> Result<Self, Error> {
        let curve =
            CurveId::from_code(wire.curve).ok_or(Error::UnsupportedCurve { code: wire.curve })?;
        let origin = domain::Origin::from_code(wire.origin)
            .ok_or(Error::UnsupportedOrigin { code: wire.origin })?;
        Ok(Self {
            account: AccountId::from_bytes(wire.account),
            version: wire.version,
            operation: OperationId::from_bytes(wire.operation),
            curve,
            origin,
            first_verifying_key: wire.first_verifying_key,
            keys: wire
                .keys
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
            epoch: Epoch::new(wire.epoch),
            structure: wire.structure.try_into()?,
            holders: wire
                .holders
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
            next_identifier: identifier(wire.next_identifier)?,
            history: wire.history.into_iter().map(Into::into).collect(),
            settings: wire.settings.try_into()?,
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&key::Key> for Key {
    fn from(key: &key::Key) -> Self {
        Self {
            verifying_key: key.verifying_key.clone(),
            commitments: key.commitments.clone(),
            sealed_seed: key.sealed_seed.clone(),
            extensions: Extensions::from(&key.extensions),
        }
    }
}

impl TryFrom<Key> for key::Key {
    type Error = Error;

    fn try_from(wire: Key) -> Result<Self, Error> {
        Ok(Self {
            verifying_key: wire.verifying_key,
            commitments: wire.commitments,
            sealed_seed: wire.sealed_seed,
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&holder::Holder> for Holder {
    fn from(holder: &holder::Holder) -> Self {
        Self {
            identifiers: numbers(&holder.identifiers),
            kind: holder.kind.code(),
            label: holder.label.clone(),
            added: holder.added,
            box_key: holder.box_key.to_bytes().to_vec(),
            mailbox: *holder.mailbox.as_bytes(),
            offline: holder.offline,
            extensions: Extensions::from(&holder.extensions),
        }
    }
}

impl TryFrom<Holder> for holder::Holder {
    type Error = Error;

    fn try_from(wire: Holder) -> Result<Self, Error> {
        let identifiers = wire.identifiers.into_iter().map(identifier);
        let box_key = wire.box_key.as_slice().try_into();
        let box_key = box_key.map_err(|_| Error::from(Rule::BoxKey))?;
        Ok(Self {
            identifiers: identifiers.collect::<Result<_, _>>()?,
            kind: HolderKind::from_code(wire.kind),
            label: wire.label,
            added: wire.added,
            box_key: BoxPublicKey::from_bytes(box_key).map_err(|_| Error::from(Rule::BoxKey))?,
            mailbox: Address::from_bytes(wire.mailbox),
            offline: wire.offline,
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&history::HistoryEntry> for HistoryEntry {
    fn from(entry: &history::HistoryEntry) -> Self {
        Self {
            version: entry.version,
            hash: entry.hash,
        }
    }
}

impl From<HistoryEntry> for history::HistoryEntry {
    fn from(wire: HistoryEntry) -> Self {
        Self {
            version: wire.version,
            hash: wire.hash,
        }
    }
}
