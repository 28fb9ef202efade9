//! Reading an account: the mailboxes of the factors at hand and the document, checked against
//! each other.
//!
//! Nothing that a storage says is believed alone. A record must be signed by its writer and
//! claimed for this account; every mailbox must name the same account, version, core and key as
//! the document; the document must list the hash of every mailbox. What does not agree is read
//! again as long as something moved (a commit came in between), then refused.

use alloc::vec::Vec;

use tki_math::Identifier;
use tki_metadata::{AccountId, Core, Document, Mailbox};
use tki_record::{Address, Record, RecordHeader};
use tki_storage::Storage;

use crate::{
    error::{Culprit, Error, Reason},
    factor::Factor,
    shares::ShareBytes,
};

mod agreement;
mod offline;
mod probe;
mod signatures;

pub(crate) use agreement::Shown;
pub(crate) use offline::read_offline;
pub(crate) use probe::{MAX_SLOTS, Missing};
pub(crate) use signatures::check_record;

use agreement::agree;
use probe::{Found, find_listed, find_mailbox};
use signatures::Signatures;

/// How often an account is read at most while commits keep coming in between.
const MAX_READS: usize = 16;

/// One mailbox that a factor at hand has opened.
pub(crate) struct OpenedMailbox {
    /// Position of the factor in the caller's list.
    pub(crate) factor: usize,
    pub(crate) slot: u32,
    pub(crate) address: Address,
    /// Absent when it was opened from a device's copy.
    pub(crate) header: Option<RecordHeader>,
    pub(crate) sealed: Vec<u8>,
    pub(crate) mailbox: Mailbox,
}

impl OpenedMailbox {
    /// The shares of one of the account's keys: at place 0 of the current one.
    pub(crate) fn shares(&self, place: usize) -> Vec<(Identifier, ShareBytes)> {
        let key = self.mailbox.keys.get(place);
        key.map(|key| key.shares.clone()).unwrap_or_default()
    }

    /// The name of this mailbox in errors.
    pub(crate) fn culprit(&self) -> Culprit {
        match self.mailbox.keys.first().and_then(|key| key.shares.first()) {
            Some((identifier, _)) => Culprit::Mailbox(*identifier),
            None => Culprit::Document,
        }
    }
}

/// One agreed state of an account, as far as the factors at hand show it.
pub(crate) struct Snapshot {
    pub(crate) document: Document,
    /// Absent when it was read from a device's copy.
    pub(crate) document_header: Option<RecordHeader>,
    /// Hash of the sealed document: what a version is known by.
    pub(crate) document_hash: [u8; 32],
    pub(crate) document_address: Address,
    pub(crate) mailboxes: Vec<OpenedMailbox>,
    /// Factors that were at hand and are no holders.
    pub(crate) missing: Vec<Missing>,
}

impl Snapshot {
    pub(crate) const fn core(&self) -> &Core {
        &self.document.core
    }

    /// What every mailbox holds; there is at least one.
    pub(crate) fn common(&self) -> Result<&Mailbox, Error> {
        let first = self
            .mailboxes
            .first()
            .ok_or(Reason::Bug("a snapshot without mailboxes"))?;
        Ok(&first.mailbox)
    }
}

/// Reads the account of these factors from a storage.
///
/// A factor that knows no account is passed over as long as another one knows it. With `account`
/// given, other accounts of the same factors are passed over too. Without it a factor that holds
/// several is asked for the one that another factor holds.
pub(crate) async fn read(
    storage: &dyn Storage,
    factors: &[&dyn Factor],
    account: Option<AccountId>,
) -> Result<Snapshot, Error> {
    let read = read_one(storage, factors, account).await;
    let Some(other) = read.as_ref().err().and_then(Error::other_account) else {
        return read;
    };
    // Step 1.7: not if it was said which account is meant, or a device remembers it.
    if account.is_some() || factors.iter().any(|factor| remembered(*factor).is_some()) {
        return read;
    }
    let again = read_one(storage, factors, Some(other)).await;
    match again.as_ref().err().and_then(Error::other_account) {
        Some(_) => read,
        None => again,
    }
}

/// The same for the account of the first factor that has one, or the one that is wanted.
async fn read_one(
    storage: &dyn Storage,
    factors: &[&dyn Factor],
    account: Option<AccountId>,
) -> Result<Snapshot, Error> {
    // Step 1.6: again while something moves.
    let mut versions = None;
    for _ in 0..MAX_READS {
        let fetched = fetch(storage, factors, account).await?;
        let seen = fetched.versions();
        match agree(fetched) {
            Err(error) if versions.as_ref() != Some(&seen) => {
                versions = Some(seen);
                drop(error);
            }
            settled => return settled,
        }
    }
    Err(Reason::Conflict.into())
}

/// The records of one pass, each checked by itself only.
struct Fetched {
    mailboxes: Vec<OpenedMailbox>,
    document: Record,
    document_address: Address,
    missing: Vec<Missing>,
}

impl Fetched {
    fn versions(&self) -> Vec<u64> {
        let mailboxes = self
            .mailboxes
            .iter()
            .filter_map(|found| found.header.as_ref());
        let headers = mailboxes.chain(core::iter::once(self.document.header()));
        headers.map(RecordHeader::version).collect()
    }
}

async fn fetch(
    storage: &dyn Storage,
    factors: &[&dyn Factor],
    account: Option<AccountId>,
) -> Result<Fetched, Error> {
    let mut signatures = Signatures::default();
    let fetched = fetch_unverified(storage, factors, account, &mut signatures).await;
    // What is not validly signed is at fault, before anything that followed from it.
    signatures.verify()?;
    fetched
}

/// Reads and decrypts the records; their signatures are left to be verified together.
async fn fetch_unverified(
    storage: &dyn Storage,
    factors: &[&dyn Factor],
    account: Option<AccountId>,
    signatures: &mut Signatures,
) -> Result<Fetched, Error> {
    let mut wanted = account.or_else(|| factors.iter().find_map(|f| remembered(*f)));
    let mut mailboxes: Vec<OpenedMailbox> = Vec::with_capacity(factors.len());
    let mut missing = Vec::new();
    for (position, factor) in factors.iter().enumerate() {
        let found = find_mailbox(storage, (position, *factor), wanted, signatures).await?;
        match found {
            Found::Mailbox(found) => {
                wanted = Some(found.mailbox.account);
                mailboxes.push(*found);
            }
            Found::Nothing(nothing) => missing.push(nothing),
            Found::OtherAccount(other) => {
                return Err(Reason::FactorOfOtherAccount(factor.kind(), other).into());
            }
        }
    }
    let Some(first) = mailboxes.first() else {
        return Err(nothing_found(factors, &missing));
    };
    // Step 1.2: the document, where the account secret says.
    let document_address = first.mailbox.account_secret.document_address();
    let document = storage.get(&document_address).await?;
    let document = document.ok_or(Reason::Withheld(Culprit::Document))?;
    signatures.add(&document, &document_address, Culprit::Document)?;
    let fetched = Fetched {
        mailboxes,
        document,
        document_address,
        missing,
    };
    with_listed(storage, factors, fetched, signatures).await
}

/// With the mailboxes that the document lists for factors that found none by themselves.
async fn with_listed(
    storage: &dyn Storage,
    factors: &[&dyn Factor],
    mut fetched: Fetched,
    signatures: &mut Signatures,
) -> Result<Fetched, Error> {
    let Some(first) = fetched.mailboxes.first() else {
        return Ok(fetched);
    };
    if fetched.missing.is_empty() {
        return Ok(fetched);
    }
    let (key, address) = (&first.mailbox.document_key, &fetched.document_address);
    // One that does not open is named by whoever holds everything against it.
    let Ok(document) = Document::open(key, address, fetched.document.body()) else {
        return Ok(fetched);
    };
    let mut missing = Vec::new();
    for mut nothing in core::mem::take(&mut fetched.missing) {
        let factor = factors.get(nothing.position);
        let factor = *factor.ok_or(Reason::Bug("a factor that is not at hand"))?;
        let looked_for = (&mut nothing, factor);
        match find_listed(storage, looked_for, &document.core, signatures).await? {
            Some(found) => fetched.mailboxes.push(found),
            None => missing.push(nothing),
        }
    }
    fetched.missing = missing;
    Ok(fetched)
}

/// Why no factor led to an account.
fn nothing_found(factors: &[&dyn Factor], missing: &[Missing]) -> Error {
    let mut remembering = missing.iter().filter(|m| !m.remembered.is_empty());
    let withheld = remembering.next().and_then(|m| factors.get(m.position));
    let removed = missing.iter().rev().find_map(|m| m.factor.removed.clone());
    match (withheld, removed) {
        (Some(factor), _) => Reason::Withheld(Culprit::MailboxOf(factor.kind())).into(),
        (None, Some(removal)) => Reason::Removed(removal).into(),
        (None, None) => {
            let unasked = missing.iter().filter(|m| m.is_unasked);
            let unasked = unasked.filter_map(|m| factors.get(m.position));
            Reason::NotFound {
                kinds: factors.iter().map(|f| f.kind()).collect(),
                unasked: unasked.map(|f| f.kind()).collect(),
            }
            .into()
        }
    }
}

/// The account that a device remembers.
fn remembered(factor: &dyn Factor) -> Option<AccountId> {
    factor
        .membership()
        .map(|membership| membership.document.core.account)
}
