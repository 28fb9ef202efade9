//! What an account may rely on: the suite for each provider, and what is the local provider's own.

#![cfg(test)]

mod anchors;
mod blind_evaluators;
mod fake;
mod format;
mod local;
mod suite;

use tki_record::{Claim, Record, RecordKind};
use tki_seal::bip340::SigningKey;

/// The first version of a new document record, and its writer.
fn document(rng: &mut rand_chacha::ChaCha20Rng) -> (Record, SigningKey) {
    let (key, writer) = (SigningKey::random(rng), SigningKey::random(rng));
    let claim = Claim::sign(RecordKind::Document, 0, &key, writer.public_key(), [0; 32]);
    let record = Record::first(claim, b"document".to_vec(), &writer).unwrap();
    (record, writer)
}
