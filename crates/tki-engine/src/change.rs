//! Changing an account: who holds it, how many are needed, or only the shares themselves.
//!
//! | change | polynomial | control salt | who writes next |
//! |---|---|---|---|
//! | add, rename | the same, if those at hand show all shares | the same | the same |
//! | threshold or structure, refresh, renew | new | the same | the same |
//! | remove | new | new | handed over to the new control key |
//!
//! What a change does about the account's key is in `rotate.rs`.

use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};

use rand_core::CryptoRng;
use tki_math::{AccessStructure, Identifier};
use tki_metadata::{
    Arrangement, ControlKey, ControlSalt, Core, DocumentKey, Extensions, Holder, HolderName,
    Mailbox, Notice, OperationId, Step,
};
use tki_provider::Takeover;
use tki_record::{Address, Record, RecordHeader};
use tki_seal::sealed_box;
use tki_storage::Storage;

use crate::{
    account::{AnchorAt, Opened, check_writer},
    commit::{self, Before, Draft, Prepared, Secrets, Writers},
    create::{self, Another, MAX_HOLDERS, Newcomer, OfflineCopies, Taken},
    error::{Culprit, Error, InvalidChange, Reason},
    factor::Factor,
    freshness::Freshness,
    history::{self, Made},
    label,
    quorum::{Peg, Shares, Sharing},
    read::{self, Snapshot},
    receipt::{Receipt, first_identifier},
    rotate::Rotation,
    stack,
    structure::{self, Wish},
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
    pub(crate) opened: &'o Opened<'f>,
    added: Vec<(&'f dyn Factor, OfflineCopies)>,
    removed: Vec<Identifier>,
    renamed: Vec<(Identifier, String)>,
    renewed: Vec<(Identifier, &'f dyn Factor)>,
    structure: Option<Wish>,
    refresh: bool,
    pub(crate) rotation: Option<Rotation>,
    /// Which next key a move that ends is about.
    pub(crate) expected_next: Vec<u8>,
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
            renamed: Vec::new(),
            renewed: Vec::new(),
            structure: None,
            refresh: false,
            rotation: None,
            expected_next: Vec::new(),
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

    /// Gives a factor another name. Nothing else changes.
    #[must_use]
    pub fn rename(mut self, identifier: Identifier, label: &str) -> Self {
        self.renamed.push((identifier, label.into()));
        self
    }

    /// Gives a factor another opening seed: that of `renewed`, which is of the same kind and at
    /// hand. It keeps its identifier, name and date; every factor gets a new share.
    ///
    /// The old seed opens nothing that is made from then on. What it can still do with an archive
    /// of old records stands in the receipt. A login cannot be renewed: its provider makes the seed.
    #[must_use]
    pub fn renew(mut self, identifier: Identifier, renewed: &'f dyn Factor) -> Self {
        self.renewed.push((identifier, renewed));
        self
    }

    /// Sets how many factors are needed: any so many. A nested structure ends with that.
    #[must_use]
    pub fn threshold(mut self, threshold: u16) -> Self {
        self.structure = Some(Wish::Threshold(threshold));
        self
    }

    /// Sets who suffices, over the factors that there will be, each by its identifier; those that
    /// are added have the account's next identifiers, in the order of asking. A threshold that was
    /// asked for before does not count any more.
    ///
    /// Without it, whoever is added becomes one more member beside the others, at the same number;
    /// whoever is removed is gone from the gates that he was in; and whoever is added in the change
    /// that removes another takes the other's places.
    #[must_use]
    pub fn structure(mut self, arrangement: Arrangement) -> Self {
        self.structure = Some(Wish::Arrangement(arrangement));
        self
    }

    /// Gives every factor a new share of the same key.
    #[must_use]
    pub const fn refresh(mut self) -> Self {
        self.refresh = true;
        self
    }

    pub(crate) const fn with_rotation(mut self, rotation: Rotation) -> Self {
        self.rotation = Some(rotation);
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
        let prepared = self.build(storage, now, rng).await;
        stack::wipe();
        prepared
    }

    async fn build(
        self,
        storage: &dyn Storage,
        now: u64,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Prepared<'f>, Error> {
        self.check()?;
        let before = self.opened.account.core();
        let records = self.read_records(storage).await?;
        let taken = Taken {
            another: Another::Refuse,
            unfinished: Takeover::Refuse,
            own: Some(self.opened.account.document_address()),
        };
        let newcomers = create::find_newcomers(storage, &self.wanted(), taken).await?;
        let (added, renewed) = newcomers.split_at(self.added.len());
        let (mut core, shares) = self.next_version(added, renewed, now, rng)?;
        let (secrets, writers) = self.next_secrets(rng)?;
        let Records {
            document,
            mailboxes,
            repaired,
        } = records;
        let mut claims = BTreeMap::new();
        for ((identifier, _), newcomer) in self.renewed.iter().zip(renewed) {
            let claim = newcomer.claim(&core, &secrets, &writers).await?;
            claims.insert(*identifier, claim);
        }
        let notice = notice(&core, &self.made(now))?;
        let close =
            |holder: &Holder, record: &Record| close(holder, record, &notice, &writers, rng);
        let (mut mailboxes, closed) = self.follow(mailboxes, claims, close)?;
        for newcomer in added {
            mailboxes.push(newcomer.claim(&core, &secrets, &writers).await?);
        }
        let mut open = self.kept_open(&core);
        open.extend(create::opened_by(&newcomers, usize::MAX));
        let receipt = Receipt::new(Some(before), &core, &repaired, storage.retention());
        let signed = history::record(&mut core, &receipt, self.made(now), &|key, message| {
            self.opened.sign_event(key, message)
        })?;
        let draft = Draft {
            core,
            secrets,
            shares,
            writers,
            document: Before::Record(Box::new(document)),
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
            signed,
            awaited: self.opened.account.awaited.clone(),
            freshness: self.freshness_after(),
            anchors,
            reservations,
        })
    }

    /// Who makes the change: the factors at hand.
    fn made(&self, now: u64) -> Made {
        let found = self.opened.account.found();
        let by = found.filter_map(|found| found.holder.map(HolderName::of));
        Made {
            by: by.collect(),
            now,
        }
    }

    /// What every mailbox of the next version holds, and who writes it: a removal changes the salt
    /// and with it the writers, as does another key; a new polynomial changes the document key.
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
        let ends = self.rotation == Some(Rotation::Confirm);
        if ends || !self.removed.is_empty() {
            secrets.salt = ControlSalt::random(rng);
            // Step 7.4: from the key that is the first of the next version.
            writers.next = Some(self.next_writers_key()?.control_key(&secrets.salt)?);
        }
        if self.makes_new_polynomial() {
            secrets.document = DocumentKey::random(rng);
        }
        Ok((secrets, writers))
    }

    /// What the records of the holders become: followed on or, of renewed holders, left for a new
    /// one. The records of those who leave are closed.
    fn follow(
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

    /// What can be refused without reading anything.
    fn check(&self) -> Result<(), Error> {
        let account = &self.opened.account;
        let core = account.core();
        let asks = !self.added.is_empty()
            || !self.removed.is_empty()
            || !self.renewed.is_empty()
            || self.refresh
            || self.structure.is_some()
            || self.rotation.is_some()
            || self.renames();
        if !asks {
            return Err(InvalidChange::Empty.into());
        }
        self.check_named()?;
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
        self.check_rotation()?;
        self.check_freedom()?;
        if core.holders.len() - self.removed.len() + self.added.len() > MAX_HOLDERS {
            return Err(InvalidChange::TooManyHolders.into());
        }
        if !account.freshness.is_vouched_for() && self.unverified == Unverified::Refuse {
            return Err(Reason::Unverified.into());
        }
        Ok(())
    }

    /// Whether anybody gets a name that is not the one it has, or one that nobody can have.
    fn renames(&self) -> bool {
        let core = self.opened.account.core();
        let differs = |(x, label): &(Identifier, String)| {
            core.holder(*x).is_none_or(|holder| holder.label != *label)
        };
        self.renamed.iter().any(differs)
    }

    /// Who is renamed or renewed stays, and each is so once; names are names; whoever is renewed is
    /// what it was.
    fn check_named(&self) -> Result<(), Error> {
        let core = self.opened.account.core();
        let renamed: Vec<_> = self.renamed.iter().map(|(x, _)| *x).collect();
        let renewed: Vec<_> = self.renewed.iter().map(|(x, _)| *x).collect();
        for named in [&renamed, &renewed] {
            for (position, identifier) in named.iter().enumerate() {
                if core.holder(*identifier).is_none() {
                    return Err(InvalidChange::UnknownHolder(*identifier).into());
                }
                let repeated = named.iter().take(position).any(|other| other == identifier);
                if repeated || self.removed.contains(identifier) {
                    return Err(InvalidChange::Twice(*identifier).into());
                }
            }
        }
        for (_, label) in &self.renamed {
            label::check(label)?;
        }
        for (identifier, factor) in &self.renewed {
            let kind = core.holder(*identifier).map(|holder| holder.kind);
            if kind.is_some_and(|kind| !kind.is_renewable()) {
                return Err(InvalidChange::NotRenewable(*identifier).into());
            }
            if kind != Some(factor.kind()) {
                return Err(InvalidChange::OtherKind(*identifier).into());
            }
        }
        Ok(())
    }

    /// The factors that claim a mailbox: those added, then those renewed, whose copies are kept or
    /// not as they were.
    fn wanted(&self) -> Vec<(&'f dyn Factor, OfflineCopies)> {
        // Whether copies are kept stays with the holder; a renewed factor is not asked.
        let renewed = self
            .renewed
            .iter()
            .map(|(_, factor)| (*factor, OfflineCopies::Keep));
        self.added.iter().copied().chain(renewed).collect()
    }

    /// The factors that are not holders yet, and those that take the place of themselves.
    pub(crate) fn newcomers(&self) -> impl Iterator<Item = &'f dyn Factor> {
        let added = self.added.iter().map(|(factor, _)| *factor);
        added.chain(self.renewed.iter().map(|(_, factor)| *factor))
    }

    /// Shares change with the structure, with a removal, with a renewal, with a key that is new or
    /// alone from now on, when it is asked for, and where those at hand do not show what they are.
    pub(crate) fn makes_new_polynomial(&self) -> bool {
        let structure = &self.opened.account.core().structure;
        let wish = self.structure.as_ref();
        let raised = wish.is_some_and(|wish| wish.changes(structure))
            || !structure::shows_all(structure, &self.opened.quorum.identifiers());
        let pegs = self.added.iter().any(|(factor, _)| factor.peg().is_some());
        let keys = matches!(self.rotation, Some(Rotation::Begin | Rotation::Confirm));
        self.refresh
            || raised
            || pegs
            || keys
            || !self.removed.is_empty()
            || !self.renewed.is_empty()
    }

    /// The core of the next version and everybody's share under it.
    fn next_version(
        &self,
        added: &[Newcomer<'_>],
        renewed: &[Newcomer<'_>],
        now: u64,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<(Core, Vec<Shares>), Error> {
        let account = &self.opened.account;
        let before = account.core();
        // Step 4.2: the core of the next version, and everybody's share under it.
        let mut core = before.clone();
        core.version = next_number(before.version)?;
        core.operation = OperationId::random(rng);
        core.history = before.next_history(*account.version_hash());
        core.holders
            .retain(|holder| !self.removed.contains(&first_identifier(holder)));
        for holder in &mut core.holders {
            let identifier = first_identifier(holder);
            if let Some((_, label)) = self.renamed.iter().find(|(x, _)| *x == identifier) {
                holder.label.clone_from(label);
            }
            let mut renewals = self.renewed.iter().zip(renewed);
            if let Some((_, newcomer)) = renewals.find(|((x, _), _)| *x == identifier) {
                newcomer.renew(holder);
            }
        }
        let mut new = Vec::with_capacity(added.len());
        for newcomer in added {
            let identifier = core.next_identifier;
            new.push(identifier);
            core.holders.push(newcomer.holder(identifier, now)?);
            core.next_identifier = identifier
                .next()
                .ok_or(Reason::Bug("identifiers ran out"))?;
        }
        match &self.structure {
            Some(wish) => {
                let (holders, next) = (&mut core.holders, &mut core.next_identifier);
                core.structure = structure::take_places(wish, holders, next)?;
            }
            None => structure::follow(before, &mut core, &self.removed, &new)?,
        }
        let identifiers = core.identifiers();
        if self.makes_new_polynomial() {
            core.epoch = before.epoch.next().ok_or(Reason::Bug("epochs ran out"))?;
        }
        let sharing = Sharing {
            structure: &core.structure,
            identifiers: &identifiers,
            pegs: self.pegs(&core, added, renewed),
        };
        let (keys, shares) = self.share_keys(&core, &sharing, rng)?;
        core.keys = keys;
        core.origin = self.next_origin(before.origin);
        Ok((core, shares))
    }

    /// Whose shares are not drawn: those pegged before keep theirs, those pegged now have it from
    /// their seed.
    fn pegs<'n>(
        &self,
        core: &Core,
        added: &'n [Newcomer<'_>],
        renewed: &'n [Newcomer<'_>],
    ) -> Vec<Peg<'n>> {
        let first_added = core.holders.len().saturating_sub(added.len());
        let mut pegs = Vec::new();
        for (place, holder) in core.holders.iter().enumerate() {
            let identifier = first_identifier(holder);
            let mut renewals = self.renewed.iter().zip(renewed);
            let renewal = renewals.find(|((x, _), _)| *x == identifier);
            let newcomer = match place.checked_sub(first_added) {
                Some(place) => added.get(place),
                None => renewal.map(|(_, newcomer)| newcomer),
            };
            match newcomer {
                Some(newcomer) => pegs.extend(newcomer.peg(identifier)),
                None if holder.is_pegged() => pegs.push(Peg {
                    identifier,
                    seed: None,
                }),
                None => {}
            }
        }
        pegs
    }

    /// The shares that stay where they are leave something to draw: with the secret they are fewer
    /// than the coefficients, or old shares would fit the new ones.
    fn check_freedom(&self) -> Result<(), Error> {
        let core = self.opened.account.core();
        let threshold = match &self.structure {
            Some(Wish::Threshold(threshold)) => *threshold,
            Some(Wish::Arrangement(arrangement)) => gate_threshold(arrangement),
            None => core.structure.threshold().get(),
        };
        let kept = core
            .holders
            .iter()
            .filter(|holder| holder.is_pegged() && !self.leaves_behind(first_identifier(holder)));
        let kept = kept.count();
        let new = self.newcomers();
        let new = new.filter(|factor| factor.peg().is_some()).count();
        let is_nested = match &self.structure {
            Some(wish) => wish.is_nested(),
            None => matches!(core.structure, AccessStructure::Gate(_)),
        };
        if is_nested && kept.saturating_add(new) > 0 {
            return Err(InvalidChange::PegsNeedThreshold.into());
        }
        let freedom = usize::from(threshold).saturating_sub(1);
        if self.makes_new_polynomial() && kept > 0 && kept >= freedom {
            return Err(InvalidChange::NoFreedom {
                pegged: kept,
                threshold,
            }
            .into());
        }
        if kept.saturating_add(new) > freedom {
            return Err(InvalidChange::TooManyPegs {
                pegged: kept.saturating_add(new),
                threshold,
            }
            .into());
        }
        Ok(())
    }

    /// Every record that the commit will follow on, under this account's control.
    ///
    /// The document is read after the mailboxes: if it has not moved, neither had they. A mailbox
    /// of ours that is not the listed one was rolled back; writing over it mends it. One that is not
    /// validly signed can only be given up, by removing or renewing its holder.
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

    /// Whether the present mailbox of a holder ends with this change.
    pub(crate) fn leaves_behind(&self, identifier: Identifier) -> bool {
        self.removed.contains(&identifier) || self.renewed.iter().any(|(x, _)| *x == identifier)
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

    /// What the change does, as it is written down before it is committed: what it adds, removes,
    /// the structure, a refresh, what it renames, what it renews, what it does about the key; each in
    /// the order of asking.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let added = self
            .added
            .iter()
            .map(|(factor, offline)| create::add_step(*factor, *offline));
        let removed = self.removed.iter().map(|x| Step::Remove { identifier: *x });
        let structure = self.structure.as_ref().and_then(Wish::step);
        let refresh = self.refresh.then_some(Step::Refresh);
        let renamed = self.renamed.iter().map(|(x, label)| Step::Rename {
            identifier: *x,
            label: label.clone(),
        });
        let renewed = self
            .renewed
            .iter()
            .map(|(x, _)| Step::Renew { identifier: *x });
        added
            .chain(removed)
            .chain(structure)
            .chain(refresh)
            .chain(renamed)
            .chain(renewed)
            .chain(self.rotation.map(Rotation::step))
            .collect()
    }
}

/// What those who leave are told: since when, and who was at hand.
fn notice(core: &Core, made: &Made) -> Result<Notice, Error> {
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
fn close(
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

/// The threshold of the outermost gate.
const fn gate_threshold(arrangement: &Arrangement) -> u16 {
    match arrangement {
        Arrangement::Gate { threshold, .. } => threshold.get(),
        Arrangement::Holder(_) => 1,
    }
}

fn next_number(version: u64) -> Result<u64, Error> {
    version
        .checked_add(1)
        .ok_or_else(|| Reason::Bug("versions ran out").into())
}
