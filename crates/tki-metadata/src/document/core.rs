//! What the account is: everything in the document but the hashes of the mailboxes.

use alloc::{collections::BTreeSet, vec::Vec};

use tki_math::{AccessStructure, Epoch, Gate, Identifier, Level, Member};
use tki_record::Address;
use tki_seal::{
    curve::CurveId,
    transcript::{Tag, Transcript},
};

use super::{history::HistoryEntry, key::Key};
use crate::{
    account::{AccountId, OperationId},
    error::{Error, Rule},
    extensions::Extensions,
    holder::Holder,
    limits,
    wire::structure,
};

/// One version of an account. Every mailbox of that version holds its [`hash`](Core::hash).
///
/// The fields are public and a value may be incomplete while it is put together; encoding and
/// decoding refuse one that breaks a [`Rule`].
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Core {
    /// The name of the account.
    pub account: AccountId,
    /// Counts the commits, from 0. The document's record has the same version.
    pub version: u64,
    /// The operation that made this version.
    pub operation: OperationId,
    /// The curve of the keys.
    pub curve: CurveId,
    /// Where the key comes from.
    pub origin: Origin,
    /// The verifying key at creation, in the curve's canonical encoding: what the account's claims
    /// are bound by. It stays when the account moves to another key.
    pub first_verifying_key: Vec<u8>,
    /// The key; two while the account moves to a new one, the current one first.
    pub keys: Vec<Key>,
    /// Counts the polynomials: how often the shares were renewed.
    pub epoch: Epoch,
    /// Which holders suffice.
    pub structure: AccessStructure,
    /// The factors, ascending by first identifier.
    pub holders: Vec<Holder>,
    /// The identifier that the next holder, place or gate gets; none is given out twice.
    pub next_identifier: Identifier,
    /// The versions right before this one, oldest first: all, or the last [`limits::HISTORY`].
    pub history: Vec<HistoryEntry>,
    /// What the owner chose for the account.
    pub settings: Extensions,
    /// What later versions add.
    pub extensions: Extensions,
}

/// Where a key comes from.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// Made with the account.
    Created,
    /// It existed before, and others may know it.
    Imported,
}

impl Origin {
    /// The origin with this stored code.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Created),
            2 => Some(Self::Imported),
            _ => None,
        }
    }

    /// Its stored code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Created => 1,
            Self::Imported => 2,
        }
    }
}

impl Core {
    /// Tag of the extension that holds the log of events: [`EventLog`](crate::EventLog).
    pub const EVENTS: u16 = 1;

    /// H(core): the digest of a transcript over every field, in the order of their declaration.
    ///
    /// Two cores that differ in anything differ in it, whatever their encoding. Total: a core that
    /// cannot be stored has a hash too.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let structure = structure::Structure::of(&self.structure);
        // Step 4.1: the account, its version, its first key.
        let mut transcript = Transcript::new(Tag::CoreHash)
            .bytes(self.account.as_bytes())
            .u64(self.version)
            .bytes(self.operation.as_bytes())
            .u64(u64::from(self.curve.code()))
            .u64(u64::from(self.origin.code()))
            .bytes(&self.first_verifying_key);
        // Step 4.2: the keys, after their number.
        transcript = transcript.u64(count(&self.keys));
        transcript = self
            .keys
            .iter()
            .fold(transcript, |transcript, key| key.absorb(transcript));
        // Step 4.3: epoch and access structure.
        transcript = transcript
            .u64(self.epoch.get())
            .u64(u64::from(structure.kind))
            .bytes(&structure.body);
        // Step 4.4: the holders, after their number; the next identifier.
        transcript = transcript.u64(count(&self.holders));
        let holders = self.holders.iter();
        transcript = holders.fold(transcript, |transcript, holder| holder.absorb(transcript));
        transcript = transcript.u128(self.next_identifier.get());
        // Step 4.5: the history, after its length.
        transcript = transcript.u64(count(&self.history));
        transcript = self.history.iter().fold(transcript, |transcript, entry| {
            transcript.u64(entry.version).bytes(&entry.hash)
        });
        // Step 4.6: settings and extensions.
        transcript = self.settings.absorb(transcript);
        self.extensions.absorb(transcript).digest()
    }

    /// The holder with this identifier.
    #[must_use]
    pub fn holder(&self, identifier: Identifier) -> Option<&Holder> {
        self.holders
            .iter()
            .find(|holder| holder.identifiers.contains(&identifier))
    }

    /// The holder whose mailbox is here.
    #[must_use]
    pub fn holder_at(&self, mailbox: &Address) -> Option<&Holder> {
        self.holders
            .iter()
            .find(|holder| holder.mailbox == *mailbox)
    }

    /// Every identifier of every holder, in the order of the holders.
    #[must_use]
    pub fn identifiers(&self) -> Vec<Identifier> {
        self.holders
            .iter()
            .flat_map(|holder| holder.identifiers.iter().copied())
            .collect()
    }

    /// What the history says this version's document hashed to; `None` if it is not that old, or
    /// older than the history reaches.
    #[must_use]
    pub fn hash_of_version(&self, version: u64) -> Option<&[u8; 32]> {
        let entry = self.history.iter().find(|entry| entry.version == version)?;
        Some(&entry.hash)
    }

    /// The history for the version after this one, given what this version's document hashes to.
    #[must_use]
    pub fn next_history(&self, hash: [u8; 32]) -> Vec<HistoryEntry> {
        let mut history = self.history.clone();
        history.push(HistoryEntry {
            version: self.version,
            hash,
        });
        let surplus = history.len().saturating_sub(limits::HISTORY);
        history.drain(..surplus);
        history
    }

    /// Every rule that a core keeps.
    pub(crate) fn check(&self) -> Result<(), Error> {
        // It need not be listed: the account may have moved to another key.
        if self.first_verifying_key.len() != self.curve.point_bytes() {
            return Err(Rule::PointLength.into());
        }
        if self.keys.is_empty() || self.keys.len() > limits::KEYS {
            return Err(Rule::KeyCount.into());
        }
        let coefficients = self.structure.coefficient_count();
        for key in &self.keys {
            key.check(self.curve, coefficients)?;
        }
        if let [current, next] = self.keys.as_slice()
            && current.verifying_key == next.verifying_key
        {
            return Err(Rule::KeyTwice.into());
        }
        self.check_holders()?;
        self.check_history()?;
        self.settings.check()?;
        self.extensions.check()
    }

    fn check_holders(&self) -> Result<(), Error> {
        let holders = &self.holders;
        if holders.is_empty() || holders.len() > limits::HOLDERS {
            return Err(Rule::HolderCount.into());
        }
        holders.iter().try_for_each(Holder::check)?;
        let identifiers = self.identifiers();
        if identifiers.len() > limits::IDENTIFIERS {
            return Err(Rule::IdentifierCount.into());
        }
        if identifiers.iter().collect::<BTreeSet<_>>().len() != identifiers.len() {
            return Err(Rule::IdentifierTwice.into());
        }
        if !holders.is_sorted_by_key(Holder::identifier) {
            return Err(Rule::HolderOrder.into());
        }
        let addresses: BTreeSet<_> = holders.iter().map(|holder| holder.mailbox).collect();
        if addresses.len() != holders.len() {
            return Err(Rule::AddressTwice.into());
        }
        if identifiers
            .iter()
            .any(|identifier| *identifier >= self.next_identifier)
        {
            return Err(Rule::NextIdentifier.into());
        }
        self.check_structure(identifiers)
    }

    /// A nested structure names the holders; a plain one any of them.
    fn check_structure(&self, mut identifiers: Vec<Identifier>) -> Result<(), Error> {
        structure::Structure::check(&self.structure)?;
        if let AccessStructure::Gate(gate) = &self.structure {
            let mut named = gate.holders();
            named.sort_unstable();
            identifiers.sort_unstable();
            if named != identifiers {
                return Err(Rule::StructureHolders.into());
            }
            if !gates_are_below(gate, self.next_identifier) {
                return Err(Rule::NextIdentifier.into());
            }
        }
        if !self.structure.is_satisfied_by(&identifiers) {
            return Err(Rule::Structure.into());
        }
        Ok(())
    }

    fn check_history(&self) -> Result<(), Error> {
        let expected = self.version.min(count_limit());
        let first = self.version.saturating_sub(expected);
        let versions = self.history.iter().map(|entry| entry.version);
        if versions.eq(first..self.version) {
            Ok(())
        } else {
            Err(Rule::History.into())
        }
    }
}

/// Whether the identifiers of all inner gates are below the next one that is given out.
fn gates_are_below(gate: &Gate, next: Identifier) -> bool {
    let mut members = gate.levels().iter().flat_map(Level::members);
    members.all(|member| match member {
        Member::Gate(x, inner) => *x < next && gates_are_below(inner, next),
        Member::Holder(_) => true,
    })
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

fn count_limit() -> u64 {
    u64::try_from(limits::HISTORY).unwrap_or(u64::MAX)
}
