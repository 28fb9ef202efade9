//! Someone with a record, and what every check asks of a storage.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_record::{Address, Claim, Commit, HandOver, Record, RecordHeader, RecordKind, Rule};
use tki_seal::bip340::SigningKey;

use crate::error::Error;
use crate::storage::Storage;

/// The keys of one record.
pub(super) struct Owner {
    pub(super) claim_key: SigningKey,
    pub(super) writer: SigningKey,
}

impl Owner {
    pub(super) fn new(rng: &mut impl CryptoRng) -> Self {
        Self {
            claim_key: SigningKey::random(rng),
            writer: SigningKey::random(rng),
        }
    }

    pub(super) fn claim(&self) -> Claim {
        let writer = self.writer.public_key();
        Claim::sign(RecordKind::Mailbox, 0, &self.claim_key, writer, [0xB1; 32])
    }

    pub(super) fn address(&self) -> Address {
        self.claim().address()
    }

    pub(super) fn first(&self, body: &[u8]) -> Record {
        Record::first(self.claim(), body.to_vec(), &self.writer).unwrap()
    }

    /// The owner's next version after this one.
    pub(super) fn next(&self, record: &Record, body: &[u8]) -> Record {
        record.next(body.to_vec(), &self.writer, None).unwrap()
    }
}

/// The parts of a record that a check changes behind the signer's back.
pub(super) struct Parts {
    pub(super) claim: Claim,
    pub(super) version: u64,
    pub(super) closed: bool,
    pub(super) hand_overs: Vec<HandOver>,
    body_hash: [u8; 32],
    body: Vec<u8>,
}

impl Parts {
    pub(super) fn of(record: &Record) -> Self {
        let header = record.header();
        Self {
            claim: header.claim().clone(),
            version: header.version(),
            closed: header.is_closed(),
            hand_overs: header.hand_overs().to_vec(),
            body_hash: *header.body_hash(),
            body: record.body().to_vec(),
        }
    }

    /// The record of these parts, signed by this key.
    pub(super) fn signed(self, writer: &SigningKey) -> Record {
        let unsigned = self.header(writer.sign(&[0; 32]));
        let header = self.header(writer.sign(&unsigned.digest()));
        Record::from_parts(header, self.body).unwrap()
    }

    fn header(&self, signature: tki_seal::bip340::Signature) -> RecordHeader {
        RecordHeader::from_parts(
            self.claim.clone(),
            self.version,
            self.closed,
            self.body_hash,
            self.hand_overs.clone(),
            signature,
        )
        .unwrap()
    }
}

/// Commits one record.
pub(super) async fn put(storage: &dyn Storage, record: &Record) -> Result<(), Error> {
    put_all(storage, core::slice::from_ref(record)).await
}

/// Commits several records together.
pub(super) async fn put_all(storage: &dyn Storage, records: &[Record]) -> Result<(), Error> {
    storage
        .commit(&Commit::new(records.to_vec()).unwrap())
        .await
}

/// The record must be refused by this rule, and the stored one must stay.
pub(super) async fn refused(storage: &dyn Storage, record: &Record, expected: Rule) {
    let before = storage.get(&record.address()).await.unwrap();
    let answer = put(storage, record).await;
    assert!(
        matches!(&answer, Err(Error::Refused { address, rule })
            if *address == record.address() && *rule == expected),
        "expected {expected:?}, got {answer:?}"
    );
    assert_eq!(storage.get(&record.address()).await.unwrap(), before);
}

/// The record must be a conflict with this stored version, and the stored one must stay.
pub(super) async fn conflict(storage: &dyn Storage, record: &Record, expected: Option<u64>) {
    let before = storage.get(&record.address()).await.unwrap();
    let answer = put(storage, record).await;
    assert!(
        matches!(&answer, Err(Error::Conflict { address, found })
            if *address == record.address() && *found == expected),
        "expected a conflict with {expected:?}, got {answer:?}"
    );
    assert_eq!(storage.get(&record.address()).await.unwrap(), before);
}
