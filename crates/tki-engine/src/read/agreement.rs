//! Whether what was read belongs to one version of one account.

use core::cmp::Ordering;

use tki_metadata::{BindingKey, Core, Document, DocumentKey, Mailbox};
use tki_record::{Address, Record, RecordHeader};

use super::{Fetched, Missing, OpenedMailbox, Snapshot};
use crate::{
    error::{Culprit, Error, Reason},
    receipt::first_identifier,
};

/// Opens the document and holds everything against it.
pub(super) fn agree(fetched: Fetched) -> Result<Snapshot, Error> {
    let Fetched {
        mailboxes,
        document: record,
        document_address,
        missing,
    } = fetched;
    let first = mailboxes
        .first()
        .ok_or(Reason::Bug("a snapshot without mailboxes"))?;
    for found in &mailboxes {
        check_age(found, record.version())?;
    }
    let document = open_document(&record, &document_address, &first.mailbox.document_key)?;
    let shown = Shown::of(&document, &first.mailbox);
    for found in &mailboxes {
        shown.check_mailbox(found)?;
    }
    check_missing(&document.core, &missing)?;
    let (header, _) = record.into_parts();
    shown.check_binding(&header, Culprit::Document)?;
    Ok(Snapshot {
        document,
        document_hash: *header.body_hash(),
        document_header: Some(header),
        document_address,
        mailboxes,
        missing,
    })
}

/// A factor at hand that the document lists has a mailbox, whatever the storage says.
fn check_missing(core: &Core, missing: &[Missing]) -> Result<(), Error> {
    // Step 1.4: and lists no mailbox that was asked for and is absent.
    let listed = missing.iter().filter_map(|factor| factor.listed);
    let mut withheld = listed.filter_map(|address| core.holder_at(&address));
    match withheld.next() {
        Some(holder) => Err(Reason::Withheld(Culprit::Mailbox(first_identifier(holder))).into()),
        None => Ok(()),
    }
}

/// The document's record counts the account's versions; whichever is older is at fault.
fn check_age(found: &OpenedMailbox, version: u64) -> Result<(), Error> {
    match found.mailbox.version.cmp(&version) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(Reason::CoreMismatch(Culprit::Document).into()),
        Ordering::Less => Err(Reason::CoreMismatch(found.culprit()).into()),
    }
}

fn open_document(record: &Record, address: &Address, key: &DocumentKey) -> Result<Document, Error> {
    Document::open(key, address, record.body()).map_err(|error| {
        if error.is_unsealed() {
            Reason::CoreMismatch(Culprit::Document).into()
        } else {
            Reason::MalformedRecord(Culprit::Document, error).into()
        }
    })
}

/// What every mailbox of a version is held against: the document, and the first mailbox. Hashes and
/// derived keys are computed once.
pub(crate) struct Shown<'d> {
    document: &'d Document,
    first: &'d Mailbox,
    core_hash: [u8; 32],
    binding_key: BindingKey,
}

impl<'d> Shown<'d> {
    pub(crate) fn of(document: &'d Document, first: &'d Mailbox) -> Self {
        let core = &document.core;
        let secret = &first.account_secret;
        Self {
            document,
            first,
            core_hash: core.hash(),
            binding_key: secret.binding_key(&core.account, &core.first_verifying_key),
        }
    }

    pub(super) fn check_mailbox(&self, found: &OpenedMailbox) -> Result<(), Error> {
        let (core, mailbox) = (&self.document.core, &found.mailbox);
        let culprit = found.culprit();
        // Step 1.3: one account, one version, one core, one key.
        let same_secret = mailbox.account_secret.ct_eq(&self.first.account_secret);
        let agrees = mailbox.account == core.account
            && same_secret
            && mailbox.version == core.version
            && mailbox.core_hash == self.core_hash
            && mailbox.epoch == core.epoch
            && mailbox.keys.len() == core.keys.len()
            && mailbox
                .keys
                .iter()
                .zip(&core.keys)
                .all(|(held, listed)| held.verifying_key == listed.verifying_key);
        if !agrees {
            return Err(Reason::CoreMismatch(culprit).into());
        }
        // Step 1.4: the mailbox is the listed one.
        let mut holders = core.holders.iter();
        let position = holders.position(|holder| holder.mailbox == found.address);
        let listed = position.and_then(|position| self.document.mailbox_hashes.get(position));
        if listed != Some(&Mailbox::hash(&found.sealed)) {
            return Err(Reason::MailboxHashMismatch(culprit).into());
        }
        match &found.header {
            Some(header) => self.check_binding(header, culprit),
            None => Ok(()),
        }
    }

    /// The claim names this account: it is over b(addr), which only its holders can compute.
    pub(crate) fn check_binding(
        &self,
        header: &RecordHeader,
        culprit: Culprit,
    ) -> Result<(), Error> {
        // Step 1.5: b(addr) of this account, at this address.
        let binding = self.binding_key.binding(&header.claim().address());
        if header.claim().binding() == &binding {
            Ok(())
        } else {
            Err(Reason::BindingMismatch(culprit).into())
        }
    }
}
