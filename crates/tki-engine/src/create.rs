//! Making an account: one key, shared over the factors at hand.

use alloc::{boxed::Box, vec, vec::Vec};

use rand_core::CryptoRng;
use tki_formats::PrivateKey;
use tki_math::{AccessStructure, Epoch, Identifier, Threshold};
use tki_metadata::{
    AccountId, AccountSecret, Arrangement, ControlSalt, Core, DocumentKey, Extensions, Holder,
    HolderKind, HolderName, OperationId, Origin, PendingSeed, Step, limits,
};
use tki_provider::Takeover;
use tki_record::Address;
use tki_seal::curve::CurveId;
use tki_storage::Storage;

use crate::{
    account::{AnchorAt, Standing},
    commit::{self, Before, Draft, Prepared, Reservation, Secrets, Writers},
    error::{Culprit, Error, InvalidChange, Reason},
    factor::Factor,
    freshness::Freshness,
    history::{self, Made},
    label,
    quorum::{self, Peg, Quorum, Shares, Sharing},
    read,
    receipt::{Receipt, first_identifier},
    structure::{self, Wish},
};

/// The most holders that an account can have.
pub const MAX_HOLDERS: usize = limits::HOLDERS;

/// Whether devices keep a copy of a holder's mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a yes or no with a name")]
pub enum OfflineCopies {
    /// Devices keep one, so that the device and this factor open the account with every server
    /// gone. A removed device keeps its old copy, too.
    Keep,
    /// Devices keep none: this factor needs the storage.
    Never,
}

/// What account to make.
#[non_exhaustive]
#[derive(Debug)]
pub struct Plan {
    /// Where the key comes from.
    source: Source,
    /// How many factors are needed, at least two.
    pub threshold: u16,
    /// Who suffices, if it is not any so many: over the factors by their position, the first of
    /// which is 1.
    pub structure: Option<Arrangement>,
    /// Whether devices keep copies of the mailboxes of words.
    pub offline: OfflineCopies,
    /// Seconds since 1970, for the holders' dates.
    pub now: u64,
    /// Make another account although the login already holds one.
    pub another: Another,
    /// Take the place of a creation that was begun elsewhere and never finished.
    pub unfinished: Takeover,
}

/// Where the key of an account comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// It is made with the account.
    Created(CurveId),
    /// It exists already.
    Imported(PrivateKey),
}

/// What to do when a login already holds an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every case a caller can ask for")]
pub enum Another {
    /// Refuse: one person, one key.
    Refuse,
    /// Make one more beside it.
    Beside,
}

impl Plan {
    /// A key on this curve that any `threshold` of the factors can use.
    #[must_use]
    pub const fn new(curve: CurveId, threshold: u16, now: u64) -> Self {
        Self::from_source(Source::Created(curve), threshold, now)
    }

    /// This key, which exists already, shared so that any `threshold` of the factors can use it.
    ///
    /// Whoever has a copy of it keeps it: the receipt says so.
    #[must_use]
    pub const fn importing(key: PrivateKey, threshold: u16, now: u64) -> Self {
        Self::from_source(Source::Imported(key), threshold, now)
    }

    const fn from_source(source: Source, threshold: u16, now: u64) -> Self {
        Self {
            source,
            threshold,
            structure: None,
            offline: OfflineCopies::Keep,
            now,
            another: Another::Refuse,
            unfinished: Takeover::Refuse,
        }
    }

    /// The curve of the key.
    #[must_use]
    pub const fn curve(&self) -> CurveId {
        match &self.source {
            Source::Created(curve) => *curve,
            Source::Imported(key) => key.curve(),
        }
    }

    /// The first step of the operation. An import and a creation are not the same operation, nor
    /// are the imports of two keys.
    #[must_use]
    pub fn step(&self) -> Step {
        match &self.source {
            Source::Created(curve) => Step::Create { curve: *curve },
            Source::Imported(key) => Step::Import {
                curve: key.curve(),
                verifying_key: key.verifying_key(),
            },
        }
    }

    fn wish(&self) -> Wish {
        match &self.structure {
            Some(arrangement) => Wish::Arrangement(arrangement.clone()),
            None => Wish::Threshold(self.threshold),
        }
    }

    /// The step by which it is set who suffices; none for a threshold that is refused anyway.
    #[must_use]
    pub fn structure_step(&self) -> Option<Step> {
        self.wish().step()
    }

    const fn origin(&self) -> Origin {
        match self.source {
            Source::Created(_) => Origin::Created,
            Source::Imported(_) => Origin::Imported,
        }
    }
}

/// Prepares a new account over the factors at hand: makes the key or takes the given one, shares
/// it, seals and signs.
///
/// Reads the factors' slots and reserves nothing yet.
///
/// # Errors
/// `InvalidChange` for a threshold that does not fit the factors; `Exists` if a factor already
/// holds an account and [`Plan::another`] does not say otherwise; errors of storage and provider.
pub async fn create<'f>(
    storage: &dyn Storage,
    plan: &Plan,
    factors: &[&'f dyn Factor],
    rng: &mut (dyn CryptoRng + Send),
) -> Result<Prepared<'f>, Error> {
    if plan.structure.is_none() {
        threshold_structure(plan.threshold, factors.len())?;
        check_pegs(plan.threshold, factors)?;
    }
    let wanted: Vec<_> = factors
        .iter()
        .map(|factor| (*factor, plan.offline))
        .collect();
    let taken = Taken {
        another: plan.another,
        unfinished: plan.unfinished,
        own: None,
    };
    let newcomers = find_newcomers(storage, &wanted, taken).await?;
    let steps = steps(plan, &newcomers);
    let Begun {
        mut core,
        secrets,
        shares,
        writers,
    } = begin(plan, &newcomers, rng)?;
    let mut mailboxes = Vec::with_capacity(newcomers.len());
    for newcomer in &newcomers {
        mailboxes.push(newcomer.claim(&core, &secrets, &writers).await?);
    }
    let open = opened_by(&newcomers, 0);
    let document = commit::claim_document(&core, &secrets.account, &writers.now);
    let receipt = Receipt::new(None, &core, &[], storage.retention());
    let dealt = shares.first();
    let dealt = dealt.ok_or(Reason::Bug("an account without keys"))?;
    let quorum = Quorum::of_shares(&core, dealt);
    let made = made(&core, &newcomers, plan.now);
    let signed = history::record(&mut core, &receipt, made, &|key, message| {
        quorum.sign_event(key, message)
    })?;
    let draft = Draft {
        core,
        secrets,
        shares,
        writers,
        document,
        mailboxes,
        closed: Vec::new(),
    };
    let built = commit::build(draft, &open, rng)?;
    let (anchors, reservations) = anchors_of(&newcomers, plan.unfinished);
    Ok(Prepared {
        built,
        base_version: None,
        steps,
        seeds: undelivered_seeds(&newcomers),
        receipt,
        signed,
        awaited: Vec::new(),
        freshness: created_freshness(&anchors),
        anchors,
        reservations,
    })
}

/// Who creates an account: those of its first factors that are at hand.
fn made(core: &Core, newcomers: &[Newcomer<'_>], now: u64) -> Made {
    let at_hand = core.holders.iter().zip(newcomers);
    let at_hand = at_hand.filter(|(_, new)| new.factor.first_writer().is_none());
    Made {
        by: at_hand.map(|(holder, _)| HolderName::of(holder)).collect(),
        now,
    }
}

/// Version 0 of an account before it is sealed.
struct Begun {
    core: Core,
    secrets: Secrets,
    shares: Vec<Shares>,
    writers: Writers,
}

/// Makes the key and shares it over the newcomers.
fn begin(
    plan: &Plan,
    newcomers: &[Newcomer<'_>],
    rng: &mut (dyn CryptoRng + Send),
) -> Result<Begun, Error> {
    let account = AccountId::random(rng);
    let secrets = Secrets {
        account: AccountSecret::random(rng),
        salt: ControlSalt::random(rng),
        document: DocumentKey::random(rng),
    };
    let mut next = Identifier::FIRST;
    let mut holders = Vec::with_capacity(newcomers.len());
    for newcomer in newcomers {
        holders.push(newcomer.holder(next, plan.now)?);
        next = next.next().ok_or(Reason::Bug("identifiers ran out"))?;
    }
    let structure = structure::take_places(&plan.wish(), &mut holders, &mut next)?;
    let identifiers = holders.iter().flat_map(|holder| &holder.identifiers);
    let identifiers: Vec<Identifier> = identifiers.copied().collect();
    let numbered = newcomers.iter().zip(&holders);
    let sharing = Sharing {
        structure: &structure,
        identifiers: &identifiers,
        pegs: numbered
            .filter_map(|(newcomer, holder)| newcomer.peg(first_identifier(holder)))
            .collect(),
    };
    let new_key = quorum::share_key(&plan.source, &account, &sharing, &secrets.salt, rng)?;
    let core = Core {
        account,
        version: 0,
        operation: OperationId::random(rng),
        curve: plan.curve(),
        origin: plan.origin(),
        first_verifying_key: new_key.key.verifying_key.clone(),
        keys: vec![new_key.key],
        epoch: Epoch::ZERO,
        structure,
        holders,
        next_identifier: next,
        history: Vec::new(),
        settings: Extensions::new(),
        extensions: Extensions::new(),
    };
    let writers = Writers {
        now: new_key.control,
        next: None,
    };
    Ok(Begun {
        core,
        secrets,
        shares: vec![new_key.shares],
        writers,
    })
}

/// What creating is written down as: the same steps asked for again are the same operation.
fn steps(plan: &Plan, newcomers: &[Newcomer<'_>]) -> Vec<Step> {
    let mut steps = vec![plan.step()];
    steps.extend(
        newcomers
            .iter()
            .map(|new| add_step(new.factor, new.offline)),
    );
    steps.extend(plan.structure_step());
    steps
}

/// Adding a factor, as it is written down.
pub(crate) fn add_step(factor: &dyn Factor, offline: OfflineCopies) -> Step {
    let kind = factor.kind();
    Step::Add {
        kind,
        label: factor.label().into(),
        offline: is_copied(kind, offline),
    }
}

/// Copies are kept of the kinds that are on no server, unless none are wanted.
fn is_copied(kind: HolderKind, offline: OfflineCopies) -> bool {
    offline == OfflineCopies::Keep && kind.is_offline_by_default()
}

/// Who has just created an account knows that nothing newer exists; an anchor will vouch for it.
fn created_freshness(anchors: &[AnchorAt<'_>]) -> Freshness {
    if anchors.is_empty() {
        Freshness::AtLeast(0)
    } else {
        Freshness::Verified
    }
}

pub(crate) fn threshold_structure(
    threshold: u16,
    holders: usize,
) -> Result<AccessStructure, Error> {
    if threshold < 2 {
        return Err(InvalidChange::ThresholdTooLow.into());
    }
    if usize::from(threshold) > holders {
        return Err(InvalidChange::ThresholdTooHigh.into());
    }
    if holders > MAX_HOLDERS {
        return Err(InvalidChange::TooManyHolders.into());
    }
    let threshold = Threshold::new(threshold).map_err(|_| InvalidChange::ThresholdTooLow)?;
    Ok(AccessStructure::Threshold(threshold))
}

/// Pegged shares and the key are at most as many as the coefficients.
fn check_pegs(threshold: u16, factors: &[&dyn Factor]) -> Result<(), Error> {
    let pegged = factors.iter().filter(|f| f.peg().is_some()).count();
    if pegged < usize::from(threshold) {
        Ok(())
    } else {
        Err(InvalidChange::TooManyPegs { pegged, threshold }.into())
    }
}

/// A factor that becomes a holder, and the free slot that it claims.
pub(crate) struct Newcomer<'f> {
    factor: &'f dyn Factor,
    slot: u32,
    address: Address,
    offline: OfflineCopies,
}

impl Newcomer<'_> {
    /// The holder that it becomes.
    pub(crate) fn holder(&self, identifier: Identifier, now: u64) -> Result<Holder, Error> {
        let label = self.factor.label();
        label::check(label)?;
        Ok(Holder {
            identifiers: vec![identifier],
            kind: self.factor.kind(),
            label: label.into(),
            added: now,
            box_key: self.factor.box_key(),
            mailbox: self.address,
            offline: is_copied(self.factor.kind(), self.offline),
            extensions: self.factor.extensions(),
        })
    }

    /// Takes the place of a holder that keeps everything else.
    pub(crate) fn renew(&self, holder: &mut Holder) {
        holder.box_key = self.factor.box_key();
        holder.mailbox = self.address;
        for tag in Holder::EXTENSIONS {
            holder.extensions.remove(tag);
        }
        for (tag, value) in self.factor.extensions().iter() {
            holder.extensions.insert(tag, value.to_vec());
        }
    }

    /// Where its share is pegged, if it is.
    pub(crate) fn peg(&self, identifier: Identifier) -> Option<Peg<'_>> {
        let seed = self.factor.peg()?;
        Some(Peg {
            identifier,
            seed: Some(seed),
        })
    }

    /// Claims its mailbox for the writer of this account, or for the one that it was invited with.
    pub(crate) async fn claim(
        &self,
        core: &Core,
        secrets: &Secrets,
        writers: &Writers,
    ) -> Result<Before, Error> {
        let invited = self.factor.first_writer();
        let writer = invited.unwrap_or_else(|| writers.newest().writer(&self.address));
        let binding = secrets
            .account
            .binding_key(&core.account, &core.first_verifying_key)
            .binding(&self.address);
        let claim = self
            .factor
            .claim(self.slot, writer.public_key(), binding)
            .await?;
        Ok(Before::Claimed {
            claim,
            writer: Box::new(writer),
        })
    }
}

/// The seeds that a second attempt has to hand out again.
pub(crate) fn undelivered_seeds(newcomers: &[Newcomer<'_>]) -> Vec<PendingSeed> {
    let undelivered = newcomers.iter().filter_map(|newcomer| {
        let seed = newcomer.factor.undelivered_seed()?.clone();
        Some(PendingSeed {
            kind: newcomer.factor.kind(),
            slot: newcomer.slot,
            seed,
        })
    });
    undelivered.collect()
}

/// The anchors of those who have one, and the reservations to be made there.
pub(crate) fn anchors_of<'f>(
    newcomers: &[Newcomer<'f>],
    takeover: Takeover,
) -> (Vec<AnchorAt<'f>>, Vec<Reservation<'f>>) {
    let mut anchors = Vec::new();
    let mut reservations = Vec::new();
    for Newcomer { factor, slot, .. } in newcomers {
        if let Some(anchor) = factor.anchor() {
            anchors.push(AnchorAt {
                anchor,
                slot: *slot,
                standing: Standing::Reserved,
            });
            reservations.push(Reservation {
                anchor,
                slot: *slot,
                takeover,
            });
        }
    }
    (anchors, reservations)
}

/// The mailboxes that the newcomers, who are at hand, can open. The first factor of the caller's
/// list that is a newcomer has this position.
pub(crate) fn opened_by(newcomers: &[Newcomer<'_>], position: usize) -> Vec<(usize, u32, Address)> {
    // One that was invited is not at hand.
    let numbered = newcomers
        .iter()
        .enumerate()
        .filter(|(_, new)| new.factor.first_writer().is_none());
    numbered
        .map(|(place, new)| (position.saturating_add(place), new.slot, new.address))
        .collect()
}

/// What to do about slots that are taken.
#[derive(Clone, Copy)]
pub(crate) struct Taken {
    /// By an account.
    pub(crate) another: Another,
    /// By a creation that never finished.
    pub(crate) unfinished: Takeover,
    /// A slot that a login reserved for the document here is this account's, from an attempt to add
    /// the login that did not finish.
    pub(crate) own: Option<Address>,
}

/// Finds for each factor the first slot that is known to be free.
pub(crate) async fn find_newcomers<'f>(
    storage: &dyn Storage,
    wanted: &[(&'f dyn Factor, OfflineCopies)],
    taken: Taken,
) -> Result<Vec<Newcomer<'f>>, Error> {
    let mut newcomers: Vec<Newcomer<'f>> = Vec::with_capacity(wanted.len());
    for (factor, offline) in wanted {
        let (slot, address) = find_free_slot(storage, *factor, taken).await?;
        if newcomers.iter().any(|other| other.address == address) {
            return Err(InvalidChange::DuplicateFactor.into());
        }
        newcomers.push(Newcomer {
            factor: *factor,
            slot,
            address,
            offline: *offline,
        });
    }
    Ok(newcomers)
}

/// Skips closed slots; a live one is an account, which is an error or, if asked for, skipped. What
/// is skipped is truly signed, or whoever looks for the account later stops short of it.
async fn find_free_slot(
    storage: &dyn Storage,
    factor: &dyn Factor,
    taken: Taken,
) -> Result<(u32, Address), Error> {
    for slot in 0..factor.slots() {
        let address = factor.address(slot);
        let Some(record) = storage.get(&address).await? else {
            if is_used(factor, slot, taken).await? {
                continue;
            }
            return Ok((slot, address));
        };
        read::check_record(&record, &address, Culprit::MailboxOf(factor.kind()))?;
        if !record.is_closed() && taken.another != Another::Beside {
            return Err(Reason::Exists.into());
        }
    }
    // A factor of few slots has used them up.
    Err(Reason::Exists.into())
}

/// A slot that the storage calls free may be one that the login remembers. In a storage that was
/// filled from a backup, this account's earlier slot is missing; whoever wants an account beside
/// others does not need theirs.
async fn is_used(factor: &dyn Factor, slot: u32, taken: Taken) -> Result<bool, Error> {
    let Some(anchor) = factor.anchor() else {
        return Ok(false);
    };
    let Some(entry) = anchor.read(slot).await? else {
        return Ok(false);
    };
    let is_own = taken.own == Some(entry.claim.address());
    if entry.header.is_some() {
        if is_own || taken.another == Another::Beside {
            return Ok(true);
        }
        return Err(Reason::Withheld(Culprit::MailboxOf(factor.kind())).into());
    }
    match taken.unfinished {
        Takeover::Unconfirmed => Ok(false),
        Takeover::Refuse if is_own => Ok(false),
        Takeover::Refuse => Err(Reason::Unfinished.into()),
    }
}
