//! Someone with a record.

use tki_record::{Claim, Commit, Record, RecordKind};
use tki_seal::bip340::SigningKey;

pub(crate) struct Owner {
    pub(crate) writer: SigningKey,
    pub(crate) first: Record,
}

impl Owner {
    pub(crate) fn new(test: &str) -> Self {
        let mut rng = tki_testkit::rng(test);
        let (key, writer) = (SigningKey::random(&mut rng), SigningKey::random(&mut rng));
        let claim = Claim::sign(RecordKind::Mailbox, 0, &key, writer.public_key(), [0; 32]);
        let first = Record::first(claim, b"first".to_vec(), &writer).unwrap();
        Self { writer, first }
    }
}

pub(crate) fn commit(records: &[&Record]) -> Commit {
    Commit::new(records.iter().map(|record| (*record).clone()).collect()).unwrap()
}
