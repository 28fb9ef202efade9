//! What is in the file.

use alloc::string::String;
use alloc::vec::Vec;

use redb::{Database, ReadableDatabase, TableDefinition, TableHandle};
use tki_storage::Error;

use crate::error;

/// Address to encoded record.
pub(crate) const RECORDS: TableDefinition<'static, [u8; 32], &[u8]> =
    TableDefinition::new("records");

/// Numbers by name.
pub(crate) const COUNTS: TableDefinition<'static, &str, u64> = TableDefinition::new("counts");

/// How many records there are: a record can then not get lost unnoticed.
pub(crate) const RECORD_COUNT: &str = "records";

/// Creates the tables of a new file. A file that has other tables, or not all of them, is damaged
/// or another program's.
pub(crate) fn ensure(database: &Database) -> Result<(), Error> {
    let transaction = database.begin_read().map_err(error::transaction)?;
    let tables = transaction.list_tables().map_err(error::storage)?;
    let multimaps = transaction.list_multimap_tables().map_err(error::storage)?;
    let mut names: Vec<String> = tables.map(|table| table.name().into()).collect();
    names.extend(multimaps.map(|_| String::new()));
    names.sort();
    if names == [COUNTS.name(), RECORDS.name()] {
        return Ok(());
    }
    if !names.is_empty() {
        return Err(Error::Corrupt {
            address: None,
            source: None,
        });
    }
    let transaction = database.begin_write().map_err(error::transaction)?;
    transaction.open_table(RECORDS).map_err(error::table)?;
    transaction
        .open_table(COUNTS)
        .map_err(error::table)?
        .insert(RECORD_COUNT, 0)
        .map_err(error::storage)?;
    transaction.commit().map_err(error::creation)
}
