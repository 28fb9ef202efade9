//! Someone with a record, and a storage that has it.

use tki_record::{Address, Claim, Commit, Record, RecordKind};
use tki_seal::bip340::SigningKey;
use tki_storage::{Error, MemoryStorage, Storage};
use tki_testkit::HostileStorage;

pub(crate) struct Owner {
    pub(crate) key: SigningKey,
    pub(crate) writer: SigningKey,
    pub(crate) first: Record,
}

impl Owner {
    pub(crate) fn new(name: &str) -> Self {
        let mut rng = tki_testkit::rng(name);
        let (key, writer) = (SigningKey::random(&mut rng), SigningKey::random(&mut rng));
        let claim = Claim::sign(RecordKind::Mailbox, 0, &key, writer.public_key(), [0; 32]);
        let first = Record::first(claim, name.as_bytes().to_vec(), &writer).unwrap();
        Self { key, writer, first }
    }

    pub(crate) fn address(&self) -> Address {
        self.first.address()
    }

    pub(crate) fn next(&self, record: &Record, body: &str) -> Record {
        record
            .next(body.as_bytes().to_vec(), &self.writer, None)
            .unwrap()
    }
}

pub(crate) type Hostile = HostileStorage<MemoryStorage>;

pub(crate) fn hostile() -> Hostile {
    HostileStorage::new(MemoryStorage::new())
}

pub(crate) async fn put(storage: &dyn Storage, record: &Record) -> Result<(), Error> {
    storage
        .commit(&Commit::new(vec![record.clone()]).unwrap())
        .await
}

pub(crate) async fn version(storage: &dyn Storage, address: &Address) -> Option<u64> {
    storage
        .get(address)
        .await
        .unwrap()
        .map(|record| record.version())
}
