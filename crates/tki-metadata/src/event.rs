//! Events: who changed what and when, each signed with the account's key.
//!
//! ```text
//! E    = Y + h·G,  h = HKDF*(H(event key; curve, Y), –, T(event key))
//! hash = H(event hash; every field of the event but its signatures)
//! sig  = signature under E of T(event; account id, curve, Y, hash)
//! ```
//!
//! | letter | name | who knows it |
//! |---|---|---|
//! | Y = s·G | verifying key | public |
//! | h | what moves Y to E | public |
//! | e = s + h | event key | nobody; put together for one signature, as s is |
//! | E = e·G | its public image | whoever has Y computes it |
//!
//! Whoever can make a signature under E knows s, since h is public; and no signature under Y, on
//! whatever bytes or digest somebody got signed, is one under E.
//!
//! Specification: `docs/spec/history.md`.

#![expect(non_snake_case, reason = "the letters of the formulas")]

use alloc::vec::Vec;

use tki_math::{Epoch, SecretScalar, VerifyingKey};
use tki_seal::{
    curve::{CurveId, SealCurve},
    kdf, on_curve,
    signature::{self, Input, Scheme},
    transcript::{Tag, Transcript},
};

use crate::{
    account::{AccountId, OperationId},
    error::{Error, Rule},
    extensions::Extensions,
    limits,
};

pub(crate) mod happened;
pub(crate) mod log;
pub(crate) mod name;

use happened::Happened;
use name::HolderName;

/// One change of an account, as the account's log tells it.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// How many events there were before it.
    pub number: u64,
    /// The version that the change made.
    pub version: u64,
    /// The generation of shares after it.
    pub epoch: Epoch,
    /// When, in seconds since 1970 by the clock of whoever made it.
    pub time: u64,
    /// The operation that made the version.
    pub operation: OperationId,
    /// [`Event::hash`] of the event before; zero for the first.
    pub previous: [u8; 32],
    /// The factors that were at hand: at most [`limits::EVENT_ENTRIES`].
    pub by: Vec<HolderName>,
    /// How many more were at hand.
    pub by_others: u32,
    /// What changed: at most [`limits::EVENT_ENTRIES`].
    pub changes: Vec<Happened>,
    /// The digest of what the receipt says: [`ReceiptFacts::digest`](crate::ReceiptFacts::digest).
    pub receipt: [u8; 32],
    /// By the key that the account had before the change; at creation by the one that it got.
    pub signature: EventSignature,
    /// By the key that it has since, where the change is [`Happened::Rotated`].
    pub countersignature: Option<EventSignature>,
    /// What later versions add.
    pub extensions: Extensions,
}

/// A signature of an event: 64 bytes as [`signature::sign`] makes them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EventSignature(pub(crate) [u8; 64]);

impl EventSignature {
    /// The signature with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 64] {
        self.0
    }
}

/// The scheme in which the events of an account are signed.
#[must_use]
pub const fn event_scheme(curve: CurveId) -> Scheme {
    match curve {
        CurveId::Ed25519 => Scheme::Ed25519,
        CurveId::P256 => Scheme::EcdsaP256Sha256,
        CurveId::Secp256k1 => Scheme::Bip340,
    }
}

/// e = s + h: signs events and nothing else.
///
/// # Security
/// As secret as s, which follows from it.
#[must_use]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "modulo the order of the group"
)]
pub fn event_key<C: SealCurve>(secret: &SecretScalar<C>, verifying_key: &[u8]) -> SecretScalar<C> {
    // Step 2.2: e = s + h.
    let h = offset::<C>(verifying_key);
    SecretScalar::new(*secret.expose_secret() + h.expose_secret())
}

/// E = Y + h·G; `None` if Y is no point, or E none that can be a key.
#[must_use]
#[expect(clippy::arithmetic_side_effects, reason = "points of a group")]
pub fn event_verifying_key(curve: CurveId, verifying_key: &[u8]) -> Option<Vec<u8>> {
    on_curve!(curve, C => {
        let Y = VerifyingKey::<C>::from_bytes(verifying_key).ok()?;
        // Step 2.3: E = Y + h·G.
        let E = *Y.as_point() + offset::<C>(verifying_key).public_point();
        Some(VerifyingKey::<C>::from_point(E).ok()?.to_bytes())
    })
}

/// h = HKDF*(H(event key; curve, Y), –, T(event key)).
fn offset<C: SealCurve>(verifying_key: &[u8]) -> SecretScalar<C> {
    // Step 2.1: h = HKDF*(H(event key; curve, Y), –, T(event key)).
    let input = Transcript::new(Tag::EventKey)
        .u64(u64::from(C::ID.code()))
        .bytes(verifying_key)
        .digest();
    kdf::derive_scalar(&input, &[], Transcript::new(Tag::EventKey))
}

impl Event {
    /// H(event hash; …): what the next event names, and what is signed.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        // Step 3.1: number, version, epoch, time, operation, the event before.
        let transcript = Transcript::new(Tag::EventHash)
            .u64(self.number)
            .u64(self.version)
            .u64(self.epoch.get())
            .u64(self.time)
            .bytes(self.operation.as_bytes())
            .bytes(&self.previous);
        // Step 3.2: who was at hand, after their number; how many more.
        let transcript = name::absorb(&self.by, transcript).u64(u64::from(self.by_others));
        // Step 3.3: what changed, after its number; the receipt; extensions.
        let transcript = happened::absorb(&self.changes, transcript).bytes(&self.receipt);
        self.extensions.absorb(transcript).digest()
    }

    /// T(event; account id, curve, Y, hash): the message that is signed for a key of the account.
    #[must_use]
    pub fn message(&self, account: &AccountId, curve: CurveId, verifying_key: &[u8]) -> Vec<u8> {
        // Step 3.4: T(event; account id, curve, Y, hash).
        Transcript::new(Tag::Event)
            .bytes(account.as_bytes())
            .u64(u64::from(curve.code()))
            .bytes(verifying_key)
            .bytes(&self.hash())
            .into_bytes()
            .to_vec()
    }

    /// The old key and the new one, if the account moved to another with this event.
    #[must_use]
    pub fn rotation(&self) -> Option<(&[u8], &[u8])> {
        self.changes.iter().find_map(|change| {
            if let Happened::Rotated { before, after } = change {
                Some((before.as_slice(), after.as_slice()))
            } else {
                None
            }
        })
    }

    /// As much of `changes` as [`Event::changes`] has room for.
    #[must_use]
    pub fn shortened(changes: &[Happened]) -> Vec<Happened> {
        happened::shortened(changes)
    }

    /// Verifies the event as one of this account, given the key that it has after it. Gives the key
    /// that it had when the event was signed, which is another if the event is a rotation.
    ///
    /// # Errors
    /// [`EventError::Key`] if a rotation names another new key, [`EventError::Signature`] if a
    /// signature is missing, superfluous or wrong.
    ///
    /// # Security
    /// Variable time: everything here is public. What is proven is that somebody who could use the
    /// key said so; who was at hand is what he said.
    pub fn verify<'k>(
        &'k self,
        account: &AccountId,
        curve: CurveId,
        verifying_key: &'k [u8],
    ) -> Result<&'k [u8], EventError> {
        // Step 4.1: a rotation is signed by the old key and by the new one.
        match (self.rotation(), self.countersignature) {
            (None, None) => {
                self.check(account, curve, verifying_key, self.signature)?;
                Ok(verifying_key)
            }
            (Some((before, after)), Some(countersignature)) => {
                if after != verifying_key {
                    return Err(EventError::Key);
                }
                self.check(account, curve, before, self.signature)?;
                self.check(account, curve, after, countersignature)?;
                Ok(before)
            }
            (None, Some(_)) | (Some(_), None) => Err(EventError::Signature),
        }
    }

    /// Verifies one signature.
    fn check(
        &self,
        account: &AccountId,
        curve: CurveId,
        verifying_key: &[u8],
        signature: EventSignature,
    ) -> Result<(), EventError> {
        let key = event_verifying_key(curve, verifying_key).ok_or(EventError::Signature)?;
        let message = self.message(account, curve, verifying_key);
        let input = Input::Message(&message);
        // Step 4.2: the signature counts under E.
        signature::verify(event_scheme(curve), &key, input, &signature.0)
            .map_err(|_| EventError::Signature)
    }

    /// Lists are not too long, names are names, numbers and hashes of a first event fit.
    pub(crate) fn check_form(&self) -> Result<(), Error> {
        if self.by.len() > limits::EVENT_ENTRIES || self.changes.len() > limits::EVENT_ENTRIES {
            return Err(Rule::Event.into());
        }
        if (self.number == 0) != (self.previous == [0; 32]) {
            return Err(Rule::Event.into());
        }
        if !self.changes.iter().all(Happened::fits_an_event) {
            return Err(Rule::Event.into());
        }
        self.by.iter().try_for_each(HolderName::check)?;
        self.changes.iter().try_for_each(Happened::check)?;
        self.extensions.check()
    }
}

/// Why an event, or a log of them, is not believed.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EventError {
    /// Something is missing between two events, or one does not follow on the other.
    #[error("an event does not follow on the one before it")]
    Chain,
    /// A rotation leads to another key than the one in force after it.
    #[error("an event moves the account to another key than it has")]
    Key,
    /// A receipt is not the one that its event names.
    #[error("what the receipt says is not what was signed")]
    Receipt,
    /// A signature is wrong, or is not there.
    #[error("an event was not signed with the account's key")]
    Signature,
    /// The newest event is of a version, or an operation, that the account does not have.
    #[error("the newest event is not of this account's versions")]
    Version,
}
