//! How a factor finds its mailbox.

use alloc::boxed::Box;

use tki_metadata::{AccountId, Mailbox, Notice};
use tki_record::Address;
use tki_storage::Storage;

use super::{OpenedMailbox, Signatures};
use crate::{
    error::{Culprit, Error, Reason},
    factor::Factor,
};

/// How many slots are looked through at most.
pub(crate) const MAX_SLOTS: u32 = 1024;

/// What a factor finds when it looks for its mailbox.
pub(super) enum Found {
    /// The first one would be at this address.
    Absent {
        address: Address,
    },
    Mailbox(Box<OpenedMailbox>),
    /// It has one of this account, which is not the one that is wanted.
    OtherAccount(AccountId),
    /// It would come back at the next address.
    Removed {
        version: u64,
        next: Address,
    },
}

/// Probes slots upward: skips closed ones and those of other accounts, stops at the first that is
/// known to be absent.
pub(super) async fn find_mailbox(
    storage: &dyn Storage,
    (position, factor): (usize, &dyn Factor),
    wanted: Option<AccountId>,
    signatures: &mut Signatures,
) -> Result<Found, Error> {
    let culprit = Culprit::MailboxOf(factor.kind());
    let mut last = Found::Absent {
        address: factor.address(0),
    };
    // Step 1.1: upward from slot 0 until one is known to be absent.
    for slot in 0..factor.slots() {
        let address = factor.address(slot);
        let Some(record) = storage.get(&address).await? else {
            return withheld_if_remembered(factor, slot, &address, last).await;
        };
        signatures.add(&record, &address, culprit.clone())?;
        if record.is_closed() {
            let context = Notice::context(&address);
            let plaintext = factor.open_sealed(&context, record.body()).await?;
            let notice = Notice::decode(&plaintext)
                .map_err(|error| Reason::MalformedRecord(culprit.clone(), error))?;
            last = Found::Removed {
                version: notice.version,
                next: factor.address(slot.saturating_add(1)),
            };
            continue;
        }
        let plaintext = factor
            .open_sealed(&Mailbox::context(&address), record.body())
            .await?;
        let mailbox = Mailbox::decode(&plaintext)
            .map_err(|error| Reason::MalformedRecord(culprit.clone(), error))?;
        if wanted.is_some_and(|account| account != mailbox.account) {
            last = Found::OtherAccount(mailbox.account);
            continue;
        }
        let (header, sealed) = record.into_parts();
        let header = Some(header);
        let found = OpenedMailbox {
            factor: position,
            slot,
            address,
            header,
            sealed,
            mailbox,
        };
        return Ok(Found::Mailbox(Box::new(found)));
    }
    Ok(last)
}

/// A device that remembers its mailbox, and an anchor that remembers the account, are not told that
/// there never was one. An anchor that does not answer is no witness.
async fn withheld_if_remembered(
    factor: &dyn Factor,
    slot: u32,
    address: &Address,
    last: Found,
) -> Result<Found, Error> {
    let membership = factor.membership();
    let mut known = membership.is_some_and(|membership| membership.mailbox.address == *address);
    if let Some(anchor) = factor.anchor()
        && let Ok(Some(entry)) = anchor.read(slot).await
    {
        known |= entry.header.is_some();
    }
    if known {
        Err(Reason::Withheld(Culprit::MailboxOf(factor.kind())).into())
    } else {
        Ok(last)
    }
}
