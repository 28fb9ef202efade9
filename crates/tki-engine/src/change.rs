//! Changing an account: who holds it, how many are needed, or only the shares themselves.
//!
//! | change | polynomial | control salt | who writes next |
//! |---|---|---|---|
//! | add, rename | the same, if those at hand show all shares | the same | the same |
//! | threshold or structure, refresh, renew | new | the same | the same |
//! | remove | new | new | handed over to the new control key |
//!
//! | file | what |
//! |---|---|
//! | `change/check.rs` | what is refused before anything is read |
//! | `change/records.rs` | the records that it follows on, and those that it closes |
//! | `change/next_version.rs` | what the next version is, and its secrets |
//! | `rotate.rs` | what it does about the account's key |

use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};

use rand_core::CryptoRng;
use tki_math::Identifier;
use tki_metadata::{Arrangement, Core, Holder, HolderName, Step};
use tki_provider::Takeover;
use tki_record::{Address, Record};
use tki_storage::Storage;

use crate::{
    account::{AnchorAt, Opened},
    commit::{self, Before, Draft, Prepared},
    create::{self, Another, Newcomer, OfflineCopies, Taken},
    error::Error,
    factor::Factor,
    freshness::Freshness,
    history::{self, Made},
    receipt::Receipt,
    rotate::Rotation,
    stack,
    structure::Wish,
};

mod check;
mod next_version;
mod records;

use records::{Records, close, notice};

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
