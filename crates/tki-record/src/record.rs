//! The record: a header and the bytes that it vouches for.

use alloc::vec::Vec;

use tki_seal::bip340::{PublicKey, SigningKey};
use tki_seal::transcript::{Tag, Transcript};

use crate::address::Address;
use crate::claim::Claim;
use crate::hand_over::HandOver;
use crate::header::RecordHeader;
use crate::rejection::Rule;
use crate::shape::{MAX_BODY, ShapeError};

/// One version of one record: opaque bytes with the proof of who wrote them.
///
/// Building a record signs it with whatever key is given: whether that key may write is decided by
/// [`check`](crate::check), in storage.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    header: RecordHeader,
    /// Invariants: at most [`MAX_BODY`] bytes; its hash is the header's.
    body: Vec<u8>,
}

impl Record {
    /// Version 0, to be written by the claim's first writer.
    ///
    /// # Errors
    /// [`ShapeError::BodyTooLarge`].
    pub fn first(claim: Claim, body: Vec<u8>, writer: &SigningKey) -> Result<Self, ShapeError> {
        Self::sign(claim, 0, Finality::Open, body, Vec::new(), writer)
    }

    /// Version 0 by a writer that names the writer of version 1 at once.
    ///
    /// # Errors
    /// [`ShapeError::BodyTooLarge`].
    pub fn first_handing_over(
        claim: Claim,
        body: Vec<u8>,
        writer: &SigningKey,
        next: PublicKey,
    ) -> Result<Self, ShapeError> {
        let hand_over = HandOver::sign(&claim.address(), 0, next, writer);
        Self::sign(
            claim,
            0,
            Finality::Open,
            body,
            Vec::from([hand_over]),
            writer,
        )
    }

    /// The version after this one; with `hand_over_to`, the last that this writer writes.
    ///
    /// # Errors
    /// [`ShapeError::BodyTooLarge`], [`ShapeError::TooManyHandOvers`],
    /// [`ShapeError::VersionExhausted`].
    pub fn next(
        &self,
        body: Vec<u8>,
        writer: &SigningKey,
        hand_over_to: Option<PublicKey>,
    ) -> Result<Self, ShapeError> {
        let version = self.following_version()?;
        let mut hand_overs = self.header.hand_overs().to_vec();
        if let Some(next) = hand_over_to {
            hand_overs.push(HandOver::sign(&self.address(), version, next, writer));
        }
        Self::sign(
            self.claim().clone(),
            version,
            Finality::Open,
            body,
            hand_overs,
            writer,
        )
    }

    /// The last version for ever; its body is a notice to the record's owner. It names no next
    /// writer, since there is nothing left to write.
    ///
    /// # Errors
    /// [`ShapeError::BodyTooLarge`], [`ShapeError::VersionExhausted`].
    pub fn close(&self, notice: Vec<u8>, writer: &SigningKey) -> Result<Self, ShapeError> {
        let version = self.following_version()?;
        let hand_overs = self.header.hand_overs().to_vec();
        Self::sign(
            self.claim().clone(),
            version,
            Finality::Closed,
            notice,
            hand_overs,
            writer,
        )
    }

    /// Puts a record together from a header and its body; no signature is verified.
    ///
    /// # Errors
    /// [`ShapeError::BodyTooLarge`], or [`ShapeError::BodyHash`] if the header vouches for another
    /// body.
    pub fn from_parts(header: RecordHeader, body: Vec<u8>) -> Result<Self, ShapeError> {
        if body.len() > MAX_BODY {
            return Err(ShapeError::BodyTooLarge);
        }
        if body_hash(&body) != *header.body_hash() {
            return Err(ShapeError::BodyHash);
        }
        Ok(Self { header, body })
    }

    fn sign(
        claim: Claim,
        version: u64,
        finality: Finality,
        body: Vec<u8>,
        hand_overs: Vec<HandOver>,
        writer: &SigningKey,
    ) -> Result<Self, ShapeError> {
        if body.len() > MAX_BODY {
            return Err(ShapeError::BodyTooLarge);
        }
        let closed = finality == Finality::Closed;
        let hash = body_hash(&body);
        let header = RecordHeader::sign(claim, version, closed, hash, hand_overs, writer)?;
        Ok(Self { header, body })
    }

    fn following_version(&self) -> Result<u64, ShapeError> {
        self.version()
            .checked_add(1)
            .ok_or(ShapeError::VersionExhausted)
    }

    /// Checks the record by itself, as a copied or restored store would: see
    /// [`RecordHeader::verify`].
    ///
    /// # Errors
    /// The first broken [`Rule`].
    pub fn verify(&self) -> Result<(), Rule> {
        self.header.verify()
    }

    /// Everything but the body.
    #[must_use]
    pub const fn header(&self) -> &RecordHeader {
        &self.header
    }

    /// The opaque content.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Takes the record apart.
    #[must_use]
    pub fn into_parts(self) -> (RecordHeader, Vec<u8>) {
        (self.header, self.body)
    }

    /// Where the record lives.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.header.address()
    }

    /// Who created the record and for which account.
    #[must_use]
    pub const fn claim(&self) -> &Claim {
        self.header.claim()
    }

    /// Counts the changes of this record, from 0.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.header.version()
    }

    /// Whether this version is the last for ever.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.header.is_closed()
    }

    /// `H(RecordBody, body)`.
    #[must_use]
    pub const fn body_hash(&self) -> &[u8; 32] {
        self.header.body_hash()
    }

    /// Who writes this version; see [`RecordHeader::writer`].
    #[must_use]
    pub fn writer(&self) -> &PublicKey {
        self.header.writer()
    }

    /// Whom this version names as the next writer; see [`RecordHeader::next_writer`].
    #[must_use]
    pub fn next_writer(&self) -> Option<&PublicKey> {
        self.header.next_writer()
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Finality {
    Closed,
    Open,
}

fn body_hash(body: &[u8]) -> [u8; 32] {
    // Step 4: the body hash is H("record body", body).
    Transcript::new(Tag::RecordBody).bytes(body).digest()
}
