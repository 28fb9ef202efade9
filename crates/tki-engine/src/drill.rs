//! A drill: whether these factors still bring the account back, without using its key.
//!
//! It is everything that opening checks but for what needs the key itself:
//!
//! | checked | opening | drill |
//! |---|---|---|
//! | records are signed, claimed for this account, and agree | yes | yes |
//! | nothing newer is known to a device, an anchor, a person | yes | yes |
//! | each share `s_i` against the commitments: `s_i·G = Σ x_i^k·A_k` | yes | yes |
//! | the shares satisfy the access structure, and `A_0 = Y` | yes | yes |
//! | who writes next is w(addr) | by κ | by what a device saw proven, if it did |
//!
//! From the third and fourth line it follows that the shares give s with s·G = Y; nothing here puts
//! it together. The module has no access to the one that could.
//!
//! Specification: `docs/spec/drill.md`.

use alloc::vec::Vec;

use tki_math::Identifier;
use tki_metadata::{AccountId, Holder, HolderKind, HolderName, Membership};
use tki_storage::Storage;

use crate::{
    account::{Account, ReadOptions},
    error::{Error, Reason},
    factor::Factor,
    freshness,
    read::OpenedMailbox,
    receipt::first_identifier,
    shares, stack, standing,
};

/// What a drill reads.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "with the storage, or without it")]
pub enum DrillFrom<'s> {
    /// The account's storage.
    Storage(&'s dyn Storage, ReadOptions),
    /// A copy of its records, such as a backup. What it shows is not noted as shown by the account.
    Copy(&'s dyn Storage, ReadOptions),
    /// The copies of a device at hand.
    Offline,
}

/// What a drill showed.
#[non_exhaustive]
pub struct Drill<'f> {
    /// Each factor, in the order in which they were given.
    pub tried: Vec<Tried>,
    /// The account, if all that was read agrees.
    pub account: Option<Account<'f>>,
    /// Whether the factors together bring it back.
    pub verdict: Verdict,
    /// Whether the account's storage was tried, and not copies of what it held.
    pub is_of_storage: bool,
}

/// What a drill showed of one factor.
#[non_exhaustive]
#[derive(Debug)]
pub struct Tried {
    /// What it is.
    pub kind: HolderKind,
    /// Who it is in the account, if its share is one of the account's key.
    pub result: Result<HolderName, Error>,
}

/// Whether factors together bring an account back.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever reports a drill has to say each of these"
)]
pub enum Verdict {
    /// They do.
    Recovers,
    /// Each of them is sound, and they are too few.
    TooFew {
        /// How many shares there are.
        have: usize,
        /// How many are needed.
        need: usize,
        /// Which sets would do beside them, fewest first; none are listed where any so many will.
        missing: Vec<Vec<HolderName>>,
    },
    /// At least one of them is not sound, or none of this account.
    FactorFailed,
    /// What was read does not agree, or is not the newest.
    Refused(Error),
}

impl Drill<'_> {
    /// Whether every factor was proven, and all together bring the account back.
    #[must_use]
    pub const fn is_passed(&self) -> bool {
        matches!(self.verdict, Verdict::Recovers)
    }

    /// Whether every factor was proven, be they enough or not.
    #[must_use]
    pub const fn is_each_proven(&self) -> bool {
        matches!(self.verdict, Verdict::Recovers | Verdict::TooFew { .. })
    }
}

/// Tries whether these factors bring the account back. Writes nothing to the storage, and does not
/// put the key together. Answers that go through an evaluator cost it one of its evaluations.
///
/// `witness` is what the device of this machine remembers, also where the device is not among the
/// factors: what it has seen is held against what is shown, and another account than its own is
/// refused. There are no errors: what goes wrong is what a drill shows.
///
/// # Security
/// The shares at hand are secret and wiped before it returns; checking them is constant-time in
/// their values. Who wrote a record is known only of those that the witness once saw opened.
pub async fn drill<'f>(
    from: DrillFrom<'_>,
    factors: &[&'f dyn Factor],
    witness: Option<&Membership>,
) -> Drill<'f> {
    let drill = Drilling { from, witness }.run(factors).await;
    stack::wipe();
    drill
}

/// What is the same for all factors of a drill.
#[derive(Clone, Copy)]
struct Drilling<'a> {
    from: DrillFrom<'a>,
    witness: Option<&'a Membership>,
}

impl Drilling<'_> {
    async fn run<'f>(self, factors: &[&'f dyn Factor]) -> Drill<'f> {
        let refused = match self.read(factors).await {
            Ok(account) => return self.proven(account, factors),
            Err(error) => error,
        };
        // Step 2.6: which of them is at fault is seen when each is tried by itself.
        let mut tried = Vec::with_capacity(factors.len());
        for factor in factors {
            let kind = factor.kind();
            let result = self.try_alone(factors, *factor).await;
            tried.push(Tried { kind, result });
        }
        Drill {
            tried,
            account: None,
            verdict: Verdict::Refused(refused),
            is_of_storage: self.is_of_storage(),
        }
    }

    /// Reads the account with these factors, and holds it against the witness.
    async fn read<'f>(self, factors: &[&'f dyn Factor]) -> Result<Account<'f>, Error> {
        let mut account = match self.from {
            DrillFrom::Offline => Account::read_offline(factors).await?,
            DrillFrom::Storage(storage, mut options) | DrillFrom::Copy(storage, mut options) => {
                // Step 2.1: of the account that the witness remembers.
                options.account = options.account.or(self.witnessed());
                Account::read(storage, factors, options).await?
            }
        };
        if let Some(witness) = self.witness {
            if self.witnessed() != Some(account.id()) {
                let kind = factors.first().map_or(HolderKind::Device, |f| f.kind());
                return Err(Reason::FactorOfOtherAccount(kind, account.id()).into());
            }
            // Step 2.3: nothing older than it has seen, and nothing else.
            account.freshness = freshness::hear(account.freshness, witness, &account.snapshot)?;
            standing::check_known_writers(&witness.standing(), &account.snapshot)?;
        }
        Ok(account)
    }

    const fn is_of_storage(self) -> bool {
        matches!(self.from, DrillFrom::Storage(..))
    }

    fn witnessed(self) -> Option<AccountId> {
        self.witness
            .map(|membership| membership.document.core.account)
    }

    /// What an agreed state shows of each factor, and of all together.
    fn proven<'f>(self, account: Account<'f>, factors: &[&'f dyn Factor]) -> Drill<'f> {
        let mut tried = Vec::with_capacity(factors.len());
        for (position, factor) in factors.iter().enumerate() {
            let kind = factor.kind();
            let result = prove(&account, position, kind);
            tried.push(Tried { kind, result });
        }
        let verdict = if tried.iter().all(|tried| tried.result.is_ok()) {
            together(&account)
        } else {
            Verdict::FactorFailed
        };
        Drill {
            tried,
            account: Some(account),
            verdict,
            is_of_storage: self.is_of_storage(),
        }
    }

    /// One factor by itself; offline with the device whose copies are read.
    async fn try_alone(
        self,
        all: &[&dyn Factor],
        factor: &dyn Factor,
    ) -> Result<HolderName, Error> {
        let mut factors = alloc::vec![factor];
        if matches!(self.from, DrillFrom::Offline) && factor.membership().is_none() {
            factors.extend(all.iter().copied().filter(|f| f.membership().is_some()));
        }
        let account = self.read(&factors).await?;
        prove(&account, 0, factor.kind())
    }
}

/// Whether all shares at hand are as many as are needed.
fn together(account: &Account<'_>) -> Verdict {
    // Step 2.5: enough of them, and A_0 = Y.
    // Correctness: every share is on the committed polynomial, so s·G = Σ λ_i·Y_i = A_0.
    let core = account.core();
    let mailboxes = account.snapshot.mailboxes.iter();
    let mut identifiers: Vec<Identifier> = mailboxes
        .flat_map(|found: &OpenedMailbox| found.shares(0))
        .map(|(identifier, _)| identifier)
        .collect();
    identifiers.sort();
    identifiers.dedup();
    let is_of_key = |key: &tki_metadata::Key| key.commitments.first() == Some(&key.verifying_key);
    if !core.keys.iter().all(is_of_key) {
        return Verdict::Refused(Reason::KeyMismatch.into());
    }
    if core.structure.is_satisfied_by(&identifiers) {
        return Verdict::Recovers;
    }
    let (have, need) = core.structure.shares_needed(&identifiers);
    let missing = account.sufficient();
    Verdict::TooFew {
        have,
        need,
        missing,
    }
}

/// Whether the factor at this position has shares of the account's key, and those that the document
/// says it has.
fn prove(account: &Account<'_>, position: usize, kind: HolderKind) -> Result<HolderName, Error> {
    let snapshot = &account.snapshot;
    let mut mailboxes = snapshot.mailboxes.iter();
    let Some(found) = mailboxes.find(|found| found.factor == position) else {
        return Err(absent(account, position, kind));
    };
    let core = account.core();
    let holder = core.holder_at(&found.address);
    let holder = holder.ok_or_else(|| Reason::CoreMismatch(found.culprit()))?;
    // Step 2.2: each share, of each key, against the commitments, and at the holder's identifiers.
    for (held, key) in found.mailbox.keys.iter().zip(&core.keys) {
        check_identifiers(
            holder,
            held.shares.iter().map(|(identifier, _)| *identifier),
        )?;
        shares::verify(core.curve, &core.structure, key, &held.shares)?;
    }
    Ok(HolderName::of(holder))
}

/// A mailbox has a share at each of its holder's identifiers, and no other.
fn check_identifiers(holder: &Holder, held: impl Iterator<Item = Identifier>) -> Result<(), Error> {
    if held.eq(holder.identifiers.iter().copied()) {
        return Ok(());
    }
    Err(Reason::WrongShare(first_identifier(holder)).into())
}

/// Why a factor at hand has no mailbox.
fn absent(account: &Account<'_>, position: usize, kind: HolderKind) -> Error {
    let snapshot = &account.snapshot;
    let mut missing = snapshot.missing.iter();
    let is_found = |at: usize| snapshot.mailboxes.iter().any(|found| found.factor == at);
    let before = (0..position).filter(|at| !is_found(*at)).count();
    match missing.nth(before).map(|m| m.factor.removed.clone()) {
        Some(Some(removal)) => Reason::Removed(removal).into(),
        Some(None) => Reason::nothing_known(kind).into(),
        // Only a device's copies may be without the mailbox of a factor that is one.
        None => Reason::NothingOffline.into(),
    }
}
