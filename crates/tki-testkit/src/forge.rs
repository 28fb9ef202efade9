//! Records that an attacker makes, to be offered to an honest storage or planted in a hostile one.

use alloc::vec::Vec;

use tki_record::{Claim, Record, RecordHeader, RecordKind};
use tki_seal::bip340::{PublicKey, Signature, SigningKey};

/// The record with one bit of its body flipped (of an empty body: with one byte more), and a body
/// hash to match, under the old signature, which therefore no longer verifies.
#[must_use]
pub fn damaged(record: &Record) -> Record {
    rebuild(record, flip_bit(record.body()), None)
}

/// As [`damaged`], but signed again: what a writer can do who turned hostile, or a storage that
/// has a writer's key. It verifies.
#[must_use]
pub fn damaged_and_signed(record: &Record, writer: &SigningKey) -> Record {
    rebuild(record, flip_bit(record.body()), Some(writer))
}

/// The record with another body, signed by this key whether or not it may.
#[must_use]
pub fn replaced_body(record: &Record, body: Vec<u8>, writer: &SigningKey) -> Record {
    rebuild(record, body, Some(writer))
}

/// Version 0 at the address of a claim key that the attacker does not have: he signs the claim with
/// his own key. Storage refuses it, readers must too.
#[must_use]
pub fn squatting(
    kind: RecordKind,
    slot: u32,
    claim_key: &PublicKey,
    attacker: &SigningKey,
    body: Vec<u8>,
) -> Record {
    let binding = [0x5A; 32];
    let first_writer = attacker.public_key();
    let digest = Claim::digest(kind, slot, claim_key, &first_writer, &binding);
    let signature = attacker.sign(&digest);
    let claim = Claim::from_parts(kind, slot, *claim_key, first_writer, binding, signature);
    must(Record::first(claim, body, attacker))
}

/// Version 0 at an address whose claim key the attacker does have (a stolen login), made for an
/// account of his own. Storage accepts it: readers see it by the binding.
#[must_use]
pub fn squatting_with_claim_key(
    kind: RecordKind,
    slot: u32,
    claim_key: &SigningKey,
    attacker: &SigningKey,
    body: Vec<u8>,
) -> Record {
    let claim = Claim::sign(kind, slot, claim_key, attacker.public_key(), [0x5A; 32]);
    must(Record::first(claim, body, attacker))
}

fn flip_bit(body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    let middle = body.len() / 2;
    match body.get_mut(middle) {
        Some(byte) => *byte ^= 1,
        None => body.push(0),
    }
    body
}

fn rebuild(record: &Record, body: Vec<u8>, writer: Option<&SigningKey>) -> Record {
    // The hash of a body is known to the record crate alone: let it build a record with this one.
    let probe = Record::first(record.claim().clone(), body.clone(), &throwaway_key());
    let hash = *must(probe).body_hash();
    let header = |signature: Signature| {
        let old = record.header();
        must(RecordHeader::from_parts(
            old.claim().clone(),
            old.version(),
            old.is_closed(),
            hash,
            old.hand_overs().to_vec(),
            signature,
        ))
    };
    let unsigned = header(*record.header().signature());
    let header = match writer {
        Some(writer) => header(writer.sign(&unsigned.digest())),
        None => unsigned,
    };
    must(Record::from_parts(header, body))
}

fn throwaway_key() -> SigningKey {
    SigningKey::random(&mut crate::rng("forge"))
}

#[expect(clippy::panic, reason = "a forgery that cannot be made fails the test")]
fn must<T, E: core::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("the forgery is malformed: {error:?}"))
}
