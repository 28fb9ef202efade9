//! Writing a version: the document and every live mailbox, in one commit.
//!
//! The steps are those of `docs/spec/account.md`, section 4.

use alloc::{boxed::Box, vec::Vec};

use rand_core::CryptoRng;
use tki_metadata::{
    AccountSecret, ControlKey, ControlSalt, Core, Document, DocumentKey, Extensions, Holder,
    HolderKind, Mailbox, MailboxKey, Pending, PendingSeed, SignedReceipt, Step,
};
use tki_provider::{Anchor, Takeover};
use tki_record::{Address, Claim, Commit, Record, RecordKind};
use tki_seal::{bip340::SigningKey, sealed_box};
use tki_storage::Storage;

use crate::{
    account::{Account, AnchorAt, Copies},
    error::{Culprit, Error, Reason},
    freshness::{self, Freshness},
    quorum::Shares,
    read::{OpenedMailbox, Snapshot, check_record},
    receipt::Receipt,
};

/// What every mailbox of a version holds besides its own share.
pub(crate) struct Secrets {
    pub(crate) account: AccountSecret,
    pub(crate) salt: ControlSalt,
    pub(crate) document: DocumentKey,
}

/// The record that a new version follows on.
pub(crate) enum Before {
    /// There is none: a new holder, or a new account. The claim names this writer.
    Claimed {
        claim: Claim,
        writer: Box<SigningKey>,
    },
    /// The one that is replaced.
    Record(Box<Record>),
}

impl Before {
    /// Where the record is.
    pub(crate) fn address(&self) -> Address {
        match self {
            Self::Claimed { claim, .. } => claim.address(),
            Self::Record(record) => record.address(),
        }
    }
}

/// Who signs the records of a version, and who those of the next.
pub(crate) struct Writers {
    pub(crate) now: ControlKey,
    /// Present at a removal: the writers change with the control salt.
    pub(crate) next: Option<ControlKey>,
}

impl Writers {
    /// Makes the record of this body after what was there before.
    fn record(&self, before: Before, body: Vec<u8>) -> Result<Record, Error> {
        // Step 4.5: signed by the writer of now, and handed over at a removal.
        match before {
            Before::Claimed { claim, writer } => self.first_record(claim, body, &writer),
            Before::Record(record) => {
                let address = &record.address();
                let writer = self.now.writer(address);
                let next = self
                    .next
                    .as_ref()
                    .map(|key| key.writer(address).public_key());
                record.next(body, &writer, next).map_err(refused_record)
            }
        }
    }

    /// Version 0. Where the claim is for the first writer of an invite, that one hands over to the
    /// account's own at once.
    fn first_record(
        &self,
        claim: Claim,
        body: Vec<u8>,
        writer: &SigningKey,
    ) -> Result<Record, Error> {
        let next = self.newest().writer(&claim.address()).public_key();
        let record = if writer.public_key() == next {
            Record::first(claim, body, writer)
        } else {
            Record::first_handing_over(claim, body, writer, next)
        };
        record.map_err(refused_record)
    }

    /// The key of those who write the version after this one.
    pub(crate) fn newest(&self) -> &ControlKey {
        self.next.as_ref().unwrap_or(&self.now)
    }
}

fn refused_record(_: tki_record::ShapeError) -> Error {
    Reason::Bug("a record that its own rules refuse").into()
}

/// What the engine puts together keeps to the rules of the format.
pub(crate) fn encoded<T>(form: Result<T, tki_metadata::Error>) -> Result<T, Error> {
    form.map_err(|_| Reason::Bug("content that the format refuses").into())
}

/// A version that is ready to be sealed and signed.
pub(crate) struct Draft {
    pub(crate) core: Core,
    pub(crate) secrets: Secrets,
    /// Of each key, in the order of the core.
    pub(crate) shares: Vec<Shares>,
    pub(crate) writers: Writers,
    pub(crate) document: Before,
    /// In the order of the core's holders.
    pub(crate) mailboxes: Vec<Before>,
    /// Records of removed holders, already closed.
    pub(crate) closed: Vec<Record>,
}

/// The records of a version and what they hold.
pub(crate) struct Built {
    pub(crate) commit: Commit,
    pub(crate) snapshot: Snapshot,
    pub(crate) sealed: Copies,
}

/// Seals and signs a draft. `open` lists the addresses of mailboxes whose content the caller may
/// keep: those of the factors at hand.
pub(crate) fn build(
    draft: Draft,
    open: &[(usize, u32, Address)],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Built, Error> {
    let Draft {
        core,
        secrets,
        shares,
        writers,
        document,
        mailboxes,
        closed,
    } = draft;
    let core_hash = core.hash();
    let mut records = Vec::with_capacity(core.holders.len() + closed.len() + 1);
    let mut hashes = Vec::with_capacity(core.holders.len());
    let mut sealed_mailboxes = Vec::with_capacity(core.holders.len());
    let mut opened = Vec::new();
    for (holder, before) in core.holders.iter().zip(mailboxes) {
        // Step 4.3: the mailbox of this version, sealed to its holder.
        let mailbox = mailbox_of(&core, core_hash, holder, &secrets, &shares)?;
        let context = tki_provider::box_context(&Mailbox::context(&holder.mailbox));
        let body = sealed_box::seal(&holder.box_key, context, &encoded(mailbox.encode())?, rng);
        hashes.push(Mailbox::hash(&body));
        sealed_mailboxes.push((holder.mailbox, body.clone()));
        let record = writers.record(before, body)?;
        if let Some((factor, slot, address)) = open.iter().find(|o| o.2 == holder.mailbox) {
            opened.push(OpenedMailbox {
                factor: *factor,
                slot: *slot,
                address: *address,
                header: Some(record.header().clone()),
                sealed: record.body().to_vec(),
                mailbox,
            });
        }
        records.push(record);
    }
    let document_address = document.address();
    // Step 4.4: the document lists the sealed mailboxes.
    let sealed_document = Document::new(core, hashes);
    let body = encoded(sealed_document.seal(&secrets.document, &document_address, rng))?;
    let record = writers.record(document, body)?;
    let header = record.header().clone();
    records.push(record);
    records.extend(closed);
    let commit =
        Commit::new(records).map_err(|_| Reason::Bug("a commit that its own rules refuse"))?;
    let snapshot = Snapshot {
        document: sealed_document,
        document_hash: *header.body_hash(),
        document_header: Some(header),
        document_address,
        mailboxes: opened,
        missing: Vec::new(),
    };
    Ok(Built {
        commit,
        snapshot,
        sealed: sealed_mailboxes,
    })
}

fn mailbox_of(
    core: &Core,
    core_hash: [u8; 32],
    holder: &Holder,
    secrets: &Secrets,
    shares: &[Shares],
) -> Result<Mailbox, Error> {
    let mut keys = Vec::with_capacity(core.keys.len());
    for (key, shares) in core.keys.iter().zip(shares) {
        let mut own = Vec::with_capacity(holder.identifiers.len());
        for identifier in &holder.identifiers {
            let share = shares.by_identifier.get(identifier);
            let share = share.ok_or(Reason::Bug("a holder without a share"))?;
            own.push((*identifier, share.clone()));
        }
        keys.push(MailboxKey::new(key.verifying_key.clone(), own));
    }
    Ok(Mailbox {
        account: core.account,
        account_secret: secrets.account.clone(),
        version: core.version,
        core_hash,
        keys,
        epoch: core.epoch,
        control_salt: secrets.salt.clone(),
        document_key: secrets.document.clone(),
        extensions: Extensions::new(),
    })
}

/// Claims the document's address for the first writer.
pub(crate) fn claim_document(core: &Core, secret: &AccountSecret, control: &ControlKey) -> Before {
    let key = secret.document_claim_key();
    let address = Address::derive(RecordKind::Document, 0, &key.public_key());
    let writer = Box::new(control.writer(&address));
    let binding = secret
        .binding_key(&core.account, &core.first_verifying_key)
        .binding(&address);
    let claim = Claim::sign(RecordKind::Document, 0, &key, writer.public_key(), binding);
    Before::Claimed { claim, writer }
}

/// A reservation to be made at a provider's anchor before the commit.
pub(crate) struct Reservation<'f> {
    pub(crate) anchor: &'f dyn Anchor,
    pub(crate) slot: u32,
    pub(crate) takeover: Takeover,
}

/// A version that is sealed, signed and not yet written. Nobody else knows of it.
///
/// [`Prepared::announce`] makes it durable on a device what is about to happen; then words are
/// handed to their owner; then [`Prepared::commit`].
pub struct Prepared<'f> {
    pub(crate) built: Built,
    pub(crate) base_version: Option<u64>,
    pub(crate) steps: Vec<Step>,
    pub(crate) seeds: Vec<PendingSeed>,
    pub(crate) receipt: Receipt,
    pub(crate) signed: SignedReceipt,
    /// Where an earlier operation, whose outcome is unknown, would have put a device at hand.
    pub(crate) awaited: Vec<Address>,
    pub(crate) anchors: Vec<AnchorAt<'f>>,
    pub(crate) reservations: Vec<Reservation<'f>>,
    pub(crate) freshness: Freshness,
}

/// A version that was written.
#[non_exhaustive]
pub struct Committed<'f> {
    /// What the change did.
    pub receipt: Receipt,
    /// The same, signed with the account's key.
    pub signed: SignedReceipt,
    /// The account after it, with the factors that were at hand.
    pub account: Account<'f>,
    /// Whether every anchor at hand vouches for the new version. One that does not will be told
    /// when the account is next opened.
    pub anchored: bool,
}

impl<'f> Prepared<'f> {
    /// What the operation does, step by step: the same steps asked for again are this operation.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The description of the account after the change.
    #[must_use]
    pub const fn core(&self) -> &Core {
        &self.built.snapshot.document.core
    }

    /// What the document of this version hashes to: the account's history has it if and only if the
    /// change happened.
    #[must_use]
    pub const fn version_hash(&self) -> &[u8; 32] {
        &self.built.snapshot.document_hash
    }

    /// What the change will do.
    #[must_use]
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The same, signed with the account's key: who holds the account's address can verify it.
    #[must_use]
    pub const fn signed_receipt(&self) -> &SignedReceipt {
        &self.signed
    }

    /// Commits the version and tells the anchors. The device that announced it is settled by
    /// [`Device::settle`](crate::Device::settle) afterwards, or told of the
    /// conflict by [`Device::forget_pending`](crate::Device::forget_pending).
    ///
    /// # Errors
    /// `Conflict` if another change came first; `OutcomeUnknown` if no answer came and the storage
    /// does not show the new version, which may still arrive, or if an earlier attempt with the same
    /// new seeds arrived meanwhile: [`Device::outcome`](crate::Device::outcome) tells; the storage's
    /// other errors, after which nothing was written.
    pub async fn commit(self, storage: &dyn Storage) -> Result<Committed<'f>, Error> {
        // Step 4.6: the anchors of new holders are reserved.
        let header = self.built.snapshot.document_header.as_ref();
        let claim = header
            .ok_or(Reason::Bug("a version without a header"))?
            .claim();
        for Reservation {
            anchor,
            slot,
            takeover,
        } in &self.reservations
        {
            anchor.reserve(*slot, claim, *takeover).await?;
        }
        // Step 4.7: all at once; a lost answer is settled by reading back.
        match storage.commit(&self.built.commit).await {
            Ok(()) => {}
            Err(tki_storage::Error::OutcomeUnknown { .. }) => self.read_back(storage).await?,
            Err(tki_storage::Error::Conflict { .. }) => return Err(self.lost(storage).await),
            Err(error) => return Err(error.into()),
        }
        let Self {
            built,
            receipt,
            signed,
            anchors,
            freshness,
            ..
        } = self;
        let Built {
            snapshot, sealed, ..
        } = built;
        let mut account = Account {
            snapshot,
            freshness,
            anchors,
            sealed: Some(sealed),
            remembered: Vec::new(),
            awaited: Vec::new(),
            // It is what this operation wrote.
            proven: true,
        };
        // Step 4.8: the anchors are told.
        let anchored = account.advance_anchors().await;
        if !anchored && account.freshness == Freshness::Verified {
            account.freshness = Freshness::AtLeast(account.version());
        }
        Ok(Committed {
            receipt,
            signed,
            account,
            anchored,
        })
    }

    /// Why a race was lost: against an earlier attempt, whose answer never came, it was won. Nobody
    /// else has the seeds of new words, of a new device, or the next one of a device at hand.
    async fn lost(&self, storage: &dyn Storage) -> Error {
        let new = self.built.commit.records().iter().filter(|record| {
            let holder = self.core().holder_at(&record.address());
            // Whoever was invited has its own seed, and can put anything there.
            let is_invited = record.next_writer().is_some();
            record.version() == 0
                && !is_invited
                && holder.is_some_and(|h| h.kind != HolderKind::Provider)
        });
        let mut ours_alone: Vec<Address> = new.map(Record::address).collect();
        ours_alone.extend(&self.awaited);
        for address in ours_alone {
            if !matches!(storage.get(&address).await, Ok(None)) {
                return Reason::OutcomeUnknown.into();
            }
        }
        Reason::Conflict.into()
    }

    /// Settles an unknown outcome by looking at what is stored now.
    async fn read_back(&self, storage: &dyn Storage) -> Result<(), Error> {
        let snapshot = &self.built.snapshot;
        let unknown = || Error::from(Reason::OutcomeUnknown);
        let stored = storage
            .get(&snapshot.document_address)
            .await
            .map_err(|_| unknown())?;
        let Some(stored) = stored else {
            return Err(unknown());
        };
        if *stored.header().body_hash() == snapshot.document_hash {
            return Ok(());
        }
        // Another one has this version's place. Above it, ours may be what was built upon.
        let is_ours_to_take = stored.version() == self.core().version;
        check_record(&stored, &snapshot.document_address, Culprit::Document)
            .map_err(|_| unknown())?;
        if is_ours_to_take {
            Err(Reason::Conflict.into())
        } else {
            Err(unknown())
        }
    }
}

/// Whether a commit that was announced from this version on is part of the account's history.
pub(crate) fn is_in_history(account: &Account<'_>, pending: &Pending) -> bool {
    let version = pending
        .base_version
        .map_or(0, |base| base.saturating_add(1));
    let core = account.core();
    let known = freshness::hash_at(core, account.version_hash(), version);
    known == Some(&pending.document_hash)
}
