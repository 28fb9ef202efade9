//! How a factor finds its mailbox.
//!
//! A storage has every mailbox that a factor ever had, closed ones too, so that the first absent
//! one ends the search. Copies of one account have its live mailboxes alone: in a bundle, and in a
//! storage that was filled from one, earlier slots are missing. There the factor's anchor says which
//! slots were used, and so does the document that another factor has opened.

use alloc::boxed::Box;
use alloc::vec::Vec;

use tki_metadata::{AccountId, Core, Mailbox, Notice};
use tki_record::{Address, Record, RecordHeader};
use tki_storage::Storage;

use super::{OpenedMailbox, Signatures};
use crate::{
    error::{Culprit, Error, PassedOver, Reason},
    factor::Factor,
    removal::Removal,
};

/// How many slots are looked through at most.
pub(crate) const MAX_SLOTS: u32 = 1024;

/// How many slots beyond an absent one are held against a document.
const LISTED_SLOTS: u32 = 64;

/// What a factor finds when it looks for its mailbox.
pub(super) enum Found {
    Mailbox(Box<OpenedMailbox>),
    Nothing(Missing),
    /// It has one of this account, which is not the one that is wanted.
    OtherAccount(AccountId),
}

/// A factor at hand that has no mailbox, for all that the storage says.
pub(crate) struct Missing {
    pub(crate) factor: PassedOver,
    /// Its place in the caller's list.
    pub(crate) position: usize,
    /// The first slot that is known to be absent.
    absent: u32,
    /// What its anchor knows of accounts at slots that are absent.
    pub(crate) remembered: Vec<(u32, RecordHeader)>,
    /// Where the document says that its mailbox is.
    pub(super) listed: Option<Address>,
    /// Whether its anchor did not answer.
    pub(super) is_unasked: bool,
}

impl Missing {
    fn new(factor: &dyn Factor, position: usize) -> Self {
        Self {
            factor: PassedOver::new(factor.kind(), None),
            position,
            absent: factor.slots(),
            remembered: Vec::new(),
            listed: None,
            is_unasked: false,
        }
    }

    /// Notes what the factor's anchor knows of an absent slot; whether it knows of an account there.
    /// An anchor that does not answer is no witness; one that answers what does not verify is none
    /// to go on with.
    async fn is_remembered(&mut self, factor: &dyn Factor, slot: u32) -> Result<bool, Error> {
        let Some(anchor) = factor.anchor() else {
            return Ok(false);
        };
        let entry = match anchor.read(slot).await {
            Ok(entry) => entry,
            Err(error) if error.is_unavailable() => {
                self.is_unasked = true;
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        let Some(header) = entry.and_then(|entry| entry.header) else {
            return Ok(false);
        };
        self.remembered.push((slot, header));
        Ok(true)
    }

    /// Whether the anchor knows of another account than that of this document.
    fn remembers_another_than(&self, document: &Address) -> bool {
        let mut headers = self.remembered.iter().map(|(_, header)| header);
        headers.any(|header| header.claim().address() != *document)
    }
}

/// Looks for the mailbox of the factor at this place of the caller's list, slot by slot.
pub(super) async fn find_mailbox(
    storage: &dyn Storage,
    (position, factor): (usize, &dyn Factor),
    wanted: Option<AccountId>,
    signatures: &mut Signatures,
) -> Result<Found, Error> {
    let mut missing = Missing::new(factor, position);
    let mut other = None;
    let mut anchor_knows = true;
    // Step 1.1: upward from slot 0 until one is known to be absent.
    for slot in 0..factor.slots() {
        let address = factor.address(slot);
        let Some(record) = storage.get(&address).await? else {
            check_own(factor, &address)?;
            missing.absent = missing.absent.min(slot);
            // Step 1.8: one that an anchor remembers ends nothing, and in an excerpt none does.
            anchor_knows = anchor_knows && missing.is_remembered(factor, slot).await?;
            if anchor_knows || storage.is_excerpt() {
                continue;
            }
            break;
        };
        let mailbox = match open_slot(&record, (factor, &address), signatures).await? {
            Slot::Closed(notice) => {
                missing.factor.removed = Some(Removal::of(&notice));
                other = None;
                continue;
            }
            Slot::Open(mailbox) => mailbox,
        };
        if wanted.is_some_and(|account| account != mailbox.account) {
            other = Some(mailbox.account);
            missing.factor.removed = None;
            continue;
        }
        // Step 1.9: where nobody named the account, it may be another one than the withheld.
        let document = mailbox.account_secret.document_address();
        let is_named = wanted.is_some() || storage.is_excerpt();
        if !is_named && missing.remembers_another_than(&document) {
            continue;
        }
        let found = opened(record, (position, slot, address), mailbox);
        return Ok(Found::Mailbox(Box::new(found)));
    }
    match other {
        Some(other) if missing.remembered.is_empty() => Ok(Found::OtherAccount(other)),
        _ => Ok(Found::Nothing(missing)),
    }
}

/// Looks for the mailbox of a factor where the document of an account that others opened says.
pub(super) async fn find_listed(
    storage: &dyn Storage,
    (missing, factor): (&mut Missing, &dyn Factor),
    core: &Core,
    signatures: &mut Signatures,
) -> Result<Option<OpenedMailbox>, Error> {
    let end = missing.absent.saturating_add(LISTED_SLOTS);
    // Step 1.10: at the slots from the absent one on.
    for slot in missing.absent..factor.slots().min(end) {
        let address = factor.address(slot);
        if core.holder_at(&address).is_none() {
            continue;
        }
        missing.listed = Some(address);
        let Some(record) = storage.get(&address).await? else {
            return Ok(None);
        };
        return match open_slot(&record, (factor, &address), signatures).await? {
            Slot::Closed(_) => Ok(None),
            Slot::Open(mailbox) => Ok(Some(opened(
                record,
                (missing.position, slot, address),
                mailbox,
            ))),
        };
    }
    Ok(None)
}

/// What is at a slot.
enum Slot {
    Closed(Notice),
    Open(Mailbox),
}

/// Opens a record with the factor whose it is.
async fn open_slot(
    record: &Record,
    (factor, address): (&dyn Factor, &Address),
    signatures: &mut Signatures,
) -> Result<Slot, Error> {
    let culprit = Culprit::MailboxOf(factor.kind());
    signatures.add(record, address, culprit.clone())?;
    if record.is_closed() {
        let context = Notice::context(address);
        let plaintext = factor.open_sealed(&context, record.body()).await?;
        let notice = Notice::decode(&plaintext);
        let notice = notice.map_err(|error| Reason::MalformedRecord(culprit, error))?;
        return Ok(Slot::Closed(notice));
    }
    let context = Mailbox::context(address);
    let plaintext = factor.open_sealed(&context, record.body()).await?;
    let mailbox = Mailbox::decode(&plaintext);
    let mailbox = mailbox.map_err(|error| Reason::MalformedRecord(culprit, error))?;
    Ok(Slot::Open(mailbox))
}

fn opened(
    record: Record,
    (factor, slot, address): (usize, u32, Address),
    mailbox: Mailbox,
) -> OpenedMailbox {
    let (header, sealed) = record.into_parts();
    OpenedMailbox {
        factor,
        slot,
        address,
        header: Some(header),
        sealed,
        mailbox,
    }
}

/// A device that remembers its mailbox is not told that there never was one.
fn check_own(factor: &dyn Factor, address: &Address) -> Result<(), Error> {
    match factor.membership() {
        Some(membership) if membership.mailbox.address == *address => {
            Err(Reason::Withheld(Culprit::MailboxOf(factor.kind())).into())
        }
        _ => Ok(()),
    }
}
