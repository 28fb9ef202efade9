//! The signatures of what was read.

use alloc::vec::Vec;

use tki_record::{Address, Record, RecordHeader};

use crate::error::{Culprit, Error, Reason};

/// The signature, the claim and the chain of writers of a record, and that it is the one asked for.
pub(crate) fn check_record(
    record: &Record,
    address: &Address,
    culprit: Culprit,
) -> Result<(), Error> {
    if record.address() != *address || record.verify().is_err() {
        return Err(Reason::BadRecord(culprit).into());
    }
    Ok(())
}

/// Records that were read and whose signatures are yet to be verified: together they take two
/// thirds of the time.
#[derive(Default)]
pub(super) struct Signatures(Vec<(RecordHeader, Culprit)>);

impl Signatures {
    /// Notes a record, which must be the one asked for.
    pub(super) fn add(
        &mut self,
        record: &Record,
        address: &Address,
        culprit: Culprit,
    ) -> Result<(), Error> {
        if record.address() != *address {
            return Err(Reason::BadRecord(culprit).into());
        }
        self.0.push((record.header().clone(), culprit));
        Ok(())
    }

    /// Verifies them all; one that does not verify is named.
    pub(super) fn verify(self) -> Result<(), Error> {
        let headers: Vec<&RecordHeader> = self.0.iter().map(|(header, _)| header).collect();
        if RecordHeader::verify_all(&headers).is_ok() {
            return Ok(());
        }
        for (header, culprit) in self.0 {
            if header.verify().is_err() {
                return Err(Reason::BadRecord(culprit).into());
            }
        }
        Ok(())
    }
}
