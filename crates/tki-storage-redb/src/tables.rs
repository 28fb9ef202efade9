//! What is in the file.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableHandle,
};
use tki_record::{Address, Record};
use tki_storage::Error;

use crate::error;

/// Address to encoded record.
pub(crate) const RECORDS: TableDefinition<'static, [u8; 32], &[u8]> =
    TableDefinition::new("records");

/// The addresses of all records once more, in pages of their own: a record that damage hides is not
/// taken for one that never was.
pub(crate) const ADDRESSES: TableDefinition<'static, [u8; 32], ()> =
    TableDefinition::new("addresses");

/// Numbers by name.
pub(crate) const COUNTS: TableDefinition<'static, &str, u64> = TableDefinition::new("counts");

/// How many records there are: a record can then not get lost unnoticed.
pub(crate) const RECORD_COUNT: &str = "records";

/// Creates the tables of a new file, and the one that files of early versions lack. A file that has
/// other tables, or not all of them, is damaged or another program's.
pub(crate) fn ensure(database: &Database) -> Result<(), Error> {
    let transaction = database.begin_read().map_err(error::transaction)?;
    let names = names(&transaction)?;
    if names == [ADDRESSES.name(), COUNTS.name(), RECORDS.name()] {
        return Ok(());
    }
    if names == [COUNTS.name(), RECORDS.name()] {
        return add_addresses(database, &transaction);
    }
    if names.is_empty() {
        return create(database);
    }
    Err(error::corrupt_file())
}

fn names(transaction: &ReadTransaction) -> Result<Vec<String>, Error> {
    let tables = transaction.list_tables().map_err(error::storage)?;
    let multimaps = transaction.list_multimap_tables().map_err(error::storage)?;
    let mut names: Vec<String> = tables.map(|table| table.name().into()).collect();
    names.extend(multimaps.map(|_| String::new()));
    names.sort();
    Ok(names)
}

fn create(database: &Database) -> Result<(), Error> {
    let transaction = database.begin_write().map_err(error::transaction)?;
    transaction.open_table(RECORDS).map_err(error::table)?;
    transaction.open_table(ADDRESSES).map_err(error::table)?;
    transaction
        .open_table(COUNTS)
        .map_err(error::table)?
        .insert(RECORD_COUNT, 0)
        .map_err(error::storage)?;
    transaction.commit().map_err(error::creation)
}

/// Writes the addresses of a file that has none. Nobody could say of a file with a record too few,
/// or with one that is not in its place, which addresses it had.
fn add_addresses(database: &Database, before: &ReadTransaction) -> Result<(), Error> {
    let addresses = addresses_of(before)?;
    let counts = before.open_table(COUNTS).map_err(error::table)?;
    let count = counts.get(RECORD_COUNT).map_err(error::storage)?;
    if count.map(|count| count.value()) != u64::try_from(addresses.len()).ok() {
        return Err(error::corrupt_file());
    }
    let transaction = database.begin_write().map_err(error::transaction)?;
    {
        let mut table = transaction.open_table(ADDRESSES).map_err(error::table)?;
        for address in addresses {
            table
                .insert(address.to_bytes(), ())
                .map_err(error::storage)?;
        }
    }
    transaction.commit().map_err(error::creation)
}

fn addresses_of(transaction: &ReadTransaction) -> Result<BTreeSet<Address>, Error> {
    let table = transaction.open_table(RECORDS).map_err(error::table)?;
    let mut addresses = BTreeSet::new();
    for entry in table.iter().map_err(error::storage)? {
        let (key, value) = entry.map_err(error::storage)?;
        let address = Address::from_bytes(key.value());
        if Record::encoded_address(value.value()) != Ok(address) {
            return Err(error::corrupt_record(address, None));
        }
        addresses.insert(address);
    }
    Ok(addresses)
}

/// The record of this address.
///
/// # Errors
/// [`Error::Corrupt`] if what stands there is not it, or if nothing does and should.
pub(crate) fn look_up(
    records: &impl ReadableTable<[u8; 32], &'static [u8]>,
    addresses: &impl ReadableTable<[u8; 32], ()>,
    address: &Address,
) -> Result<Option<Record>, Error> {
    let key = address.to_bytes();
    let Some(stored) = records.get(key).map_err(error::storage)? else {
        return match addresses.get(key).map_err(error::storage)? {
            None => Ok(None),
            Some(_) => Err(error::corrupt_record(*address, None)),
        };
    };
    decode(address, stored.value()).map(Some)
}

/// What stands at this address, if it is the record of it.
pub(crate) fn decode(address: &Address, stored: &[u8]) -> Result<Record, Error> {
    let record = Record::decode(stored)
        .map_err(|source| error::corrupt_record(*address, Some(Box::new(source))))?;
    if record.address() == *address {
        Ok(record)
    } else {
        Err(error::corrupt_record(*address, None))
    }
}
