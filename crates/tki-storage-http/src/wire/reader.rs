//! Takes a body apart from front to back.

use tki_record::{MAX_ENCODED, Record};

use super::error::WireError;

pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// A length and as many bytes, which are the record at this place.
    pub(super) fn record(&mut self, position: usize) -> Result<Record, WireError> {
        let found = self.u32()?;
        let length = usize::try_from(found)
            .ok()
            .filter(|length| *length <= MAX_ENCODED)
            .ok_or(WireError::Length { found })?;
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(WireError::Truncated)?;
        self.rest = rest;
        Record::decode(taken).map_err(|source| WireError::Record { position, source })
    }

    pub(super) const fn end(&self) -> Result<(), WireError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(WireError::TrailingBytes)
        }
    }
}
