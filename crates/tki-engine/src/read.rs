//! Reading an account: the mailboxes of the factors at hand and the document, checked against
//! each other.
//!
//! Nothing that a storage says is believed alone. A record must be signed by its writer and
//! claimed for this account; every mailbox must name the same account, version, core and key as
//! the document; the document must list the hash of every mailbox. What does not agree is read
//! again as long as something moved (a commit came in between), then refused.

use alloc::{boxed::Box, vec, vec::Vec};
use core::cmp::Ordering;

use tki_math::Identifier;
use tki_metadata::{AccountId, BindingKey, Core, Document, DocumentKey, Mailbox, Notice};
use tki_record::{Address, Record, RecordHeader};
use tki_storage::Storage;

use crate::{
    error::{Culprit, Error, Reason},
    factor::Factor,
    quorum::ShareBytes,
    receipt::first_identifier,
};

/// How often an account is read at most while commits keep coming in between.
const MAX_READS: usize = 16;

/// How many slots are looked through at most.
pub(crate) const MAX_SLOTS: u32 = 1024;

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
    /// The shares of the account's first key, which is the current one.
    pub(crate) fn shares(&self) -> Vec<(Identifier, ShareBytes)> {
        let first = self.mailbox.keys.first();
        first.map(|key| key.shares.clone()).unwrap_or_default()
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
/// given, other accounts of the same factors are passed over too.
pub(crate) async fn read(
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
    /// Where factors at hand would have their mailboxes, for all that the storage says.
    missing: Vec<Address>,
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
    let mut removed = None;
    for (position, factor) in factors.iter().enumerate() {
        let found = find_mailbox(storage, (position, *factor), wanted, signatures).await?;
        match found {
            Found::Mailbox(found) => {
                wanted = Some(found.mailbox.account);
                mailboxes.push(*found);
            }
            Found::Absent { address } => missing.push(address),
            Found::OtherAccount => {
                return Err(Reason::FactorOfOtherAccount(factor.kind()).into());
            }
            Found::Removed { version, next } => {
                missing.push(next);
                removed = Some(version);
            }
        }
    }
    let Some(first) = mailboxes.first() else {
        return Err(match removed {
            Some(version) => Reason::Removed { version }.into(),
            None => Reason::NotFound(factors.iter().map(|f| f.kind()).collect()).into(),
        });
    };
    // Step 1.2: the document, where the account secret says.
    let document_address = first.mailbox.account_secret.document_address();
    let document = storage.get(&document_address).await?;
    let document = document.ok_or(Reason::Withheld(Culprit::Document))?;
    signatures.add(&document, &document_address, Culprit::Document)?;
    Ok(Fetched {
        mailboxes,
        document,
        document_address,
        missing,
    })
}

/// The account that a device remembers.
fn remembered(factor: &dyn Factor) -> Option<AccountId> {
    factor
        .membership()
        .map(|membership| membership.document.core.account)
}

/// What a factor finds when it looks for its mailbox.
enum Found {
    /// The first one would be at this address.
    Absent {
        address: Address,
    },
    Mailbox(Box<OpenedMailbox>),
    OtherAccount,
    /// It would come back at the next address.
    Removed {
        version: u64,
        next: Address,
    },
}

/// Probes slots upward: skips closed ones and those of other accounts, stops at the first that is
/// known to be absent.
async fn find_mailbox(
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
    for slot in 0..MAX_SLOTS {
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
            last = Found::OtherAccount;
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
struct Signatures(Vec<(RecordHeader, Culprit)>);

impl Signatures {
    /// Notes a record, which must be the one asked for.
    fn add(&mut self, record: &Record, address: &Address, culprit: Culprit) -> Result<(), Error> {
        if record.address() != *address {
            return Err(Reason::BadRecord(culprit).into());
        }
        self.0.push((record.header().clone(), culprit));
        Ok(())
    }

    /// Verifies them all; one that does not verify is named.
    fn verify(self) -> Result<(), Error> {
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

/// Opens the document and holds everything against it.
fn agree(fetched: Fetched) -> Result<Snapshot, Error> {
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
    })
}

/// A factor at hand that the document lists has a mailbox, whatever the storage says.
fn check_missing(core: &Core, missing: &[Address]) -> Result<(), Error> {
    // Step 1.4: and lists no mailbox that was asked for and is absent.
    let mut withheld = missing.iter().filter_map(|address| core.holder_at(address));
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

    fn check_mailbox(&self, found: &OpenedMailbox) -> Result<(), Error> {
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
