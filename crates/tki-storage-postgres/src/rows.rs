//! Rows are taken for records only if they are.

use alloc::boxed::Box;
use alloc::vec::Vec;

use tki_record::{Address, Record, RecordHeader};
use tki_storage::Error;
use tokio_postgres::Row;

use crate::error::corrupt;

/// Columns `address` and `header`.
pub(crate) fn header(row: &Row) -> Result<(Address, RecordHeader), Error> {
    let address = address(row)?;
    let header = RecordHeader::decode(bytes(row, "header")?)
        .map_err(|source| corrupt(Some(address), Some(Box::new(source))))?;
    if header.address() == address {
        Ok((address, header))
    } else {
        Err(corrupt(Some(address), None))
    }
}

/// Columns `address`, `header` and `body`.
pub(crate) fn record(row: &Row) -> Result<Record, Error> {
    let (address, header) = header(row)?;
    let body = Vec::from(bytes(row, "body")?);
    Record::from_parts(header, body)
        .map_err(|source| corrupt(Some(address), Some(Box::new(source))))
}

fn address(row: &Row) -> Result<Address, Error> {
    let bytes = bytes(row, "address")?.try_into();
    bytes
        .map(Address::from_bytes)
        .map_err(|source| corrupt(None, Some(Box::new(source))))
}

fn bytes<'a>(row: &'a Row, column: &str) -> Result<&'a [u8], Error> {
    let bytes = row.try_get(column);
    bytes.map_err(|source| Error::Backend(Box::new(source)))
}
