//! The stored receipt.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};
use tki_seal::curve::CurveId;

use super::structure::{read_arrangement, write_arrangement};
use super::{
    event::{Change, Event, Name, changes, names},
    extensions::Extensions,
};
use crate::{account::AccountId, codec::Stored, error::Error, limits, receipt};

#[derive(Deserialize, Serialize)]
pub(crate) struct SignedReceipt {
    account: [u8; 32],
    curve: u8,
    verifying_key: Vec<u8>,
    event: Event,
    facts: Facts,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
struct Facts {
    changes: Vec<Change>,
    scalar_only: bool,
    can_lose: u32,
    keeps_history: u8,
    #[serde(deserialize_with = "super::text::read")]
    retention: String,
    residuals: Vec<Statement>,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
struct Statement {
    kind: u16,
    about: Vec<Name>,
    others: Vec<Name>,
    numbers: Vec<u32>,
}

/// The value of the facts' extension 1.
#[derive(Deserialize, Serialize)]
pub(crate) struct WhoSuffices {
    holders: Vec<Name>,
    arrangement: Vec<u8>,
}

impl Stored for WhoSuffices {
    const LIMIT: usize = limits::WHO_SUFFICES_BYTES;
}

impl From<&receipt::WhoSuffices> for WhoSuffices {
    fn from(who: &receipt::WhoSuffices) -> Self {
        Self {
            holders: who.holders.iter().map(Name::from).collect(),
            arrangement: write_arrangement(&who.arrangement),
        }
    }
}

impl TryFrom<WhoSuffices> for receipt::WhoSuffices {
    type Error = Error;

    fn try_from(wire: WhoSuffices) -> Result<Self, Error> {
        Ok(Self {
            holders: names(wire.holders)?,
            arrangement: read_arrangement(&wire.arrangement)?,
        })
    }
}

impl Stored for SignedReceipt {
    const LIMIT: usize = limits::RECEIPT_BYTES;
}

impl From<&receipt::SignedReceipt> for SignedReceipt {
    fn from(receipt: &receipt::SignedReceipt) -> Self {
        Self {
            account: *receipt.account.as_bytes(),
            curve: receipt.curve.code(),
            verifying_key: receipt.verifying_key.clone(),
            event: Event::from(&receipt.event),
            facts: Facts::from(&receipt.facts),
            extensions: Extensions::from(&receipt.extensions),
        }
    }
}

impl TryFrom<SignedReceipt> for receipt::SignedReceipt {
    type Error = Error;

    fn try_from(wire: SignedReceipt) -> Result<Self, Error> {
        let curve = CurveId::from_code(wire.curve);
        Ok(Self {
            account: AccountId::from_bytes(wire.account),
            curve: curve.ok_or(Error::UnsupportedCurve { code: wire.curve })?,
            verifying_key: wire.verifying_key,
            event: wire.event.try_into()?,
            facts: wire.facts.try_into()?,
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&receipt::ReceiptFacts> for Facts {
    fn from(facts: &receipt::ReceiptFacts) -> Self {
        Self {
            changes: facts.changes.iter().map(Change::from).collect(),
            scalar_only: facts.scalar_only,
            can_lose: facts.can_lose,
            keeps_history: facts.keeps_history,
            retention: facts.retention.clone(),
            residuals: facts.residuals.iter().map(Statement::from).collect(),
            extensions: Extensions::from(&facts.extensions),
        }
    }
}

impl TryFrom<Facts> for receipt::ReceiptFacts {
    type Error = Error;

    fn try_from(wire: Facts) -> Result<Self, Error> {
        let residuals = wire.residuals.into_iter().map(TryInto::try_into);
        Ok(Self {
            changes: changes(wire.changes)?,
            scalar_only: wire.scalar_only,
            can_lose: wire.can_lose,
            keeps_history: wire.keeps_history,
            retention: wire.retention,
            residuals: residuals.collect::<Result<_, Error>>()?,
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&receipt::Statement> for Statement {
    fn from(statement: &receipt::Statement) -> Self {
        Self {
            kind: statement.kind,
            about: statement.about.iter().map(Name::from).collect(),
            others: statement.others.iter().map(Name::from).collect(),
            numbers: statement.numbers.clone(),
        }
    }
}

impl TryFrom<Statement> for receipt::Statement {
    type Error = Error;

    fn try_from(wire: Statement) -> Result<Self, Error> {
        Ok(Self {
            kind: wire.kind,
            about: names(wire.about)?,
            others: names(wire.others)?,
            numbers: wire.numbers,
        })
    }
}
