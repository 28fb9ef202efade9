//! Stored events, and the log that they are in.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};
use tki_math::{AccessStructure, Epoch};

use super::{extensions::Extensions, identifier, structure};
use crate::{
    account::OperationId,
    codec::Stored,
    error::{Error, Rule},
    event::{self, EventSignature, happened::Happened, log, name},
    holder::HolderKind,
    limits,
};

/// Body: empty.
const CREATED: u16 = 1;
/// Body: empty.
const IMPORTED: u16 = 2;
/// Body: the identifier, 16 bytes little-endian; kind of holder, 2 bytes little-endian; the label.
const ADDED: u16 = 3;
/// Body: as `ADDED`.
const REMOVED: u16 = 4;
/// Body: the length of the label before, 1 byte; that label; then as `ADDED`.
const RENAMED: u16 = 5;
/// Body: as `ADDED`.
const RENEWED: u16 = 6;
/// Body: as `ADDED`.
const REPAIRED: u16 = 7;
/// Body: kind of structure, 2 bytes little-endian; its stored body.
const STRUCTURE: u16 = 8;
/// Body: empty.
const REFRESHED: u16 = 9;
/// Body: the key.
const ROTATION_BEGUN: u16 = 10;
/// Body: the key before, the key after, of one length.
const ROTATED: u16 = 11;
/// Body: the key.
const ROTATION_CANCELLED: u16 = 12;
/// Body: how many, 4 bytes little-endian.
const MORE: u16 = 13;
/// Body: an arrangement; see `wire/structure.rs`.
const ARRANGED: u16 = 14;

#[derive(Deserialize, Serialize)]
pub(crate) struct EventLog {
    events: Vec<Event>,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Event {
    number: u64,
    version: u64,
    epoch: u64,
    time: u64,
    operation: [u8; 16],
    previous: [u8; 32],
    by: Vec<Name>,
    by_others: u32,
    changes: Vec<Change>,
    receipt: [u8; 32],
    signature: Signature,
    countersignature: Option<Signature>,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Name {
    identifier: u128,
    kind: u16,
    #[serde(deserialize_with = "super::text::read")]
    label: String,
}

/// Kind and body.
#[derive(Deserialize, Serialize)]
pub(crate) struct Change {
    pub(crate) kind: u16,
    pub(crate) body: Vec<u8>,
}

/// 64 bytes.
#[derive(Deserialize, Serialize)]
struct Signature([u8; 32], [u8; 32]);

impl Stored for EventLog {
    const LIMIT: usize = limits::EVENT_LOG_BYTES;
}

impl From<&log::EventLog> for EventLog {
    fn from(log: &log::EventLog) -> Self {
        Self {
            events: log.events().iter().map(Event::from).collect(),
            extensions: Extensions::from(log.extensions()),
        }
    }
}

impl TryFrom<EventLog> for log::EventLog {
    type Error = Error;

    fn try_from(wire: EventLog) -> Result<Self, Error> {
        let events = wire.events.into_iter().map(TryInto::try_into);
        Ok(Self::from_parts(
            events.collect::<Result<_, _>>()?,
            wire.extensions.try_into()?,
        ))
    }
}

impl From<&event::Event> for Event {
    fn from(event: &event::Event) -> Self {
        Self {
            number: event.number,
            version: event.version,
            epoch: event.epoch.get(),
            time: event.time,
            operation: *event.operation.as_bytes(),
            previous: event.previous,
            by: event.by.iter().map(Name::from).collect(),
            by_others: event.by_others,
            changes: event.changes.iter().map(Change::from).collect(),
            receipt: event.receipt,
            signature: event.signature.into(),
            countersignature: event.countersignature.map(Into::into),
            extensions: Extensions::from(&event.extensions),
        }
    }
}

impl TryFrom<Event> for event::Event {
    type Error = Error;

    fn try_from(wire: Event) -> Result<Self, Error> {
        Ok(Self {
            number: wire.number,
            version: wire.version,
            epoch: Epoch::new(wire.epoch),
            time: wire.time,
            operation: OperationId::from_bytes(wire.operation),
            previous: wire.previous,
            by: names(wire.by)?,
            by_others: wire.by_others,
            changes: changes(wire.changes)?,
            receipt: wire.receipt,
            signature: wire.signature.into(),
            countersignature: wire.countersignature.map(Into::into),
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<EventSignature> for Signature {
    fn from(signature: EventSignature) -> Self {
        let mut halves = [[0; 32]; 2];
        let bytes = signature.to_bytes();
        for (half, bytes) in halves.iter_mut().zip(bytes.chunks_exact(32)) {
            half.copy_from_slice(bytes);
        }
        let [first, second] = halves;
        Self(first, second)
    }
}

impl From<Signature> for EventSignature {
    fn from(Signature(first, second): Signature) -> Self {
        let mut bytes = [0; 64];
        for (place, byte) in bytes.iter_mut().zip(first.iter().chain(&second)) {
            *place = *byte;
        }
        Self::from_bytes(bytes)
    }
}

impl From<&name::HolderName> for Name {
    fn from(name: &name::HolderName) -> Self {
        Self {
            identifier: name.identifier.get(),
            kind: name.kind.code(),
            label: name.label.clone(),
        }
    }
}

impl TryFrom<Name> for name::HolderName {
    type Error = Error;

    fn try_from(wire: Name) -> Result<Self, Error> {
        Ok(Self {
            identifier: identifier(wire.identifier)?,
            kind: HolderKind::from_code(wire.kind),
            label: wire.label,
        })
    }
}

pub(super) fn names(wire: Vec<Name>) -> Result<Vec<name::HolderName>, Error> {
    wire.into_iter().map(TryInto::try_into).collect()
}

pub(super) fn changes(wire: Vec<Change>) -> Result<Vec<Happened>, Error> {
    wire.into_iter().map(TryInto::try_into).collect()
}

impl From<&Happened> for Change {
    fn from(happened: &Happened) -> Self {
        let (kind, body) = match happened {
            Happened::Created => (CREATED, Vec::new()),
            Happened::Imported => (IMPORTED, Vec::new()),
            Happened::Added(name) => (ADDED, named(name)),
            Happened::Removed(name) => (REMOVED, named(name)),
            Happened::Renamed { holder, before } => {
                // Checked where it is encoded: longer ones are refused.
                let length = u8::try_from(before.len()).unwrap_or(u8::MAX);
                let mut body = [length].to_vec();
                body.extend_from_slice(before.as_bytes());
                body.extend_from_slice(&named(holder));
                (RENAMED, body)
            }
            Happened::Renewed(name) => (RENEWED, named(name)),
            Happened::Repaired(name) => (REPAIRED, named(name)),
            Happened::Structure(structure) => {
                let stored = structure::Structure::of(structure);
                let mut body = stored.kind.to_le_bytes().to_vec();
                body.extend_from_slice(&stored.body);
                (STRUCTURE, body)
            }
            Happened::Arranged(arrangement) => {
                (ARRANGED, structure::write_arrangement(arrangement))
            }
            Happened::Refreshed => (REFRESHED, Vec::new()),
            Happened::RotationBegun { next } => (ROTATION_BEGUN, next.clone()),
            Happened::Rotated { before, after } => {
                let keys = before.iter().chain(after).copied();
                (ROTATED, keys.collect())
            }
            Happened::RotationCancelled { next } => (ROTATION_CANCELLED, next.clone()),
            Happened::More(count) => (MORE, count.to_le_bytes().to_vec()),
            Happened::Other { kind, body } => (*kind, body.clone()),
        };
        Self { kind, body }
    }
}

impl TryFrom<Change> for Happened {
    type Error = Error;

    fn try_from(Change { kind, body }: Change) -> Result<Self, Error> {
        let empty = |happened| {
            if body.is_empty() {
                Ok(happened)
            } else {
                Err(EVENT)
            }
        };
        match kind {
            CREATED => empty(Self::Created),
            IMPORTED => empty(Self::Imported),
            ADDED => Ok(Self::Added(name_of(&body)?)),
            REMOVED => Ok(Self::Removed(name_of(&body)?)),
            RENAMED => renamed(&body),
            RENEWED => Ok(Self::Renewed(name_of(&body)?)),
            REPAIRED => Ok(Self::Repaired(name_of(&body)?)),
            STRUCTURE => structure_of(kind, body),
            ARRANGED => Ok(Self::Arranged(structure::read_arrangement(&body)?)),
            REFRESHED => empty(Self::Refreshed),
            ROTATION_BEGUN => Ok(Self::RotationBegun { next: body }),
            ROTATED => {
                let (before, after) = body.split_at(body.len() / 2);
                if before.len() != after.len() {
                    return Err(EVENT);
                }
                let (before, after) = (before.to_vec(), after.to_vec());
                Ok(Self::Rotated { before, after })
            }
            ROTATION_CANCELLED => Ok(Self::RotationCancelled { next: body }),
            MORE => {
                let count = body.as_slice().try_into().map_err(|_| EVENT)?;
                Ok(Self::More(u32::from_le_bytes(count)))
            }
            kind => Ok(Self::Other { kind, body }),
        }
    }
}

fn named(name: &name::HolderName) -> Vec<u8> {
    let mut body = name.identifier.get().to_le_bytes().to_vec();
    body.extend_from_slice(&name.kind.code().to_le_bytes());
    body.extend_from_slice(name.label.as_bytes());
    body
}

fn name_of(body: &[u8]) -> Result<name::HolderName, Error> {
    let (number, rest) = body.split_first_chunk().ok_or(EVENT)?;
    let (kind, label) = rest.split_first_chunk().ok_or(EVENT)?;
    Ok(name::HolderName {
        identifier: identifier(u128::from_le_bytes(*number))?,
        kind: HolderKind::from_code(u16::from_le_bytes(*kind)),
        label: text(label)?,
    })
}

fn renamed(body: &[u8]) -> Result<Happened, Error> {
    let (length, rest) = body.split_first().ok_or(EVENT)?;
    let (before, name) = rest.split_at_checked(usize::from(*length)).ok_or(EVENT)?;
    Ok(Happened::Renamed {
        holder: name_of(name)?,
        before: text(before)?,
    })
}

/// A structure that this version does not know is kept as it is.
fn structure_of(kind: u16, body: Vec<u8>) -> Result<Happened, Error> {
    let (structure_kind, structure_body) = body.split_first_chunk().ok_or(EVENT)?;
    let stored = structure::Structure {
        kind: u16::from_le_bytes(*structure_kind),
        body: structure_body.to_vec(),
    };
    match AccessStructure::try_from(stored) {
        Ok(structure) => Ok(Happened::Structure(structure)),
        Err(Error::UnsupportedStructure { .. }) => Ok(Happened::Other { kind, body }),
        Err(error) => Err(error),
    }
}

fn text(bytes: &[u8]) -> Result<String, Error> {
    String::from_utf8(bytes.to_vec()).map_err(|_| EVENT)
}

const EVENT: Error = Error::Refused { rule: Rule::Event };
