//! What a login remembers of its accounts, so that a fresh machine can tell an old state from the
//! newest one.
//!
//! An entry is the newest header of an account's document record. It is public and proves itself;
//! what an anchor adds is that it moves forward only. The rules are two pure functions, the same in
//! every provider: [`AnchorEntry::reserved`] and [`AnchorEntry::advanced`].
//!
//! Specification: `docs/spec/provider.md`, section 3.

use alloc::boxed::Box;

use async_trait::async_trait;
use tki_record::{Claim, RecordHeader, RecordKind};

use crate::error::Error;

/// What a login remembers of its accounts, one per slot.
///
/// All calls are atomic, durable when they return, and may be repeated: a repeated call changes
/// nothing and succeeds. [`Error::Unavailable`] leaves open whether a change happened. Besides the
/// errors named below, every call may fail as those of
/// [`ServiceProvider`](crate::ServiceProvider) do.
#[async_trait]
pub trait Anchor: Send + Sync {
    /// What is remembered at this slot; `None` is known absence. Never older than what a finished
    /// call has stored.
    ///
    /// # Errors
    /// [`Error::Protocol`] if what is stored does not verify.
    async fn read(&self, slot: u32) -> Result<Option<AnchorEntry>, Error>;

    /// Holds the slot for the account whose document record has this claim, before it is created.
    ///
    /// # Errors
    /// - [`Error::Conflict`] if another claim holds the slot: a confirmed one for ever, an
    ///   unconfirmed one unless `takeover` is [`Takeover::Unconfirmed`].
    /// - [`Error::Denied`] if it is no document's claim or does not verify.
    async fn reserve(&self, slot: u32, claim: &Claim, takeover: Takeover) -> Result<(), Error>;

    /// Moves the slot forward to this header. The first call confirms the reservation.
    ///
    /// # Errors
    /// - [`Error::Conflict`] if the slot is not reserved or for another claim, or if the header does
    ///   not follow the stored one: an older version, another header of the same version, anything
    ///   after a closed one, or hand-overs that do not extend the stored ones.
    /// - [`Error::Denied`] if the header does not verify.
    async fn advance(&self, slot: u32, header: &RecordHeader) -> Result<(), Error>;
}

/// What becomes of a slot that is reserved for another account and not confirmed.
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Takeover {
    /// It stays.
    Refuse,
    /// It is given up: its account was never created.
    Unconfirmed,
}

/// What an anchor remembers at one slot.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AnchorEntry {
    /// The claim of the account's document record.
    pub claim: Claim,
    /// The newest header seen, with this claim; `None` while the slot is only reserved.
    pub header: Option<RecordHeader>,
}

impl AnchorEntry {
    /// An entry as found somewhere; nothing is verified.
    ///
    /// # Errors
    /// [`Error::Protocol`] if the header has another claim.
    pub fn from_parts(claim: Claim, header: Option<RecordHeader>) -> Result<Self, Error> {
        if header
            .as_ref()
            .is_some_and(|header| *header.claim() != claim)
        {
            return Err(Error::Protocol);
        }
        Ok(Self { claim, header })
    }

    /// What a slot holds after [`Anchor::reserve`].
    ///
    /// # Errors
    /// As there.
    pub fn reserved(
        current: Option<&Self>,
        claim: &Claim,
        takeover: Takeover,
    ) -> Result<Self, Error> {
        // Step 3.1: a document's claim, truly signed.
        if claim.kind() != RecordKind::Document || claim.verify().is_err() {
            return Err(Error::Denied);
        }
        match current {
            // Step 3.2: the same claim changes nothing.
            Some(entry) if entry.claim == *claim => Ok(entry.clone()),
            // Step 3.3: another claim stays if it is confirmed, and otherwise if the caller says so.
            Some(entry) if entry.header.is_some() || takeover == Takeover::Refuse => {
                Err(Error::Conflict)
            }
            // Step 3.4: the slot is free, or given up.
            Some(_) | None => Ok(Self {
                claim: claim.clone(),
                header: None,
            }),
        }
    }

    /// What a slot holds after [`Anchor::advance`].
    ///
    /// # Errors
    /// As there.
    pub fn advanced(current: Option<&Self>, header: &RecordHeader) -> Result<Self, Error> {
        // Step 3.5: the header proves itself.
        header.verify().map_err(|_| Error::Denied)?;
        // Step 3.6: the slot is held for this claim.
        let entry = current
            .filter(|entry| entry.claim == *header.claim())
            .ok_or(Error::Conflict)?;
        // Step 3.7: it follows what is stored, or is the same.
        if entry
            .header
            .as_ref()
            .is_some_and(|stored| !header.follows(stored))
        {
            return Err(Error::Conflict);
        }
        Ok(Self {
            claim: entry.claim.clone(),
            header: Some(header.clone()),
        })
    }

    /// Checks claim and header by themselves: for entries that were stored or sent.
    ///
    /// # Errors
    /// [`Error::Protocol`] if a signature is wrong or the claim is no document's.
    pub fn verify(&self) -> Result<(), Error> {
        let good = self.claim.kind() == RecordKind::Document
            && match &self.header {
                Some(header) => *header.claim() == self.claim && header.verify().is_ok(),
                None => self.claim.verify().is_ok(),
            };
        if good { Ok(()) } else { Err(Error::Protocol) }
    }
}
