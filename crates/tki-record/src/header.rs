//! Everything of a record but its body: enough to prove which body is the right one.

use alloc::vec::Vec;

use tki_seal::bip340::{self, PublicKey, Signature, SigningKey, Statement};
use tki_seal::transcript::{Tag, Transcript};

use crate::address::Address;
use crate::claim::Claim;
use crate::hand_over::HandOver;
use crate::rejection::Rule;
use crate::shape::{MAX_HAND_OVERS, ShapeError};

/// A record without its body: claim, version, hash of the body, chain of writers, signature.
///
/// [`verify`](Self::verify) needs nothing else, so a header alone proves the newest version of a
/// record to someone who never saw the body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordHeader {
    claim: Claim,
    version: u64,
    closed: bool,
    body_hash: [u8; 32],
    /// Invariants: at most [`MAX_HAND_OVERS`]; versions strictly increase; none is above
    /// `version`.
    hand_overs: Vec<HandOver>,
    signature: Signature,
    /// Always `H(Record, …)` of the rest but the signature; kept because it is asked for often.
    digest: [u8; 32],
}

impl RecordHeader {
    /// Puts a header together from its parts, as an encoding holds them; no signature is verified.
    ///
    /// # Errors
    /// [`ShapeError::TooManyHandOvers`], [`ShapeError::HandOverOrder`].
    pub fn from_parts(
        claim: Claim,
        version: u64,
        closed: bool,
        body_hash: [u8; 32],
        hand_overs: Vec<HandOver>,
        signature: Signature,
    ) -> Result<Self, ShapeError> {
        if hand_overs.len() > MAX_HAND_OVERS {
            return Err(ShapeError::TooManyHandOvers);
        }
        let increasing = hand_overs.is_sorted_by(|one, next| one.version() < next.version());
        let reached = hand_overs
            .last()
            .is_none_or(|last| last.version() <= version);
        if !increasing || !reached {
            return Err(ShapeError::HandOverOrder);
        }
        let digest = digest(&claim, version, closed, &body_hash, &hand_overs);
        Ok(Self {
            claim,
            version,
            closed,
            body_hash,
            hand_overs,
            signature,
            digest,
        })
    }

    /// Signs what [`from_parts`](Self::from_parts) would take.
    pub(crate) fn sign(
        claim: Claim,
        version: u64,
        closed: bool,
        body_hash: [u8; 32],
        hand_overs: Vec<HandOver>,
        writer: &SigningKey,
    ) -> Result<Self, ShapeError> {
        let digest = digest(&claim, version, closed, &body_hash, &hand_overs);
        Self::from_parts(
            claim,
            version,
            closed,
            body_hash,
            hand_overs,
            writer.sign(&digest),
        )
    }

    /// Checks the whole header by itself: the claim against its address, every hand-over against
    /// the writer before it, the signature against the writer of this version.
    ///
    /// # Errors
    /// The first broken [`Rule`]: `ClaimSignature`, `HandOverSignature`, `HandOverWhenClosing` or
    /// `Signature`.
    pub fn verify(&self) -> Result<(), Rule> {
        let all = together(|collect| self.check_signatures(collect));
        // Something is wrong: one by one they tell what.
        all.or_else(|_| self.check_signatures(&mut one_by_one))
    }

    /// Checks several whole headers, for less than one after the other, with an error probability
    /// of 2⁻¹²⁸. It does not say which one is at fault: [`verify`](Self::verify) does.
    ///
    /// # Errors
    /// A broken [`Rule`]; `Signature` for any signature that does not verify.
    pub fn verify_all(headers: &[&Self]) -> Result<(), Rule> {
        together(|collect| {
            headers
                .iter()
                .try_for_each(|header| header.check_signatures(collect))
        })
    }

    fn check_signatures(&self, verify: Verify<'_>) -> Result<(), Rule> {
        verify(self.claim.statement(), Rule::ClaimSignature)?;
        self.check_hand_overs(0, verify)?;
        self.check_signature(verify)
    }

    /// Checks the hand-overs from this position on; those before it are known to be good.
    pub(crate) fn check_hand_overs(&self, known: usize, verify: Verify<'_>) -> Result<(), Rule> {
        let mut writer = match known
            .checked_sub(1)
            .and_then(|last| self.hand_overs.get(last))
        {
            Some(last) => last.next(),
            None => self.claim.first_writer(),
        };
        for hand_over in self.hand_overs.iter().skip(known) {
            // Step 7.5: a hand-over is signed by the writer of its version.
            let statement = hand_over.statement(&self.address(), writer);
            verify(statement, Rule::HandOverSignature)?;
            writer = hand_over.next();
        }
        // Step 7.6: a closed version hands over to nobody.
        if self.closed && self.next_writer().is_some() {
            return Err(Rule::HandOverWhenClosing);
        }
        Ok(())
    }

    /// Checks the writer's signature alone.
    pub(crate) fn check_signature(&self, verify: Verify<'_>) -> Result<(), Rule> {
        // Step 7.7: the record is signed by the writer of its version.
        let statement = Statement {
            key: *self.writer(),
            digest: self.digest(),
            signature: self.signature,
        };
        verify(statement, Rule::Signature)
    }

    /// What the writer signs: `H(Record, claim, version, closed, body hash, hand-overs)`.
    #[must_use]
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Where the record lives.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.claim.address()
    }

    /// Who created the record and for which account.
    #[must_use]
    pub const fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Counts the changes of this record, from 0.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Whether this version is the last for ever.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// `H(RecordBody, body)`.
    #[must_use]
    pub const fn body_hash(&self) -> &[u8; 32] {
        &self.body_hash
    }

    /// Every change of writer so far, oldest first.
    #[must_use]
    pub fn hand_overs(&self) -> &[HandOver] {
        &self.hand_overs
    }

    /// The signature of [`writer`](Self::writer).
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Who writes this version: named by the last hand-over before it, or by the claim.
    #[must_use]
    pub fn writer(&self) -> &PublicKey {
        self.writer_of(self.version)
    }

    /// Who writes a version at most one above this one, going by the hand-overs that are here.
    #[must_use]
    pub fn writer_of(&self, version: u64) -> &PublicKey {
        // Step 6: named by the last hand-over of an earlier version, or else by the claim.
        self.hand_overs
            .iter()
            .rev()
            .find(|hand_over| hand_over.version() < version)
            .map_or_else(|| self.claim.first_writer(), HandOver::next)
    }

    /// Whether this header, which verifies, may stand where `earlier` is known to have stood: it
    /// says the same, or it is of a later version by writers who follow from it.
    ///
    /// A hand-over that `earlier` lacks was announced after its version, or it forks the chain:
    /// someone who once could write signed it later and dated it back.
    #[must_use]
    pub fn follows(&self, earlier: &Self) -> bool {
        // Signatures aside: a writer may sign the same statement twice.
        if self.digest() == earlier.digest() {
            return true;
        }
        let extends = self
            .hand_overs
            .strip_prefix(earlier.hand_overs())
            .is_some_and(|added| {
                added
                    .iter()
                    .all(|hand_over| hand_over.version() > earlier.version)
            });
        !earlier.closed && self.claim == earlier.claim && self.version > earlier.version && extends
    }

    /// Whom this version names as the writer of the next, if it hands over.
    #[must_use]
    pub fn next_writer(&self) -> Option<&PublicKey> {
        self.hand_overs
            .last()
            .filter(|hand_over| hand_over.version() == self.version)
            .map(HandOver::next)
    }

    /// Who may write the next version: [`next_writer`](Self::next_writer), or the same writer.
    #[must_use]
    pub fn successor(&self) -> &PublicKey {
        self.hand_overs
            .last()
            .map_or_else(|| self.claim.first_writer(), HandOver::next)
    }
}

/// What is done with a signature that has to hold, and the rule that is broken if it does not.
pub(crate) type Verify<'v> = &'v mut dyn FnMut(Statement, Rule) -> Result<(), Rule>;

/// Verifies each signature at once.
pub(crate) fn one_by_one(statement: Statement, rule: Rule) -> Result<(), Rule> {
    statement.verify().map_err(|_| rule)
}

/// Lets the signatures that `check` comes upon pass, and verifies them together at its end.
pub(crate) fn together(check: impl FnOnce(Verify<'_>) -> Result<(), Rule>) -> Result<(), Rule> {
    let mut statements = Vec::new();
    check(&mut |statement, _| {
        statements.push(statement);
        Ok(())
    })?;
    bip340::verify_all(&statements).map_err(|_| Rule::Signature)
}

fn digest(
    claim: &Claim,
    version: u64,
    closed: bool,
    body_hash: &[u8; 32],
    hand_overs: &[HandOver],
) -> [u8; 32] {
    // Step 5: a record is signed over H("record", claim, version, closed, body hash, hand-overs).
    Transcript::new(Tag::Record)
        .bytes(&claim.encode())
        .u64(version)
        .flag(closed)
        .bytes(body_hash)
        .list(hand_overs.iter().map(HandOver::encode))
        .digest()
}
