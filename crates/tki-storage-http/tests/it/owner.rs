//! Records to send.

use rand_core::CryptoRng;
use tki_record::{Claim, Record, RecordKind};
use tki_seal::bip340::SigningKey;

/// A first version with this body, at an address of its own.
pub(crate) fn record(rng: &mut impl CryptoRng, body: Vec<u8>) -> Record {
    let (key, writer) = (SigningKey::random(rng), SigningKey::random(rng));
    let claim = Claim::sign(RecordKind::Mailbox, 0, &key, writer.public_key(), [3; 32]);
    Record::first(claim, body, &writer).unwrap()
}
