//! What a device remembers of how its account stands: when each factor was last proven, and who
//! writes the records that it has seen opened.
//!
//! It is of this device alone, and no part of the account: another device has other dates.
//!
//! Specification: `docs/spec/metadata.md`, section 5.

use alloc::vec::Vec;

use tki_math::Identifier;
use tki_record::Address;
use tki_seal::bip340::PublicKey;

use crate::{
    codec,
    error::{Error, Rule},
    extensions::Extensions,
    limits, wire,
};

/// The value of the extension [`Membership::STANDING`](crate::Membership::STANDING).
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Standing {
    /// One for each holder of which there is something to remember, ascending by identifier.
    pub factors: Vec<FactorStanding>,
    /// One for each record, ascending by address.
    pub writers: Vec<KnownWriter>,
    /// What later versions add.
    pub extensions: Extensions,
}

/// When a factor was last proven, in seconds since 1970 by this device's clock.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FactorStanding {
    /// The holder's first identifier.
    pub identifier: Identifier,
    /// When the account was last opened with it, give or take a week.
    pub used: Option<u64>,
    /// When a drill last proved it.
    pub drilled: Option<u64>,
    /// Since when its owner says that it is lost.
    pub lost: Option<u64>,
}

/// Who writes the version after one that the key proved to be of the account.
#[expect(clippy::exhaustive_structs, reason = "the format fixes all three")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KnownWriter {
    /// Where the record is.
    pub address: Address,
    /// The version of the record that was proven.
    pub version: u64,
    /// Who writes the next one: w(addr).
    pub next: PublicKey,
}

impl FactorStanding {
    /// Nothing is known of this holder.
    #[must_use]
    pub const fn new(identifier: Identifier) -> Self {
        Self {
            identifier,
            used: None,
            drilled: None,
            lost: None,
        }
    }

    /// When it was last proven in either way.
    #[must_use]
    pub fn proven(&self) -> Option<u64> {
        self.used.max(self.drilled)
    }
}

impl Standing {
    /// What is remembered of a holder.
    #[must_use]
    pub fn of(&self, identifier: Identifier) -> FactorStanding {
        let mut factors = self.factors.iter();
        let found = factors.find(|factor| factor.identifier == identifier);
        found
            .copied()
            .unwrap_or_else(|| FactorStanding::new(identifier))
    }

    /// Remembers this of a holder, in the place of what was remembered before.
    pub fn set(&mut self, factor: FactorStanding) {
        self.factors
            .retain(|other| other.identifier != factor.identifier);
        self.factors.push(factor);
        self.factors.sort_by_key(|factor| factor.identifier);
    }

    /// The writer that is known for a record, if one is.
    #[must_use]
    pub fn writer(&self, address: &Address) -> Option<&KnownWriter> {
        self.writers
            .iter()
            .find(|writer| writer.address == *address)
    }

    /// The stored form: the value of the extension.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        Ok(codec::encode(&wire::standing::Standing::from(self))?.to_vec())
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// `Unsupported…` and `CriticalExtension` for what a newer version wrote, `Malformed` for what
    /// is no encoding, `Refused` with the rule that the content breaks.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let standing = Self::try_from(codec::decode::<wire::standing::Standing>(bytes)?)?;
        standing.check()?;
        Ok(standing)
    }

    fn check(&self) -> Result<(), Error> {
        let factors = &self.factors;
        let factors_ascend = factors.is_sorted_by(|a, b| a.identifier < b.identifier);
        if !factors_ascend || factors.len() > limits::HOLDERS {
            return Err(Rule::StandingOrder.into());
        }
        let writers_ascend = self.writers.is_sorted_by(|a, b| a.address < b.address);
        if !writers_ascend || self.writers.len() > limits::KNOWN_WRITERS {
            return Err(Rule::StandingOrder.into());
        }
        self.extensions.check()
    }
}
