//! Accounts as a storage sees them: some signed records that are changed together.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tki_record::{Claim, Commit, Record, RecordKind};
use tki_seal::bip340::SigningKey;
use tki_storage_http::wire;

use super::connection::{get, post};
use crate::Failure;

/// The bodies of an account's records in bytes: a document and three mailboxes, about as long as those
/// that `tki create` makes. Whatever is changed, all of them are written again.
pub(crate) const BODIES: [usize; 4] = [1000, 480, 480, 480];
/// How many of them are read to open it with two factors.
const OPENED: usize = 3;

/// An account in its newest version.
pub(crate) struct Account {
    writer: SigningKey,
    pub(crate) records: Vec<Record>,
    rng: ChaCha20Rng,
}

impl Account {
    /// Its first version; another for each number.
    pub(crate) fn new(number: u64) -> Result<Self, Failure> {
        let mut rng = ChaCha20Rng::seed_from_u64(number);
        let writer = SigningKey::random(&mut rng);
        let mut records = Vec::with_capacity(BODIES.len());
        for (slot, length) in (0_u32..).zip(BODIES) {
            let public = writer.public_key();
            let claim = Claim::sign(RecordKind::Mailbox, slot, &writer, public, [0; 32]);
            records.push(Record::first(claim, body(&mut rng, length), &writer)?);
        }
        Ok(Self {
            writer,
            records,
            rng,
        })
    }

    /// The next version of every record.
    pub(crate) fn change(&mut self) -> Result<&[Record], Failure> {
        for record in &mut self.records {
            let next = body(&mut self.rng, record.body().len());
            *record = record.next(next, &self.writer, None)?;
        }
        Ok(&self.records)
    }

    /// Bytes of the encoded records.
    pub(crate) fn bytes(&self) -> usize {
        let lengths = self.records.iter().map(Record::encoded_length);
        lengths.fold(0, usize::saturating_add)
    }

    /// A request for each record.
    pub(crate) fn reads(&self) -> impl Iterator<Item = Vec<u8>> {
        self.records.iter().map(|record| get(&path(record), ""))
    }

    /// The same by one who has the version already.
    pub(crate) fn reads_again(&self) -> impl Iterator<Item = Vec<u8>> {
        self.records.iter().map(|record| {
            let known = format!("if-none-match: {}\r\n", wire::entity_tag(record));
            get(&path(record), &known)
        })
    }

    /// One request for the records that are read to open it.
    pub(crate) fn open(&self) -> Vec<u8> {
        let opened = self.records.iter().take(OPENED);
        let addresses: Vec<_> = opened.map(Record::address).collect();
        post(wire::GET_PATH, &wire::addresses::encode(&addresses))
    }
}

fn path(record: &Record) -> String {
    format!("{}{}", wire::RECORD_PATH, record.address())
}

fn body(rng: &mut ChaCha20Rng, length: usize) -> Vec<u8> {
    let mut body = vec![0; length];
    rng.fill_bytes(&mut body);
    body
}

/// The request that commits these.
pub(crate) fn commit(records: &[Record]) -> Vec<u8> {
    post(wire::COMMITS_PATH, &wire::records::encode(records))
}

/// How many accounts go into one commit when a storage is filled.
pub(crate) const AT_ONCE: u64 = 256;

/// The first versions of these accounts as the requests that commit them, and the accounts.
pub(crate) fn fill(numbers: core::ops::Range<u64>) -> Result<(Vec<u8>, Vec<Account>), Failure> {
    let accounts: Vec<Account> = numbers.map(Account::new).collect::<Result<_, _>>()?;
    let records = accounts.iter().flat_map(|account| account.records.clone());
    let records = Commit::new(records.collect())?;
    Ok((commit(records.records()), accounts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_prepared_is_what_a_storage_accepts() {
        let mut account = Account::new(7).unwrap();
        for version in 1..=2 {
            let records = account.change().unwrap();
            assert!(records.iter().all(|record| record.version() == version));
            assert!(records.iter().all(|record| record.verify().is_ok()));
        }
        let (request, accounts) = fill(0..3).unwrap();
        let bytes: usize = accounts.iter().map(Account::bytes).sum();
        assert!(request.len() > bytes);
        assert_eq!(account.reads().count(), BODIES.len());
    }
}
