//! Stored access structures: a kind and a body that only the kind explains, so that nested
//! thresholds, weights and ranks come as kinds of their own.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use tki_math::{AccessStructure, Threshold};

use crate::error::{Error, Rule};

/// Body: the threshold, 2 bytes little-endian.
const THRESHOLD: u16 = 1;

/// Never stored: a structure for which this version has no form.
const NONE: u16 = 0;

/// Kind and body.
#[derive(Deserialize, Serialize)]
pub(crate) struct Structure {
    pub(crate) kind: u16,
    pub(crate) body: Vec<u8>,
}

impl Structure {
    /// The stored form; kind 0 for a structure that has none.
    pub(crate) fn of(structure: &AccessStructure) -> Self {
        if let AccessStructure::Threshold(threshold) = structure {
            Self {
                kind: THRESHOLD,
                body: threshold.get().to_le_bytes().to_vec(),
            }
        } else {
            Self {
                kind: NONE,
                body: Vec::new(),
            }
        }
    }
}

impl TryFrom<Structure> for AccessStructure {
    type Error = Error;

    fn try_from(Structure { kind, body }: Structure) -> Result<Self, Error> {
        if kind != THRESHOLD {
            return Err(Error::UnsupportedStructure { kind });
        }
        let body = body.as_slice().try_into().map_err(|_| Error::Malformed)?;
        let threshold =
            Threshold::new(u16::from_le_bytes(body)).map_err(|_| Error::from(Rule::Structure))?;
        Ok(Self::Threshold(threshold))
    }
}
