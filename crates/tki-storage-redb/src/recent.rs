//! Records that were read lately, as they are stored: decoded, and compared with their hashes, once.
//!
//! A record must never be given once a newer one may have been seen. So whoever commits first strikes the
//! addresses out, then commits, and then allows them again; and whoever reads from the file reserves a
//! place before he begins to, and fills it only if it was not struck out meanwhile.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use core::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tki_record::{Address, Record};

/// In so many parts, so that readers rarely wait for each other. A power of two.
const PARTS: usize = 16;
/// From how many bytes on a part lets go of what was not read since it had as many before.
const PART_BYTES: usize = 1 << 20;

/// Places of records by their addresses.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    parts: [Mutex<Part>; PARTS],
}

#[derive(Debug, Default)]
struct Part {
    /// What was read since `old` was as full.
    new: BTreeMap<Address, Arc<Record>>,
    old: BTreeMap<Address, Arc<Record>>,
    /// Bytes of `new`.
    bytes: usize,
    /// Places of records that somebody reads from the file now, each by its number.
    reserved: BTreeMap<Address, u64>,
    last: u64,
    /// What is being committed.
    struck: BTreeSet<Address>,
    /// Nothing is kept any more.
    is_closed: bool,
}

/// A place that a reader may fill.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place(u64);

impl Recent {
    fn part(&self, address: &Address) -> MutexGuard<'_, Part> {
        let [.., last] = address.to_bytes();
        let [first, ..] = &self.parts;
        let part = self.parts.get(usize::from(last) % PARTS).unwrap_or(first);
        part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record, or a place for it, unless it is being committed.
    pub(crate) fn get(&self, address: &Address) -> Result<Arc<Record>, Option<Place>> {
        let mut part = self.part(address);
        if let Some(record) = part.new.get(address) {
            return Ok(Arc::clone(record));
        }
        if let Some(record) = part.old.remove(address) {
            part.put(*address, Arc::clone(&record));
            return Ok(record);
        }
        if part.is_closed || part.struck.contains(address) {
            return Err(None);
        }
        part.last = part.last.wrapping_add(1);
        let number = part.last;
        part.reserved.insert(*address, number);
        Err(Some(Place(number)))
    }

    /// Fills a place with what was read after it was reserved; `None`: nothing was found.
    pub(crate) fn fill(&self, address: &Address, Place(number): Place, record: Option<&Record>) {
        let mut part = self.part(address);
        // Correctness: what was struck out, and reserved again by another, has another number.
        if part.reserved.get(address) == Some(&number) {
            part.reserved.remove(address);
            if let Some(record) = record {
                part.put(*address, Arc::new(record.clone()));
            }
        }
    }

    /// Nobody is given what stands at these addresses, until they are allowed again.
    pub(crate) fn strike(&self, addresses: &[Address]) {
        for address in addresses {
            let mut part = self.part(address);
            part.struck.insert(*address);
            part.reserved.remove(address);
            part.old.remove(address);
            if let Some(record) = part.new.remove(address) {
                part.bytes = part.bytes.saturating_sub(record.encoded_length());
            }
        }
    }

    /// Forgets everything for ever: nobody knows what became of a commit.
    pub(crate) fn close(&self) {
        for part in &self.parts {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            *part = Part::default();
            part.is_closed = true;
        }
    }

    /// What is read from now on may be given again.
    pub(crate) fn allow(&self, addresses: &[Address]) {
        for address in addresses {
            self.part(address).struck.remove(address);
        }
    }
}

impl Part {
    fn put(&mut self, address: Address, record: Arc<Record>) {
        let bytes = record.encoded_length();
        if self.bytes.saturating_add(bytes) > PART_BYTES {
            self.old = mem::take(&mut self.new);
            self.bytes = 0;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.new.insert(address, record);
    }
}

#[cfg(test)]
mod tests {
    use tki_record::{Claim, RecordKind};
    use tki_seal::bip340::SigningKey;

    use super::*;

    fn record(slot: u32, length: usize) -> Record {
        let mut rng = <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::seed_from_u64(1);
        let key = SigningKey::random(&mut rng);
        let claim = Claim::sign(RecordKind::Mailbox, slot, &key, key.public_key(), [0; 32]);
        Record::first(claim, vec![7; length], &key).unwrap()
    }

    fn put(recent: &Recent, record: &Record) {
        let place = recent.get(&record.address()).unwrap_err().unwrap();
        recent.fill(&record.address(), place, Some(record));
    }

    #[test]
    fn what_was_read_is_given_until_it_is_changed() {
        let (recent, record) = (Recent::default(), record(0, 10));
        let address = record.address();
        put(&recent, &record);
        assert_eq!(*recent.get(&address).unwrap(), record);
        recent.strike(&[address]);
        assert!(recent.get(&address).unwrap_err().is_none());
        recent.allow(&[address]);
        put(&recent, &record);
        assert!(recent.get(&address).is_ok());
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let (recent, record) = (Recent::default(), record(0, 10));
        let address = record.address();
        let before = recent.get(&address).unwrap_err().unwrap();
        recent.strike(&[address]);
        recent.fill(&address, before, Some(&record));
        assert!(recent.get(&address).is_err());
        recent.allow(&[address]);
        // Also when another reads at the same time what is new.
        recent.get(&address).unwrap_err().unwrap();
        recent.fill(&address, before, Some(&record));
        assert!(recent.get(&address).is_err());
    }

    #[test]
    fn nothing_is_kept_once_it_is_closed() {
        let (recent, record) = (Recent::default(), record(0, 10));
        let address = record.address();
        let place = recent.get(&address).unwrap_err().unwrap();
        recent.close();
        recent.fill(&address, place, Some(&record));
        assert!(recent.get(&address).unwrap_err().is_none());
    }

    #[test]
    fn what_is_absent_leaves_nothing() {
        let (recent, address) = (Recent::default(), Address::from_bytes([7; 32]));
        let place = recent.get(&address).unwrap_err().unwrap();
        recent.fill(&address, place, None);
        assert!(
            recent
                .parts
                .iter()
                .all(|part| part.lock().unwrap().reserved.is_empty())
        );
    }

    #[test]
    fn parts_have_an_end_and_what_is_read_stays_longest() {
        let recent = Recent::default();
        let read = record(0, 1000);
        put(&recent, &read);
        for slot in 1..100 {
            put(&recent, &record(slot, 500_000));
            assert!(recent.get(&read.address()).is_ok(), "{slot}");
        }
        let bytes = |part: &Mutex<Part>| {
            let part = part.lock().unwrap();
            let records = part.new.values().chain(part.old.values());
            records.map(|record| record.encoded_length()).sum::<usize>()
        };
        assert!(
            recent
                .parts
                .iter()
                .all(|part| bytes(part) <= 2 * PART_BYTES)
        );
    }
}
