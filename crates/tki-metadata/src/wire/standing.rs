//! What a device remembers of how its account stands, as stored.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use tki_record::Address;
use tki_seal::bip340::PublicKey;

use super::{extensions::Extensions, identifier};
use crate::{codec::Stored, error::Error, limits, package::standing};

#[derive(Deserialize, Serialize)]
pub(crate) struct Standing {
    factors: Vec<Factor>,
    writers: Vec<Writer>,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
struct Factor {
    identifier: u128,
    used: Option<u64>,
    drilled: Option<u64>,
    lost: Option<u64>,
}

#[derive(Deserialize, Serialize)]
struct Writer {
    address: [u8; 32],
    version: u64,
    next: [u8; 32],
}

impl Stored for Standing {
    const LIMIT: usize = limits::STANDING_BYTES;
}

impl From<&standing::Standing> for Standing {
    fn from(standing: &standing::Standing) -> Self {
        let factors = standing.factors.iter().map(|factor| Factor {
            identifier: factor.identifier.get(),
            used: factor.used,
            drilled: factor.drilled,
            lost: factor.lost,
        });
        let writers = standing.writers.iter().map(|writer| Writer {
            address: *writer.address.as_bytes(),
            version: writer.version,
            next: writer.next.to_bytes(),
        });
        Self {
            factors: factors.collect(),
            writers: writers.collect(),
            extensions: Extensions::from(&standing.extensions),
        }
    }
}

impl TryFrom<Standing> for standing::Standing {
    type Error = Error;

    fn try_from(wire: Standing) -> Result<Self, Error> {
        let factors = wire.factors.into_iter().map(|factor| {
            Ok(standing::FactorStanding {
                identifier: identifier(factor.identifier)?,
                used: factor.used,
                drilled: factor.drilled,
                lost: factor.lost,
            })
        });
        let writers = wire
            .writers
            .into_iter()
            .map(|writer| standing::KnownWriter {
                address: Address::from_bytes(writer.address),
                version: writer.version,
                next: PublicKey::from_bytes(writer.next),
            });
        Ok(Self {
            factors: factors.collect::<Result<_, Error>>()?,
            writers: writers.collect(),
            extensions: wire.extensions.try_into()?,
        })
    }
}
