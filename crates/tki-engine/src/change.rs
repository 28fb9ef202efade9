//! Changing an account: who holds it, how many are needed, or only the shares themselves.
//!
//! | change | polynomial | control salt | who writes next |
//! |---|---|---|---|
//! | add | the same | the same | the same |
//! | threshold, refresh | new | the same | the same |
//! | remove | new | new | handed over to the new control key |

use alloc::{boxed::Box, vec::Vec};

use rand_core::CryptoRng;
use tki_math::{Identifier, Threshold};
use tki_metadata::{
    ControlKey, ControlSalt, Core, DocumentKey, Extensions, Holder, Mailbox, Notice, OperationId,
    Step,
};
use tki_provider::Takeover;
use tki_record::{Address, Record, RecordHeader};
use tki_seal::sealed_box;
use tki_storage::Storage;

use crate::{
    account::{AnchorAt, Opened, check_writer},
    commit::{self, Before, Draft, Prepared, Secrets, Writers},
    create::{self, Another, MAX_HOLDERS, Newcomer, OfflineCopies},
    error::{Culprit, Error, InvalidChange, Reason},
    factor::Factor,
    freshness::Freshness,
    quorum::Shares,
    read::{self, Snapshot},
    receipt::{Receipt, first_identifier},
};

/// Whether a change may build on a state that nothing vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a yes or no with a name")]
pub enum Unverified {
    /// Take it as the newest.
    Accept,
    /// End with `Unverified`.
    Refuse,
}

/// A change to an opened account, not yet prepared. One change is one version and one commit.
pub struct Change<'o, 'f> {
    opened: &'o Opened<'f>,
    added: Vec<(&'f dyn Factor, OfflineCopies)>,
    removed: Vec<Identifier>,
    threshold: Option<u16>,
    refresh: bool,
    unverified: Unverified,
}

impl<'f> Opened<'f> {
    /// Begins a change. Nothing happens before it is prepared and committed.
    #[must_use]
    pub const fn change<'o>(&'o self) -> Change<'o, 'f> {
        Change::new(self)
    }
}

impl<'o, 'f> Change<'o, 'f> {
    const fn new(opened: &'o Opened<'f>) -> Self {
        Self {
            opened,
            added: Vec::new(),
            removed: Vec::new(),
            threshold: None,
            refresh: false,
            unverified: Unverified::Refuse,
        }
    }

    /// Adds a factor that is at hand.
    #[must_use]
    pub fn add(mut self, factor: &'f dyn Factor, offline: OfflineCopies) -> Self {
        self.added.push((factor, offline));
        self
    }

    /// Removes a factor. What it can still do stands in the receipt.
    #[must_use]
    pub fn remove(mut self, identifier: Identifier) -> Self {
        self.removed.push(identifier);
        self
    }

    /// Sets how many factors are needed.
    #[must_use]
    pub const fn threshold(mut self, threshold: u16) -> Self {
        self.threshold = Some(threshold);
        self
    }

    /// Gives every factor a new share of the same key.
    #[must_use]
    pub const fn refresh(mut self) -> Self {
        self.refresh = true;
        self
    }

    /// Whether to build on a state that nothing vouches for.
    #[must_use]
    pub const fn unverified(mut self, unverified: Unverified) -> Self {
        self.unverified = unverified;
        self
    }

    /// Prepares the change: reads every mailbox record, makes the new shares, seals and signs.
    ///
    /// # Errors
    /// `InvalidChange`; `Unverified`; `Exists` if an added factor holds an account already;
    /// `Refused` naming the holder whose record is missing or not under this account's control;
    /// errors of storage and provider.
    pub async fn prepare(
        self,
        storage: &dyn Storage,
        now: u64,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Prepared<'f>, Error> {
        self.check()?;
        let before = self.opened.account.core();
        let records = self.read_records(storage).await?;
        let own = Some(self.opened.account.document_address());
        let newcomers = create::find_newcomers(storage, &self.added, Another::Refuse, own).await?;
        let (core, shares) = self.next_version(&newcomers, now, rng)?;
        let (secrets, writers) = self.next_secrets(rng)?;
        let Records {
            document,
            mailboxes,
            repaired,
        } = records;
        let (mut mailboxes, closed) = self.follow(mailboxes, &core, &writers, now, rng)?;
        for newcomer in &newcomers {
            mailboxes.push(newcomer.claim(&core, &secrets, &writers).await?);
        }
        let mut open = self.kept_open(&core);
        open.extend(create::opened_by(&newcomers, usize::MAX));
        let receipt = Receipt::new(Some(before), &core, &self.removed, &repaired);
        let document = Before::Record(Box::new(document));
        let draft = Draft {
            core,
            secrets,
            shares,
            writers,
            document,
            mailboxes,
            closed,
        };
        let built = commit::build(draft, &open, rng)?;
        let (anchors, reservations) = self.anchors(&newcomers);
        Ok(Prepared {
            built,
            base_version: Some(before.version),
            steps: self.steps(),
            seeds: create::undelivered_seeds(&newcomers),
            receipt,
            freshness: self.freshness_after(),
            anchors,
            reservations,
        })
    }

    /// What every mailbox of the next version holds, and who writes it: a removal changes the salt
    /// and with it the writers; a new polynomial changes the document key.
    fn next_secrets(&self, rng: &mut (dyn CryptoRng + Send)) -> Result<(Secrets, Writers), Error> {
        let common = self.opened.account.snapshot.common()?;
        let mut secrets = Secrets {
            account: common.account_secret.clone(),
            salt: common.control_salt.clone(),
            document: common.document_key.clone(),
        };
        let mut writers = Writers {
            now: self.opened.control_key()?,
            next: None,
        };
        if !self.removed.is_empty() {
            secrets.salt = ControlSalt::random(rng);
            writers.next = Some(self.opened.quorum.control_key(&secrets.salt)?);
        }
        if self.makes_new_polynomial() {
            secrets.document = DocumentKey::random(rng);
        }
        Ok((secrets, writers))
    }

    /// What the records of the holders become: followed on, or closed.
    fn follow(
        &self,
        records: Vec<Option<Record>>,
        core: &Core,
        writers: &Writers,
        now: u64,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<(Vec<Before>, Vec<Record>), Error> {
        let holders = &self.opened.account.core().holders;
        let mut followed = Vec::with_capacity(core.holders.len());
        let mut closed = Vec::new();
        for (holder, record) in holders.iter().zip(records) {
            if self.removed.contains(&first_identifier(holder)) {
                closed.extend(self.close((holder, record), core, writers, now, rng)?);
            } else {
                let culprit = Culprit::Mailbox(first_identifier(holder));
                let record = record.ok_or(Reason::Withheld(culprit))?;
                followed.push(Before::Record(Box::new(record)));
            }
        }
        Ok((followed, closed))
    }

    /// What can be refused without reading anything.
    fn check(&self) -> Result<(), Error> {
        let account = &self.opened.account;
        let core = account.core();
        let asks = !self.added.is_empty()
            || !self.removed.is_empty()
            || self.refresh
            || self.threshold.is_some();
        if !asks {
            return Err(InvalidChange::Empty.into());
        }
        for (position, identifier) in self.removed.iter().enumerate() {
            let repeated = self
                .removed
                .iter()
                .take(position)
                .any(|other| other == identifier);
            if core.holder(*identifier).is_none() || repeated {
                return Err(InvalidChange::UnknownHolder(*identifier).into());
            }
        }
        if core.holders.len() - self.removed.len() + self.added.len() > MAX_HOLDERS {
            return Err(InvalidChange::TooManyHolders.into());
        }
        if !account.freshness.is_vouched_for() && self.unverified == Unverified::Refuse {
            return Err(Reason::Unverified.into());
        }
        Ok(())
    }

    /// Shares change with the threshold, with a removal, and when it is asked for.
    fn makes_new_polynomial(&self) -> bool {
        let core = self.opened.account.core();
        let raised = self
            .threshold
            .is_some_and(|t| t != core.structure.threshold().get());
        self.refresh || raised || !self.removed.is_empty()
    }

    /// The core of the next version and everybody's share under it.
    fn next_version(
        &self,
        newcomers: &[Newcomer<'_>],
        now: u64,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<(Core, Shares), Error> {
        let account = &self.opened.account;
        let before = account.core();
        // Step 4.2: the core of the next version, and everybody's share under it.
        let mut core = before.clone();
        core.version = next_number(before.version)?;
        core.operation = OperationId::random(rng);
        core.history = before.next_history(*account.version_hash());
        core.holders
            .retain(|holder| !self.removed.contains(&first_identifier(holder)));
        for newcomer in newcomers {
            let identifier = core.next_identifier;
            core.holders.push(newcomer.holder(identifier, now)?);
            core.next_identifier = identifier
                .next()
                .ok_or(Reason::Bug("identifiers ran out"))?;
        }
        let threshold = self
            .threshold
            .unwrap_or_else(|| threshold_number(before.structure.threshold()));
        core.structure = create::threshold_structure(threshold, core.holders.len())?;
        let identifiers = core.identifiers();
        let shares = if self.makes_new_polynomial() {
            core.epoch = before.epoch.next().ok_or(Reason::Bug("epochs ran out"))?;
            self.opened
                .quorum
                .reshare(&core.structure, &identifiers, rng)?
        } else {
            self.opened.quorum.shares_at(&identifiers)?
        };
        if let Some(key) = core.keys.first_mut() {
            key.commitments = shares.commitments.clone();
        }
        Ok((core, shares))
    }

    /// Every record that the commit will follow on, under this account's control.
    ///
    /// The document is read after the mailboxes: if it has not moved, neither had they. A mailbox
    /// of ours that is not the listed one was rolled back; writing over it mends it. One that is not
    /// validly signed can only be given up, by removing its holder.
    async fn read_records(&self, storage: &dyn Storage) -> Result<Records, Error> {
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
                Err(_) if self.removed.contains(&identifier) => records.mailboxes.push(None),
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

    /// Closes a removed holder's mailbox with a notice for it. One that the storage lost needs no
    /// closing.
    fn close(
        &self,
        (holder, record): (&Holder, Option<Record>),
        core: &Core,
        writers: &Writers,
        now: u64,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Option<Record>, Error> {
        let Some(record) = record else {
            return Ok(None);
        };
        let notice = Notice {
            account: core.account,
            version: core.version,
            removed: now,
            extensions: Extensions::new(),
        };
        let context = tki_provider::box_context(&Notice::context(&holder.mailbox));
        let body = sealed_box::seal(
            &holder.box_key,
            context,
            &commit::encoded(notice.encode())?,
            rng,
        );
        let writer = writers.now.writer(&holder.mailbox);
        let closed = record.close(body, &writer);
        Ok(Some(closed.map_err(|_| {
            Reason::Bug("a record that its own rules refuse")
        })?))
    }

    /// The mailboxes of the factors at hand that stay.
    fn kept_open(&self, core: &Core) -> Vec<(usize, u32, Address)> {
        let mailboxes = &self.opened.account.snapshot.mailboxes;
        let kept = mailboxes.iter().filter(|found| {
            core.holders
                .iter()
                .any(|holder| holder.mailbox == found.address)
        });
        kept.map(|found| (found.factor, found.slot, found.address))
            .collect()
    }

    fn anchors(
        &self,
        newcomers: &[Newcomer<'f>],
    ) -> (Vec<AnchorAt<'f>>, Vec<commit::Reservation<'f>>) {
        let (mut anchors, reservations) = create::anchors_of(newcomers, Takeover::Refuse);
        anchors.extend(self.opened.account.anchors.iter().copied());
        (anchors, reservations)
    }

    /// Who made a version knows of nothing newer; what vouched before vouches for it.
    const fn freshness_after(&self) -> Freshness {
        match self.opened.account.freshness {
            Freshness::AtLeast(_) => {
                Freshness::AtLeast(self.opened.account.core().version.saturating_add(1))
            }
            Freshness::Unverified => Freshness::Unverified,
            Freshness::Verified => Freshness::Verified,
        }
    }

    /// What the change does, as it is written down before it is committed.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let added = self
            .added
            .iter()
            .map(|(factor, offline)| create::add_step(*factor, *offline));
        let removed = self.removed.iter().map(|x| Step::Remove { identifier: *x });
        let threshold = self.threshold.and_then(|t| Threshold::new(t).ok());
        let threshold = threshold.map(|threshold| Step::SetThreshold { threshold });
        let refresh = self.refresh.then_some(Step::Refresh);
        added
            .chain(removed)
            .chain(threshold)
            .chain(refresh)
            .collect()
    }
}

struct Records {
    document: Record,
    /// In the order of the holders; absent where the storage has none.
    mailboxes: Vec<Option<Record>>,
    /// Holders whose stored mailbox is not the one that the document lists.
    repaired: Vec<Identifier>,
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

const fn threshold_number(threshold: Threshold) -> u16 {
    threshold.get()
}

fn next_number(version: u64) -> Result<u64, Error> {
    version
        .checked_add(1)
        .ok_or_else(|| Reason::Bug("versions ran out").into())
}
