//! The stored bundle, after its magic. It is public: nothing is wiped.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use tki_record::{DecodeError, Record};

use super::extensions::Extensions;
use crate::{bundle, codec::Stored, error::Error, limits};

#[derive(Deserialize, Serialize)]
pub(crate) struct Bundle {
    /// Each in the encoding of `docs/spec/record.md`.
    records: Vec<Vec<u8>>,
    extensions: Extensions,
}

impl Stored for Bundle {
    const LIMIT: usize = limits::BUNDLE_BYTES;
}

impl From<&bundle::Bundle> for Bundle {
    fn from(bundle: &bundle::Bundle) -> Self {
        Self {
            records: bundle.records.iter().map(Record::encode).collect(),
            extensions: Extensions::from(&bundle.extensions),
        }
    }
}

impl TryFrom<Bundle> for bundle::Bundle {
    type Error = Error;

    fn try_from(wire: Bundle) -> Result<Self, Error> {
        let records = wire.records.iter().map(|bytes| decode(bytes));
        Ok(Self {
            records: records.collect::<Result<_, _>>()?,
            extensions: wire.extensions.try_into()?,
        })
    }
}

fn decode(bytes: &[u8]) -> Result<Record, Error> {
    Record::decode(bytes).map_err(|error| match error {
        DecodeError::UnknownFormat { found } => Error::UnsupportedVersion { version: found },
        DecodeError::UnknownKind { found } => Error::UnsupportedRecord { kind: found },
        DecodeError::NotCanonical
        | DecodeError::Shape(_)
        | DecodeError::TrailingBytes
        | DecodeError::Truncated
        // A variant of a later version: nothing more is known of it.
        | _ => Error::Malformed,
    })
}
