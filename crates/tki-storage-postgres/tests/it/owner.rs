//! Someone with records.

use tki_record::{Claim, Commit, Record, RecordKind};
use tki_seal::bip340::SigningKey;

pub(crate) struct Owner {
    key: SigningKey,
    pub(crate) writer: SigningKey,
}

impl Owner {
    pub(crate) fn new(test: &str) -> Self {
        let mut rng = tki_testkit::rng(test);
        Self {
            key: SigningKey::random(&mut rng),
            writer: SigningKey::random(&mut rng),
        }
    }

    pub(crate) fn first(&self, slot: u32) -> Record {
        let writer = self.writer.public_key();
        let claim = Claim::sign(RecordKind::Mailbox, slot, &self.key, writer, [0; 32]);
        Record::first(claim, vec![7; 300], &self.writer).unwrap()
    }
}

pub(crate) fn commit(records: &[Record]) -> Commit {
    Commit::new(records.to_vec()).unwrap()
}
