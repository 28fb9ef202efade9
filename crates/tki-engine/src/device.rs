//! A device: its opening seed, what it remembers of its account, and what it was about to do.
//!
//! The package is written three times in a change: before the commit (what is pending), after it
//! (the new state), and, after a clean conflict, to forget what did not happen. A device that
//! dies in between finds out at its next start which of the two happened.
//!
//! A device that renews itself keeps both seeds from the first of the three to the second: the old
//! one as its own, the new one with what is pending.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_device::DeviceStore;
use tki_math::Identifier;
use tki_metadata::{
    Core, DevicePackage, Extensions, Holder, HolderKind, MailboxCopy, Membership, OpeningSeed,
    Pending, PendingSeed, Seen, Step,
};
use tki_record::Address;
use tki_seal::bip340::PublicKey;
use tki_storage::Storage;

use crate::{
    account::{Account, Copies},
    commit::{self, Prepared},
    error::{Culprit, Error, Reason},
    factor::SeedFactor,
    read::{OpenedMailbox, check_record},
    receipt::first_identifier,
    stack,
};

/// What became of an operation that was announced and not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it happened or it did not")]
pub enum Outcome {
    /// It is part of the account's history.
    Happened,
    /// It is not.
    DidNotHappen,
}

/// A device package and where it is kept.
pub struct Device<'s> {
    pub(crate) store: &'s dyn DeviceStore,
    pub(crate) package: DevicePackage,
}

impl<'s> Device<'s> {
    /// Loads the package of a device, if it has one.
    ///
    /// # Errors
    /// The store's; `Refused` if the package cannot be read.
    pub fn load(store: &'s dyn DeviceStore) -> Result<Option<Self>, Error> {
        let Some(bytes) = stack::wiped(|| store.load())? else {
            return Ok(None);
        };
        let package = stack::wiped(|| DevicePackage::decode(&bytes))
            .map_err(|error| Reason::MalformedRecord(Culprit::Package, error))?;
        Ok(Some(Self { store, package }))
    }

    /// A new device with a new seed. Nothing is written before an operation is announced.
    #[must_use]
    pub fn new(store: &'s dyn DeviceStore, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self {
            store,
            package: DevicePackage::new(OpeningSeed::random(rng)),
        }
    }

    /// The device as a factor: with the seed that it has, or, where an operation that was not seen
    /// to end may have renewed it, with whichever of the two the storage knows.
    #[must_use]
    pub fn factor(&self, label: &str) -> SeedFactor<'_> {
        let seed = self.package.opening_seed.clone();
        let factor = SeedFactor::of_device(label, seed, self.package.membership.as_ref());
        match self.next_seed() {
            Some(next) => factor.renewing(&next.seed, next.slot),
            None => factor,
        }
    }

    /// What this device becomes when it is renewed: give it to
    /// [`Change::renew`](crate::Change::renew) with the device's own identifier. The seed is new,
    /// or that of an attempt whose end was not seen, which is then the same operation. Find out
    /// first what became of that: one that happened has the seed already, and asking for it again
    /// ends with `Exists`.
    #[must_use]
    pub fn renewal(&self, rng: &mut (impl CryptoRng + ?Sized)) -> SeedFactor<'static> {
        let seed = match self.next_seed() {
            Some(next) => next.seed.clone(),
            None => OpeningSeed::random(rng),
        };
        SeedFactor::for_renewal("", seed)
    }

    /// The seed that a pending operation gives this very device.
    fn next_seed(&self) -> Option<&PendingSeed> {
        let pending = self.package.pending.as_ref()?;
        self.package.membership.as_ref()?;
        let mut seeds = pending.seeds.iter();
        seeds.find(|seed| seed.kind == HolderKind::Device)
    }

    /// Whether an operation renews this very device.
    fn is_renewed_by(&self, pending: &Pending) -> bool {
        let holder = self.membership().and_then(Membership::holder);
        let own = holder.and_then(Holder::identifier);
        let mut steps = pending.steps.iter();
        steps.any(|step| matches!(step, Step::Renew { identifier } if Some(*identifier) == own))
    }

    /// What the device remembers of its account.
    #[must_use]
    pub const fn membership(&self) -> Option<&Membership> {
        self.package.membership.as_ref()
    }

    /// What it was about to do.
    #[must_use]
    pub const fn pending(&self) -> Option<&Pending> {
        self.package.pending.as_ref()
    }

    /// Which holder of this account it is: by what it remembers, or, where an operation was not seen
    /// to end, by its seed.
    #[must_use]
    pub fn identifier_in(&self, core: &Core) -> Option<Identifier> {
        let known = self.membership().and_then(Membership::holder);
        let known = known.and_then(Holder::identifier);
        let known = known.and_then(|x| core.holder(x));
        let mut own = alloc::vec![self.package.opening_seed.mailbox_address(0)];
        own.extend(
            self.next_seed()
                .map(|new| new.seed.mailbox_address(new.slot)),
        );
        let by_seed = || own.iter().find_map(|address| core.holder_at(address));
        known.or_else(by_seed).and_then(Holder::identifier)
    }

    /// The holders whose seeds are in the note of an operation whose end this device did not see.
    ///
    /// # Security
    /// Whoever opens the package has these seeds.
    #[must_use]
    pub fn noted_in(&self, core: &Core) -> Vec<Identifier> {
        let seeds = self.pending().into_iter().flat_map(|note| &note.seeds);
        let addresses = seeds.map(|new| new.seed.mailbox_address(new.slot));
        let holders = addresses.filter_map(|address| core.holder_at(&address)?.identifier());
        holders.collect()
    }

    /// What became of the pending operation, going by the account's history.
    #[must_use]
    pub fn outcome(&self, account: &Account<'_>) -> Option<Outcome> {
        // Step 5.2: the account's history has what happened; so has whoever holds a new seed, when
        // an earlier attempt arrived late.
        let pending = self.package.pending.as_ref()?;
        let mut new = self.new_addresses(pending).into_iter();
        let is_holder = new.any(|address| account.core().holder_at(&address).is_some());
        if is_holder || commit::is_in_history(account, pending) {
            Some(Outcome::Happened)
        } else {
            Some(Outcome::DidNotHappen)
        }
    }

    /// Where the mailboxes of the pending operation's new seeds are, if it happened.
    fn new_addresses(&self, pending: &Pending) -> Vec<Address> {
        // A device's own next seed may be one that an earlier operation left behind.
        let renews = self.is_renewed_by(pending);
        let seeds = pending.seeds.iter();
        let mut addresses: Vec<Address> = seeds
            .filter(|new| renews || new.kind != HolderKind::Device)
            .map(|new| new.seed.mailbox_address(new.slot))
            .collect();
        if self.package.membership.is_none() {
            addresses.push(self.package.opening_seed.mailbox_address(0));
        }
        addresses
    }

    pub(crate) fn save_pending(
        &self,
        mut pending: Pending,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        // Step 5.1: what is pending is durable before the commit.
        // An earlier attempt to renew this device may still arrive.
        if let Some(next) = self.next_seed()
            && !pending.seeds.iter().any(|new| new.seed.ct_eq(&next.seed))
        {
            pending.seeds.push(next.clone());
        }
        let seed = &self.package.opening_seed;
        self.save(seed, self.package.membership.clone(), Some(pending), rng)
    }

    /// Forgets what was pending. A device that was never part of an account is empty again. A seed
    /// that an earlier operation gave this very device, and whose end was not seen, is kept until
    /// the account is next opened with the device.
    ///
    /// # Errors
    /// The store's.
    pub fn forget_pending(&self, rng: &mut dyn CryptoRng) -> Result<(), Error> {
        match &self.package.membership {
            Some(membership) => {
                let pending = self.unsettled_renewal();
                let seed = &self.package.opening_seed;
                self.save(seed, Some(membership.clone()), pending, rng)
            }
            None => Ok(self.store.remove()?),
        }
    }

    /// The note of an operation that may have renewed this device, without what else it did.
    fn unsettled_renewal(&self) -> Option<Pending> {
        let next = self.next_seed()?;
        let holder = self.membership().and_then(Membership::holder);
        let identifier = holder.and_then(Holder::identifier)?;
        let mut pending = self.package.pending.clone()?;
        if !self.is_renewed_by(&pending) {
            // The hash is that of another operation, which says nothing of the renewal; this one
            // is no document's.
            pending.document_hash = [0; 32];
        }
        pending.steps = alloc::vec![Step::Renew { identifier }];
        pending.seeds = alloc::vec![next.clone()];
        pending.set_recovery_hashes(None);
        Some(pending)
    }

    /// Keeps what the account is now: the own mailbox, the document, the version as seen, and
    /// copies of the mailboxes marked for it. Forgets what was pending. Returns the device as it
    /// is now stored.
    ///
    /// # Errors
    /// `Refused` if the account was read without this device; the storage's errors when copies
    /// have to be read; the store's.
    pub async fn settle(
        &self,
        storage: &dyn Storage,
        account: &Account<'_>,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Device<'s>, Error> {
        // Step 5.3: the new state, and nothing pending.
        let (seed, membership) = self.membership_in(storage, account).await?;
        self.save(&seed, Some(membership), None, rng)?;
        self.reload()
    }

    /// As [`Device::settle`], but keeps the note of what is pending, so that whoever began it and
    /// did not see its end learns of it by asking for the same again. The seeds of an operation
    /// that happened are wiped from the note: their owners have them. A seed of this device's own is
    /// now in force or never will be.
    ///
    /// # Errors
    /// Those of [`Device::settle`].
    pub async fn catch_up(
        &self,
        storage: &dyn Storage,
        account: &Account<'_>,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Device<'s>, Error> {
        let (seed, membership) = self.membership_in(storage, account).await?;
        let pending = self.pending_after(account);
        self.save(&seed, Some(membership), pending, rng)?;
        self.reload()
    }

    /// What is still to be remembered of the pending operation, now that the account is open.
    fn pending_after(&self, account: &Account<'_>) -> Option<Pending> {
        let mut pending = self.package.pending.clone()?;
        if self.outcome(account) == Some(Outcome::Happened) {
            pending.seeds.clear();
            return Some(pending);
        }
        // Nothing that was built on an older version can arrive any more.
        if pending.base_version < Some(account.version()) {
            if matches!(pending.steps.as_slice(), [Step::Renew { .. }]) {
                return None;
            }
            pending.seeds.retain(|new| new.kind != HolderKind::Device);
        }
        Some(pending)
    }

    fn reload(&self) -> Result<Self, Error> {
        Self::load(self.store)?.ok_or_else(|| Reason::Bug("a package that was just saved").into())
    }

    /// The mailbox of this device in an account that was read with it, and the seed that opens it.
    fn own_mailbox<'m>(
        &self,
        account: &'m Account<'_>,
    ) -> Option<(OpeningSeed, &'m OpenedMailbox)> {
        let next = self.next_seed().map(|next| &next.seed);
        let mut seeds = next.into_iter().chain([&self.package.opening_seed]);
        seeds.find_map(|seed| {
            let mut mailboxes = account.snapshot.mailboxes.iter();
            let own = mailboxes.find(|m| seed.mailbox_address(m.slot) == m.address)?;
            Some((seed.clone(), own))
        })
    }

    /// What there is to remember of an account that was read with this device, and the device's
    /// seed in it.
    async fn membership_in(
        &self,
        storage: &dyn Storage,
        account: &Account<'_>,
    ) -> Result<(OpeningSeed, Membership), Error> {
        let snapshot = &account.snapshot;
        let own = match self.own_mailbox(account) {
            Some(own) => Some(own),
            // The operation that renewed it may have been announced since it was loaded.
            None => self.reload()?.own_mailbox(account),
        };
        let (seed, own) = own.ok_or_else(|| Reason::nothing_known(HolderKind::Device))?;
        let copies = match &account.sealed {
            Some(sealed) => sealed.clone(),
            None => read_copies(storage, account).await?,
        };
        let core = account.core();
        let offline = core
            .holders
            .iter()
            .filter(|h| h.offline && h.mailbox != own.address);
        let offline_mailboxes = offline
            .filter_map(|holder| copies.iter().find(|copy| copy.0 == holder.mailbox))
            .map(|(address, sealed)| MailboxCopy {
                address: *address,
                sealed: sealed.clone(),
            })
            .collect();
        let membership = Membership {
            slot: own.slot,
            document: snapshot.document.clone(),
            mailbox: MailboxCopy {
                address: own.address,
                sealed: own.sealed.clone(),
            },
            seen: Seen {
                epoch: core.epoch,
                version: core.version,
                hash: snapshot.document_hash,
            },
            offline_mailboxes,
            extensions: Extensions::new(),
        };
        let mut membership = self.remembering(membership, account)?;
        // Step 5.3: and who is to write the next version.
        membership.extensions.remove(Membership::WRITER);
        if let Some(writer) = self.next_writer(account) {
            membership.set_writer(&writer);
        }
        Ok((seed, membership))
    }

    /// Who is to write the document's next version: read from a device's own copies, the account
    /// does not show it, and what was noted of this version stands.
    fn next_writer(&self, account: &Account<'_>) -> Option<PublicKey> {
        if let Some(header) = &account.snapshot.document_header {
            return Some(*header.successor());
        }
        let known = self.membership()?;
        let is_this = known.seen.hash == *account.version_hash();
        known.writer().filter(|_| is_this)
    }

    /// Whether the device already keeps this very version and has nothing pending.
    #[must_use]
    pub fn is_settled(&self, account: &Account<'_>) -> bool {
        let hash = self
            .package
            .membership
            .as_ref()
            .map(|membership| membership.seen.hash);
        self.package.pending.is_none() && hash.as_ref() == Some(account.version_hash())
    }

    pub(crate) fn save(
        &self,
        seed: &OpeningSeed,
        membership: Option<Membership>,
        pending: Option<Pending>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        let mut package = DevicePackage::new(seed.clone());
        package.membership = membership;
        package.pending = pending;
        package.extensions = self.package.extensions.clone();
        if package.membership.is_some() {
            // A member joins no more.
            package.extensions.remove(DevicePackage::JOINING);
        }
        let bytes = package
            .encode()
            .map_err(|error| Reason::MalformedRecord(Culprit::Package, error))?;
        Ok(stack::wiped(|| self.store.save(&bytes, rng))?)
    }
}

impl Prepared<'_> {
    /// Writes down on a device what is about to be committed, with the seeds that are yet to be
    /// delivered and the hashes of the files that they are delivered in, if they are.
    ///
    /// # Errors
    /// `Unavailable` if the device cannot write.
    pub fn announce(
        &self,
        device: &Device<'_>,
        recovery_hashes: impl IntoIterator<Item = [u8; 32]>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Error> {
        let mut pending = Pending {
            operation: self.core().operation,
            base_version: self.base_version,
            document: Some(self.built.snapshot.document_address),
            steps: self.steps.clone(),
            seeds: self.seeds.clone(),
            document_hash: self.built.snapshot.document_hash,
            recovery_hash: None,
            extensions: Extensions::new(),
        };
        pending.set_recovery_hashes(recovery_hashes);
        device.save_pending(pending, rng)
    }
}

/// Reads the mailboxes that devices keep copies of. One that has moved on meanwhile is left out;
/// the next opening brings it.
async fn read_copies(storage: &dyn Storage, account: &Account<'_>) -> Result<Copies, Error> {
    let document = &account.snapshot.document;
    let listed = document.core.holders.iter().zip(&document.mailbox_hashes);
    let wanted: Vec<_> = listed.filter(|(holder, _)| holder.offline).collect();
    let addresses: Vec<_> = wanted.iter().map(|(holder, _)| holder.mailbox).collect();
    let mut copies = Vec::with_capacity(addresses.len());
    let records = storage.get_many(&addresses).await?;
    for ((holder, hash), record) in wanted.into_iter().zip(records) {
        let Some(record) = record else { continue };
        let culprit = Culprit::Mailbox(first_identifier(holder));
        check_record(&record, &holder.mailbox, culprit)?;
        if tki_metadata::Mailbox::hash(record.body()) == *hash {
            copies.push((holder.mailbox, record.body().to_vec()));
        }
    }
    Ok(copies)
}
