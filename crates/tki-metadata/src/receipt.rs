//! Receipts: what a change did and what others can still do, signed with the account's key.
//!
//! Specification: `docs/spec/history.md`, section 5.

use alloc::{string::String, vec::Vec};

use tki_seal::{
    curve::CurveId,
    transcript::{Tag, Transcript},
};

mod who_suffices;

pub use who_suffices::WhoSuffices;

use crate::{
    account::AccountId,
    codec,
    error::{Error, Rule},
    event::{
        Event, EventError,
        happened::{self, Happened},
        name::{self, HolderName},
    },
    extensions::Extensions,
    limits, wire,
};

/// What the receipt of a change says, apart from any words for it.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceiptFacts {
    /// What changed, all of it.
    pub changes: Vec<Happened>,
    /// Whether the key is known as a scalar only: no other program reads what an export gives.
    pub scalar_only: bool,
    /// How many factors can be lost without losing the account.
    pub can_lose: u32,
    /// What the storage keeps of what was overwritten: the code of a `tki_storage::KeepsHistory`.
    pub keeps_history: u8,
    /// The same in the storage's words: at most [`limits::RETENTION_BYTES`] bytes.
    pub retention: String,
    /// Who can still do what.
    pub residuals: Vec<Statement>,
    /// What later versions add.
    pub extensions: Extensions,
}

/// What somebody can still do: a kind, and whom and how many it is about. Only the kind explains
/// them; `docs/spec/history.md` lists the kinds.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statement {
    /// Which statement it is.
    pub kind: u16,
    /// Those whom it is about.
    pub about: Vec<HolderName>,
    /// Those beside them.
    pub others: Vec<HolderName>,
    /// How many.
    pub numbers: Vec<u32>,
}

impl ReceiptFacts {
    /// Tag of the extension that says who holds the account after the change, and who of them suffices.
    pub const WHO_SUFFICES: u16 = 1;

    /// Tag of the extension without a value that is there where more factors may be lost than
    /// `can_lose` says.
    pub const AT_LEAST: u16 = 2;

    /// Who holds the account after the change, and who of them suffices; `None` where that is not said,
    /// or not in a way that this version knows.
    #[must_use]
    pub fn who_suffices(&self) -> Option<WhoSuffices> {
        let stored = self.extensions.get(Self::WHO_SUFFICES)?;
        let stored = codec::decode::<wire::receipt::WhoSuffices>(stored).ok()?;
        let read = WhoSuffices::try_from(stored).ok()?;
        let are_names = read.holders.iter().all(|name| name.check().is_ok());
        are_names.then_some(read)
    }

    /// Says it. What is too large to be stored is left out.
    pub fn set_who_suffices(&mut self, who: &WhoSuffices) {
        if let Ok(stored) = codec::encode(&wire::receipt::WhoSuffices::from(who)) {
            self.extensions.insert(Self::WHO_SUFFICES, stored.to_vec());
        }
    }

    /// Whether one more than `can_lose` cannot be lost; otherwise that was not found out.
    #[must_use]
    pub fn can_lose_is_exact(&self) -> bool {
        self.extensions.get(Self::AT_LEAST).is_none()
    }

    /// Says that more may be lost than `can_lose`.
    pub fn set_at_least(&mut self) {
        self.extensions.insert(Self::AT_LEAST, Vec::new());
    }

    /// H(receipt; …): what the event of the change names.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        // Step 5.1: what changed, after its number.
        let transcript = happened::absorb(&self.changes, Transcript::new(Tag::Receipt));
        // Step 5.2: scalar only, how many can be lost, what the storage keeps.
        let transcript = transcript
            .flag(self.scalar_only)
            .u64(u64::from(self.can_lose))
            .u64(u64::from(self.keeps_history))
            .bytes(self.retention.as_bytes());
        // Step 5.3: who can still do what, after its number; extensions.
        let transcript = transcript.u64(u64::try_from(self.residuals.len()).unwrap_or(u64::MAX));
        let residuals = self.residuals.iter();
        let transcript = residuals.fold(transcript, |transcript, residual| {
            residual.absorb(transcript)
        });
        self.extensions.absorb(transcript).digest()
    }

    fn check(&self) -> Result<(), Error> {
        if self.retention.len() > limits::RETENTION_BYTES
            || self.retention.chars().any(char::is_control)
        {
            return Err(Rule::Receipt.into());
        }
        self.changes.iter().try_for_each(Happened::check)?;
        for residual in &self.residuals {
            residual.about.iter().try_for_each(HolderName::check)?;
            residual.others.iter().try_for_each(HolderName::check)?;
        }
        self.extensions.check()
    }
}

impl Statement {
    /// Kind, those whom it is about and those beside them, the numbers.
    fn absorb(&self, transcript: Transcript) -> Transcript {
        let transcript = transcript.u64(u64::from(self.kind));
        let transcript = name::absorb(&self.about, transcript);
        let transcript = name::absorb(&self.others, transcript);
        let numbers = self.numbers.iter().map(|number| number.to_le_bytes());
        transcript.list(numbers)
    }
}

/// A receipt that stands by itself: what it says, and the event that the account's key signed for
/// it. It is verified with nothing but the account's verifying key.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedReceipt {
    /// The account.
    pub account: AccountId,
    /// The curve of its keys.
    pub curve: CurveId,
    /// The key that it has after the change, in the curve's canonical encoding.
    pub verifying_key: Vec<u8>,
    /// The event of the change.
    pub event: Event,
    /// What the receipt says.
    pub facts: ReceiptFacts,
    /// What later versions add.
    pub extensions: Extensions,
}

impl SignedReceipt {
    /// The stored form.
    ///
    /// # Errors
    /// The rule that the receipt breaks.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        Ok(codec::encode(&wire::receipt::SignedReceipt::from(self))?.to_vec())
    }

    /// Reads the stored form. Nothing is verified.
    ///
    /// # Errors
    /// `Unsupported…` and `CriticalExtension` for what a newer version wrote, `Malformed` for what
    /// is no encoding, `TooLarge`, `Refused` with the rule that the content breaks.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let receipt = Self::try_from(codec::decode::<wire::receipt::SignedReceipt>(bytes)?)?;
        receipt.check()?;
        Ok(receipt)
    }

    /// Verifies that what the receipt says was signed with the key that it names. Whether that is
    /// the key of the account that is meant, the caller compares.
    ///
    /// # Errors
    /// [`EventError::Receipt`] if it says something else than its event, and those of
    /// [`Event::verify`].
    pub fn verify(&self) -> Result<(), EventError> {
        // Step 5.4: the event names these facts, and begins with what they say changed.
        if self.facts.digest() != self.event.receipt {
            return Err(EventError::Receipt);
        }
        if happened::shortened(&self.facts.changes) != self.event.changes {
            return Err(EventError::Receipt);
        }
        self.event
            .verify(&self.account, self.curve, &self.verifying_key)?;
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        if self.verifying_key.len() != self.curve.point_bytes() {
            return Err(Rule::PointLength.into());
        }
        self.event.check_form()?;
        self.facts.check()?;
        self.extensions.check()
    }
}
