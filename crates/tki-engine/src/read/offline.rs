//! Reading from a device's own copies, with every server gone.

use alloc::{vec, vec::Vec};

use tki_metadata::Mailbox;
use tki_record::Address;

use super::{OpenedMailbox, Shown, Snapshot};
use crate::{
    error::{Culprit, Error, Reason},
    factor::Factor,
};

/// Reads the account from a device's own copies: its mailbox, and those of holders marked
/// `offline` whose factors are at hand.
pub(crate) async fn read_offline(factors: &[&dyn Factor]) -> Result<Snapshot, Error> {
    let membership = factors.iter().find_map(|factor| factor.membership());
    let membership = membership.ok_or(Reason::NothingOffline)?;
    let mut mailboxes = Vec::with_capacity(factors.len());
    for (position, factor) in factors.iter().enumerate() {
        let copies = core::iter::once(&membership.mailbox).chain(&membership.offline_mailboxes);
        for copy in copies {
            let Some(slot) = slot_of(*factor, &copy.address, membership.slot) else {
                continue;
            };
            let context = Mailbox::context(&copy.address);
            let plaintext = factor.open_sealed(&context, &copy.sealed).await?;
            let mailbox = Mailbox::decode(&plaintext)
                .map_err(|error| Reason::MalformedRecord(Culprit::Package, error))?;
            mailboxes.push(OpenedMailbox {
                factor: position,
                slot,
                address: copy.address,
                header: None,
                sealed: copy.sealed.clone(),
                mailbox,
            });
        }
    }
    let first = mailboxes.first().ok_or(Reason::NothingOffline)?;
    let shown = Shown::of(&membership.document, &first.mailbox);
    for found in &mailboxes {
        shown.check_mailbox(found)?;
    }
    Ok(Snapshot {
        document_address: first.mailbox.account_secret.document_address(),
        document: membership.document.clone(),
        document_header: None,
        document_hash: membership.seen.hash,
        mailboxes,
        missing: Vec::new(),
    })
}

/// The slot at which a factor has this address, among the few that a copy can have.
fn slot_of(factor: &dyn Factor, address: &Address, own: u32) -> Option<u32> {
    let mut slots = vec![own];
    slots.extend(0..8);
    slots
        .into_iter()
        .find(|slot| factor.address(*slot) == *address)
}
