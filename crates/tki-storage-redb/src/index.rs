//! Which records there are, so that damage is never taken for absence.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::Bound;

use redb::{Database, ReadableDatabase, ReadableTable};
use tki_record::{Address, Record};
use tki_storage::Error;

use crate::error;
use crate::tables::{COUNTS, RECORD_COUNT, RECORDS};

/// The addresses of all records, read from the records themselves.
///
/// It stays right as long as the file is locked and every commit passes by here.
#[derive(Debug)]
pub(crate) struct Index {
    addresses: BTreeSet<Address>,
    /// Whether every entry of the table is the record of its address, and none is missing. If not,
    /// nobody can say what is absent.
    is_sound: bool,
}

impl Index {
    /// The index in this slot, loaded if the slot is empty.
    pub(crate) fn load<'a>(
        slot: &'a mut Option<Self>,
        database: &Database,
    ) -> Result<&'a Self, Error> {
        let index = match slot.take() {
            Some(index) => index,
            None => Self::scan(database)?,
        };
        Ok(slot.insert(index))
    }

    fn scan(database: &Database) -> Result<Self, Error> {
        let transaction = database.begin_read().map_err(error::transaction)?;
        let table = transaction.open_table(RECORDS).map_err(error::table)?;
        let mut addresses = BTreeSet::new();
        let mut is_sound = true;
        for entry in table.iter().map_err(error::storage)? {
            let (key, value) = entry.map_err(error::storage)?;
            let address = Address::from_bytes(key.value());
            is_sound &= Record::encoded_address(value.value()) == Ok(address);
            // A key that comes twice is missing elsewhere: the count tells.
            addresses.insert(address);
        }
        let counts = transaction.open_table(COUNTS).map_err(error::table)?;
        let count = counts
            .get(RECORD_COUNT)
            .map_err(error::storage)?
            .map(|count| count.value());
        is_sound &= count.is_some() && count == u64::try_from(addresses.len()).ok();
        Ok(Self {
            addresses,
            is_sound,
        })
    }

    /// Says whether a record that the table does not find is really not there.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is there all the same, or if that cannot be known.
    pub(crate) fn confirm_absent(&self, address: &Address) -> Result<(), Error> {
        if self.is_sound && !self.addresses.contains(address) {
            Ok(())
        } else {
            Err(error::corrupt_record(*address, None))
        }
    }

    /// At most so many of the addresses after this one, in their order.
    ///
    /// # Errors
    /// [`Error::Corrupt`] instead of none, if records may be missing.
    pub(crate) fn following(
        &self,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<Address>, Error> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let following = self
            .addresses
            .range::<Address, _>((start, Bound::Unbounded));
        let following: Vec<Address> = following.take(limit).copied().collect();
        if following.is_empty() && !self.is_sound {
            return Err(Error::Corrupt {
                address: None,
                source: None,
            });
        }
        Ok(following)
    }

    pub(crate) fn count(&self) -> u64 {
        u64::try_from(self.addresses.len()).unwrap_or(u64::MAX)
    }

    pub(crate) fn with(mut self, created: Vec<Address>) -> Self {
        self.addresses.extend(created);
        self
    }
}
