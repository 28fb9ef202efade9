//! The records that a change follows on, and those that it closes.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};

use rand_core::CryptoRng;
use tki_math::Identifier;
use tki_metadata::{ControlKey, Core, Extensions, Holder, Mailbox, Notice};
use tki_record::{Address, Record, RecordHeader};
use tki_seal::sealed_box;
use tki_storage::Storage;

use super::Change;
use crate::{
    account::check_writer,
    commit::{self, Before, Writers},
    error::{Culprit, Error, Reason},
    history::Made,
    read::{self, Snapshot},
    receipt::first_identifier,
};

impl Change<'_, '_> {
    /// What the records of the holders become: followed on or, of renewed holders, left for a new
    /// one. The records of those who leave are closed.
    pub(super) fn follow(
        &self,
        records: Vec<Option<Record>>,
        mut claims: BTreeMap<Identifier, Before>,
        mut close: impl FnMut(&Holder, &Record) -> Result<Record, Error>,
    ) -> Result<(Vec<Before>, Vec<Record>), Error> {
        let holders = &self.opened.account.core().holders;
        let mut followed = Vec::with_capacity(holders.len());
        let mut closed = Vec::new();
        for (holder, record) in holders.iter().zip(records) {
            let identifier = first_identifier(holder);
            if self.leaves_behind(identifier) {
                if let Some(record) = record {
                    closed.push(close(holder, &record)?);
                }
                followed.extend(claims.remove(&identifier));
            } else {
                let record = record.ok_or(Reason::Withheld(Culprit::Mailbox(identifier)))?;
                followed.push(Before::Record(Box::new(record)));
            }
        }
        Ok((followed, closed))
    }

    /// Every record that the commit will follow on, under this account's control.
    ///
    /// The document is read after the mailboxes: if it has not moved, neither had they. A mailbox
    /// of ours that is not the listed one was rolled back; writing over it mends it. One that is not
    /// validly signed can only be given up, by removing or renewing its holder.
    pub(super) async fn read_records(&self, storage: &dyn Storage) -> Result<Records, Error> {
        let snapshot = &self.opened.account.snapshot;
        let core = snapshot.core();
        let control = self.opened.control_key()?;
        let addresses: Vec<Address> = core.holders.iter().map(|holder| holder.mailbox).collect();
        // Step 4.1: the mailboxes, then the document, which must not have moved.
        let found = storage.get_many(&addresses).await?;
        let document = storage.get(&snapshot.document_address).await?;
        let document = document.ok_or(Reason::Withheld(Culprit::Document))?;
        if *document.body_hash() != snapshot.document_hash {
            return Err(Reason::Conflict.into());
        }
        check_document_record(snapshot, &document, &control)?;
        let mut records = Records {
            document,
            mailboxes: Vec::new(),
            repaired: Vec::new(),
        };
        let signatures = signatures_of(snapshot, &found);
        let listed = core.holders.iter().zip(&snapshot.document.mailbox_hashes);
        for ((holder, hash), record) in listed.zip(found) {
            let identifier = first_identifier(holder);
            let checked = record
                .map(|record| check_mailbox_record(record, holder, &control, signatures))
                .transpose();
            match checked {
                Err(_) if self.leaves_behind(identifier) => records.mailboxes.push(None),
                Err(error) => return Err(error),
                Ok(record) => {
                    let differs = |r: &Record| Mailbox::hash(r.body()) != *hash;
                    if record.as_ref().is_some_and(differs) {
                        records.repaired.push(identifier);
                    }
                    records.mailboxes.push(record);
                }
            }
        }
        Ok(records)
    }
}

/// What those who leave are told: since when, and who was at hand.
pub(super) fn notice(core: &Core, made: &Made) -> Result<Notice, Error> {
    let mut notice = Notice {
        account: core.account,
        version: core.version,
        removed: made.now,
        extensions: Extensions::new(),
    };
    commit::encoded(notice.set_by(&made.by))?;
    Ok(notice)
}

/// Closes the mailbox of a removed holder, or the old one of a renewed, with a notice for whoever
/// looks there.
pub(super) fn close(
    holder: &Holder,
    record: &Record,
    notice: &Notice,
    writers: &Writers,
    rng: &mut (dyn CryptoRng + Send),
) -> Result<Record, Error> {
    let context = tki_provider::box_context(&Notice::context(&holder.mailbox));
    let plaintext = commit::encoded(notice.encode())?;
    let body = sealed_box::seal(&holder.box_key, context, &plaintext, rng);
    let closed = record.close(body, &writers.now.writer(&holder.mailbox));
    closed.map_err(|_| Reason::Bug("a record that its own rules refuse").into())
}

pub(super) struct Records {
    pub(super) document: Record,
    /// In the order of the holders; absent where the storage has none.
    pub(super) mailboxes: Vec<Option<Record>>,
    /// Holders whose stored mailbox is not the one that the document lists.
    pub(super) repaired: Vec<Identifier>,
}

/// The header is what is written upon: it is the one that was opened. Where only a device's copy
/// was, it must be as good.
fn check_document_record(
    snapshot: &Snapshot,
    document: &Record,
    control: &ControlKey,
) -> Result<(), Error> {
    let is_good = match &snapshot.document_header {
        Some(opened) => document.header() == opened,
        None => document.version() == snapshot.core().version,
    };
    if !is_good {
        return Err(Reason::BadRecord(Culprit::Document).into());
    }
    if snapshot.document_header.is_none() {
        let address = &snapshot.document_address;
        read::check_record(document, address, Culprit::Document)?;
        check_writer(control, address, document.header(), Culprit::Document)?;
    }
    Ok(())
}

/// Whether the signatures of records that were read again are known to be good.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signed {
    Verified,
    Unknown,
}

/// Verifies the records together, but for those that were opened and have not changed since.
fn signatures_of(snapshot: &Snapshot, records: &[Option<Record>]) -> Signed {
    let opened: Vec<_> = snapshot
        .mailboxes
        .iter()
        .filter_map(|found| found.header.as_ref())
        .collect();
    let headers = records.iter().flatten().map(Record::header);
    let new: Vec<_> = headers.filter(|header| !opened.contains(header)).collect();
    match RecordHeader::verify_all(&new) {
        Ok(()) => Signed::Verified,
        Err(_) => Signed::Unknown,
    }
}

/// Whether the next version of a mailbox's record is ours to write.
fn check_mailbox_record(
    record: Record,
    holder: &Holder,
    control: &ControlKey,
    signatures: Signed,
) -> Result<Record, Error> {
    let culprit = Culprit::Mailbox(first_identifier(holder));
    if signatures == Signed::Unknown || record.address() != holder.mailbox {
        read::check_record(&record, &holder.mailbox, culprit.clone())?;
    }
    check_writer(control, &holder.mailbox, record.header(), culprit)?;
    Ok(record)
}
