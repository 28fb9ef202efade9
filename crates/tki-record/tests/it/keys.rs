//! An owner with keys, and records changed behind the signer's back.

use rand_core::CryptoRng;
use tki_record::{Claim, HandOver, Record, RecordHeader, RecordKind};
use tki_seal::bip340::SigningKey;

pub(crate) struct Owner {
    pub(crate) claim_key: SigningKey,
    pub(crate) writer: SigningKey,
    pub(crate) successor: SigningKey,
    pub(crate) stranger: SigningKey,
}

impl Owner {
    pub(crate) fn new(rng: &mut impl CryptoRng) -> Self {
        Self {
            claim_key: SigningKey::random(rng),
            writer: SigningKey::random(rng),
            successor: SigningKey::random(rng),
            stranger: SigningKey::random(rng),
        }
    }

    pub(crate) fn claim(&self) -> Claim {
        Claim::sign(
            RecordKind::Mailbox,
            0,
            &self.claim_key,
            self.writer.public_key(),
            [9; 32],
        )
    }

    pub(crate) fn first(&self) -> Record {
        Record::first(self.claim(), b"first".to_vec(), &self.writer).unwrap()
    }
}

/// The parts of a header that tests change; `signed` puts it together again.
pub(crate) struct Parts {
    pub(crate) claim: Claim,
    pub(crate) version: u64,
    pub(crate) closed: bool,
    pub(crate) body_hash: [u8; 32],
    pub(crate) hand_overs: Vec<HandOver>,
}

impl Parts {
    pub(crate) fn of(record: &Record) -> Self {
        let header = record.header();
        Self {
            claim: header.claim().clone(),
            version: header.version(),
            closed: header.is_closed(),
            body_hash: *header.body_hash(),
            hand_overs: header.hand_overs().to_vec(),
        }
    }

    pub(crate) fn signed(&self, writer: &SigningKey) -> RecordHeader {
        let with = |signature| {
            RecordHeader::from_parts(
                self.claim.clone(),
                self.version,
                self.closed,
                self.body_hash,
                self.hand_overs.clone(),
                signature,
            )
            .unwrap()
        };
        let digest = with(writer.sign(&[0; 32])).digest();
        with(writer.sign(&digest))
    }
}
