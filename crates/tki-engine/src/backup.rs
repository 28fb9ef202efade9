//! The bundle of an account: what its storage has of this very version.
//!
//! The steps are those of `docs/spec/bundle.md`, section 2.

use alloc::vec::Vec;

use tki_metadata::{Bundle, Holder, Mailbox};
use tki_record::{Address, Record};
use tki_storage::Storage;

use crate::{
    account::Account,
    error::{Culprit, Error, Reason},
    read::{Shown, check_record},
    receipt::first_identifier,
};

impl Account<'_> {
    /// Copies the records of this version from its storage: the document and the mailbox of every
    /// holder, each verified and held against the document.
    ///
    /// With the bundle and enough factors the account opens without any server, and an empty
    /// storage is filled again by [`Storage::restore`]. It is complete, or there is none.
    ///
    /// # Errors
    /// `Conflict` if the account has changed since it was read: read it again; `Refused` naming the
    /// holder whose mailbox is missing, damaged or not of this version; storage's other errors.
    pub async fn backup(&self, storage: &dyn Storage) -> Result<Bundle, Error> {
        let document = &self.snapshot.document;
        let holders = &document.core.holders;
        let addresses: Vec<Address> = holders.iter().map(|holder| holder.mailbox).collect();
        // Step 2.1: the mailboxes, then the document, which must not have moved.
        let found = storage.get_many(&addresses).await?;
        let shown = Shown::of(document, self.snapshot.common()?);
        let mut records = Vec::from([self.same_document(storage, &shown).await?]);
        // Step 2.2: every mailbox, as the document lists it.
        let listed = holders.iter().zip(&document.mailbox_hashes);
        for ((holder, hash), record) in listed.zip(found) {
            records.push(listed_record(holder, hash, record, &shown)?);
        }
        Ok(Bundle::new(records))
    }

    /// The record of the document that this account was read from.
    async fn same_document(
        &self,
        storage: &dyn Storage,
        shown: &Shown<'_>,
    ) -> Result<Record, Error> {
        let snapshot = &self.snapshot;
        let address = &snapshot.document_address;
        let record = storage.get(address).await?;
        let record = record.ok_or(Reason::Withheld(Culprit::Document))?;
        if *record.body_hash() != snapshot.document_hash {
            return Err(Reason::Conflict.into());
        }
        let opened = snapshot.document_header.as_ref();
        if opened.is_some_and(|opened| opened != record.header()) {
            return Err(Reason::BadRecord(Culprit::Document).into());
        }
        check_record(&record, address, Culprit::Document)?;
        shown.check_binding(record.header(), Culprit::Document)?;
        Ok(record)
    }
}

/// The record of a holder's mailbox, if it is the one that the document lists.
fn listed_record(
    holder: &Holder,
    hash: &[u8; 32],
    record: Option<Record>,
    shown: &Shown<'_>,
) -> Result<Record, Error> {
    let culprit = Culprit::Mailbox(first_identifier(holder));
    let record = record.ok_or(Reason::Withheld(culprit.clone()))?;
    check_record(&record, &holder.mailbox, culprit.clone())?;
    if record.is_closed() || Mailbox::hash(record.body()) != *hash {
        return Err(Reason::MailboxHashMismatch(culprit).into());
    }
    shown.check_binding(record.header(), culprit)?;
    Ok(record)
}
