//! Stored steps of a pending operation: a kind and a body that only the kind explains.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};
use tki_math::Threshold;
use tki_seal::curve::CurveId;

use super::{identifier, structure};
use crate::{
    error::{Error, Rule},
    holder::HolderKind,
    package::pending,
};

/// Body: the curve's code, 1 byte.
const CREATE: u16 = 1;
/// Body: kind of holder, 2 bytes little-endian; offline, 1 byte, 0 or 1; the label.
const ADD: u16 = 2;
/// Body: the identifier, 16 bytes little-endian.
const REMOVE: u16 = 3;
/// Body: the threshold, 2 bytes little-endian.
const SET_THRESHOLD: u16 = 4;
/// Body: empty.
const REFRESH: u16 = 5;
/// Body: the curve's code, 1 byte; the verifying key.
const IMPORT: u16 = 6;
/// Body: the identifier, 16 bytes little-endian; the label.
const RENAME: u16 = 7;
/// Body: the identifier, 16 bytes little-endian.
const RENEW: u16 = 8;
/// Body: an arrangement; see `wire/structure.rs`.
const SET_STRUCTURE: u16 = 9;
/// Body: empty.
const ROTATE: u16 = 10;
/// Body: empty.
const CONFIRM_ROTATION: u16 = 11;
/// Body: empty.
const CANCEL_ROTATION: u16 = 12;

/// Kind and body.
#[derive(Deserialize, Serialize)]
pub(crate) struct Step {
    kind: u16,
    body: Vec<u8>,
}

impl From<&pending::Step> for Step {
    fn from(step: &pending::Step) -> Self {
        let (kind, body) = match step {
            pending::Step::Add {
                kind,
                label,
                offline,
            } => {
                let mut body = kind.code().to_le_bytes().to_vec();
                body.push(u8::from(*offline));
                body.extend_from_slice(label.as_bytes());
                (ADD, body)
            }
            pending::Step::CancelRotation => (CANCEL_ROTATION, Vec::new()),
            pending::Step::ConfirmRotation => (CONFIRM_ROTATION, Vec::new()),
            pending::Step::Create { curve } => (CREATE, [curve.code()].to_vec()),
            pending::Step::Import {
                curve,
                verifying_key,
            } => {
                let mut body = [curve.code()].to_vec();
                body.extend_from_slice(verifying_key);
                (IMPORT, body)
            }
            pending::Step::Refresh => (REFRESH, Vec::new()),
            pending::Step::Remove { identifier } => {
                (REMOVE, identifier.get().to_le_bytes().to_vec())
            }
            pending::Step::Rename { identifier, label } => {
                let mut body = identifier.get().to_le_bytes().to_vec();
                body.extend_from_slice(label.as_bytes());
                (RENAME, body)
            }
            pending::Step::Renew { identifier } => (RENEW, identifier.get().to_le_bytes().to_vec()),
            pending::Step::Rotate => (ROTATE, Vec::new()),
            pending::Step::SetStructure { arrangement } => {
                (SET_STRUCTURE, structure::write_arrangement(arrangement))
            }
            pending::Step::SetThreshold { threshold } => {
                (SET_THRESHOLD, threshold.get().to_le_bytes().to_vec())
            }
        };
        Self { kind, body }
    }
}

impl TryFrom<Step> for pending::Step {
    type Error = Error;

    fn try_from(Step { kind, body }: Step) -> Result<Self, Error> {
        match kind {
            ADD => add(&body),
            CANCEL_ROTATION => empty(&body, Self::CancelRotation),
            CONFIRM_ROTATION => empty(&body, Self::ConfirmRotation),
            CREATE => {
                let [code] = fixed(&body)?;
                let curve = curve(code)?;
                Ok(Self::Create { curve })
            }
            IMPORT => {
                let (code, verifying_key) = body.split_first().ok_or(STEPS)?;
                Ok(Self::Import {
                    curve: curve(*code)?,
                    verifying_key: verifying_key.to_vec(),
                })
            }
            REFRESH => empty(&body, Self::Refresh),
            REMOVE => {
                let identifier = identifier(u128::from_le_bytes(fixed(&body)?))?;
                Ok(Self::Remove { identifier })
            }
            RENAME => {
                let (number, label) = body.split_first_chunk().ok_or(STEPS)?;
                Ok(Self::Rename {
                    identifier: identifier(u128::from_le_bytes(*number))?,
                    label: text(label)?,
                })
            }
            RENEW => {
                let identifier = identifier(u128::from_le_bytes(fixed(&body)?))?;
                Ok(Self::Renew { identifier })
            }
            ROTATE => empty(&body, Self::Rotate),
            SET_STRUCTURE => {
                let arrangement = structure::read_arrangement(&body)?;
                Ok(Self::SetStructure { arrangement })
            }
            SET_THRESHOLD => {
                let threshold =
                    Threshold::new(u16::from_le_bytes(fixed(&body)?)).map_err(|_| STEPS)?;
                Ok(Self::SetThreshold { threshold })
            }
            kind => Err(Error::UnsupportedStep { kind }),
        }
    }
}

fn add(body: &[u8]) -> Result<pending::Step, Error> {
    let (kind, rest) = body.split_first_chunk().ok_or(STEPS)?;
    let (offline, label) = rest.split_first().ok_or(STEPS)?;
    let offline = match *offline {
        0 => false,
        1 => true,
        _ => return Err(STEPS),
    };
    let kind = HolderKind::from_code(u16::from_le_bytes(*kind));
    Ok(pending::Step::Add {
        kind,
        label: text(label)?,
        offline,
    })
}

/// A step that says everything by its kind.
fn empty(body: &[u8], step: pending::Step) -> Result<pending::Step, Error> {
    let [] = fixed(body)?;
    Ok(step)
}

fn curve(code: u8) -> Result<CurveId, Error> {
    CurveId::from_code(code).ok_or(Error::UnsupportedCurve { code })
}

fn text(bytes: &[u8]) -> Result<String, Error> {
    String::from_utf8(bytes.to_vec()).map_err(|_| STEPS)
}

fn fixed<const N: usize>(body: &[u8]) -> Result<[u8; N], Error> {
    body.try_into().map_err(|_| STEPS)
}

const STEPS: Error = Error::Refused { rule: Rule::Steps };
