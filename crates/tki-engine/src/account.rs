//! An account as the factors at hand show it, and, with enough of them, opened.

use alloc::vec::Vec;

use tki_math::{AccessStructure, Epoch};
use tki_metadata::{AccountId, ControlKey, Core, Holder, HolderName};
use tki_provider::{Anchor, Takeover};
use tki_record::{Address, RecordHeader};
use tki_seal::{
    curve::CurveId,
    signature::{Input, Scheme, SchemeSignature},
};
use tki_storage::Storage;

use crate::{
    error::{Culprit, Error, Reason},
    factor::Factor,
    freshness::{self, Freshness, Remembered, RememberedWriter},
    quorum::Quorum,
    read::{self, Snapshot},
    receipt, stack, structure,
};

/// What to hold an account against when it is read.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// The account that is meant, where the factors hold several.
    pub account: Option<AccountId>,
    /// A version that is known to exist, for example from a printed sheet.
    pub at_least_version: Option<u64>,
}

/// Where a factor at hand found its mailbox.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct FoundMailbox<'a> {
    /// Its position among the factors that the account was read with.
    pub factor: usize,
    /// Which of its addresses: the first that is neither closed nor another account's.
    pub slot: u32,
    /// The mailbox.
    pub address: Address,
    /// Who it is in the account.
    pub holder: Option<&'a Holder>,
}

/// An anchor of a factor at hand, and the slot of this account in it.
#[derive(Clone, Copy)]
pub(crate) struct AnchorAt<'f> {
    pub(crate) anchor: &'f dyn Anchor,
    pub(crate) slot: u32,
    pub(crate) standing: Standing,
}

/// What an anchor knows of the account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It vouches for this version.
    Confirmed(u64),
    /// The operation at hand reserves the slot before it commits.
    Reserved,
    /// Nothing, or a reservation that may be another's.
    Unconfirmed,
}

/// A copy of a sealed mailbox as a device keeps it.
pub(crate) type Copies = Vec<(Address, Vec<u8>)>;

/// One agreed state of an account, read with at least one factor.
///
/// It shows everything public about the account. It cannot use the key: [`Account::open`] does,
/// given enough factors.
pub struct Account<'f> {
    pub(crate) snapshot: Snapshot,
    pub(crate) freshness: Freshness,
    pub(crate) anchors: Vec<AnchorAt<'f>>,
    /// The sealed mailboxes of this very version, where they are known without reading.
    pub(crate) sealed: Option<Copies>,
    /// What devices at hand know of the writers of earlier versions.
    pub(crate) remembered: Vec<Remembered>,
    /// Where devices at hand will be if an operation that renews them arrives late.
    pub(crate) awaited: Vec<Address>,
    /// Whether the key has shown who writes the records that were read.
    pub(crate) proven: bool,
}

impl<'f> Account<'f> {
    /// Reads an account with the factors at hand; one is enough. First factor: two reads.
    ///
    /// # Errors
    /// `NotFound` if the storage knows no account of these factors, `Removed`, `Refused` if what
    /// it shows does not agree or is older than a witness knows, and the errors of storage and
    /// provider.
    pub async fn read(
        storage: &dyn Storage,
        factors: &[&'f dyn Factor],
        options: ReadOptions,
    ) -> Result<Self, Error> {
        let (factors, awaited) = in_force(storage, factors).await?;
        let factors = factors.as_slice();
        let read = read::read(storage, factors, options.account).await;
        stack::wipe();
        let mut snapshot = read?;
        let anchored = freshness::read_anchors(factors, &snapshot).await?;
        if freshness::is_behind(&snapshot, &anchored) {
            // A change that came in between is no rollback: now it must be there.
            let again = read::read(storage, factors, options.account).await;
            stack::wipe();
            snapshot = again?;
        }
        let freshness = freshness::judge(&snapshot, factors, &anchored, options.at_least_version)?;
        let anchors = anchors_at(factors, &snapshot, &anchored);
        Ok(Self {
            freshness,
            remembered: freshness::remembered(factors, &snapshot).await?,
            snapshot,
            anchors,
            sealed: None,
            awaited,
            proven: false,
        })
    }

    /// Reads an account from a device's own copies, with every server gone.
    ///
    /// # Errors
    /// `Unavailable` if no factor at hand is a device that keeps copies; `Refused` if they do not
    /// agree.
    pub async fn read_offline(factors: &[&'f dyn Factor]) -> Result<Self, Error> {
        let read = read::read_offline(factors).await;
        stack::wipe();
        let snapshot = read?;
        let freshness = Freshness::AtLeast(snapshot.core().version);
        Ok(Self {
            snapshot,
            freshness,
            anchors: Vec::new(),
            sealed: None,
            remembered: Vec::new(),
            awaited: factors
                .iter()
                .filter_map(|factor| factor.renewal())
                .map(|(address, _)| address)
                .collect(),
            proven: false,
        })
    }

    /// Opens the account: checks the shares at hand against the commitments and the key, and the
    /// writers of what was read against the control key.
    ///
    /// # Errors
    /// `NeedMoreShares`; `Refused` naming the wrong share or the foreign writer.
    pub fn open(self) -> Result<Opened<'f>, Error> {
        stack::wiped(|| self.gather())
    }

    fn gather(self) -> Result<Opened<'f>, Error> {
        let core = self.snapshot.core();
        let mailboxes = &self.snapshot.mailboxes;
        let mut quorums = Vec::with_capacity(core.keys.len());
        for (place, key) in core.keys.iter().enumerate() {
            let shares = mailboxes.iter().flat_map(|found| found.shares(place));
            let shares = (shares.collect(), self.snapshot.missing.as_slice());
            let gathered = Quorum::gather(core.curve, &core.structure, key, shares);
            quorums.push(gathered.map_err(|error| error.with_sufficient(self.sufficient()))?);
        }
        let mut quorums = quorums.into_iter();
        let quorum = quorums.next();
        let mut opened = Opened {
            account: self,
            quorum: quorum.ok_or(Reason::Bug("an account without keys"))?,
            next: quorums.next(),
            in_use: Which::Current,
        };
        opened.check_writers()?;
        opened.account.proven = true;
        Ok(opened)
    }

    /// Whom those at hand need, where it is not any so many.
    pub(crate) fn sufficient(&self) -> Vec<Vec<HolderName>> {
        let core = self.core();
        let is_found = |holder: &&Holder| {
            let mut found = self.snapshot.mailboxes.iter();
            found.any(|found| found.address == holder.mailbox)
        };
        let (found, others): (Vec<&Holder>, Vec<&Holder>) = core.holders.iter().partition(is_found);
        let companions = structure::companions(core, &found, &others);
        companions.map_or(Vec::new(), |companions| companions.sets)
    }

    /// The account's number, 32 random bytes made at creation.
    #[must_use]
    pub const fn id(&self) -> AccountId {
        self.snapshot.document.core.account
    }

    /// The whole public description.
    #[must_use]
    pub const fn core(&self) -> &Core {
        &self.snapshot.document.core
    }

    /// The verifying key in the curve's canonical encoding: SEC1 compressed, or RFC 8032. While the
    /// account moves to another key, the current one.
    #[must_use]
    pub fn verifying_key(&self) -> &[u8] {
        self.core()
            .keys
            .first()
            .map_or(&[], |key| key.verifying_key.as_slice())
    }

    /// The curve of the key.
    #[must_use]
    pub const fn curve(&self) -> CurveId {
        self.core().curve
    }

    /// Whether the key is known as a scalar only, without the seed that other programs want: an
    /// Ed25519 key that was imported so.
    #[must_use]
    pub fn is_scalar_only(&self) -> bool {
        receipt::is_scalar_only(self.core())
    }

    /// Who may use the key together.
    #[must_use]
    pub const fn structure(&self) -> &AccessStructure {
        &self.core().structure
    }

    /// The generation of the shares.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.core().epoch
    }

    /// The version of the account: one more at each change.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.core().version
    }

    /// What each factor at hand that is a holder led to.
    pub fn found(&self) -> impl Iterator<Item = FoundMailbox<'_>> {
        self.snapshot.mailboxes.iter().map(|found| FoundMailbox {
            factor: found.factor,
            slot: found.slot,
            address: found.address,
            holder: self.core().holder_at(&found.address),
        })
    }

    /// The factors of the account.
    #[must_use]
    pub fn holders(&self) -> &[Holder] {
        &self.core().holders
    }

    /// Where the account document is stored.
    #[must_use]
    pub const fn document_address(&self) -> Address {
        self.snapshot.document_address
    }

    /// How sure it is that this is the newest version.
    #[must_use]
    pub const fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// The hash by which this version is known.
    #[must_use]
    pub const fn version_hash(&self) -> &[u8; 32] {
        &self.snapshot.document_hash
    }

    /// Tells the anchors at hand of this version, where they are behind. Returns whether all of
    /// them now vouch for it.
    pub(crate) async fn advance_anchors(&self) -> bool {
        let Some(header) = &self.snapshot.document_header else {
            return false;
        };
        let mut all = true;
        for at in &self.anchors {
            if at.standing != Standing::Confirmed(self.version()) {
                all &= advance(at, header).await.is_ok();
            }
        }
        all
    }
}

/// An anchor that holds no more than a reservation, perhaps of a creation that lost, is reserved
/// first.
async fn advance(at: &AnchorAt<'_>, header: &RecordHeader) -> Result<(), tki_provider::Error> {
    if at.standing == Standing::Unconfirmed {
        at.anchor
            .reserve(at.slot, header.claim(), Takeover::Unconfirmed)
            .await?;
    }
    at.anchor.advance(at.slot, header).await
}

/// The factors as they are now. A device that was renewing itself when it was interrupted is at its
/// new address if that has a record, which nobody else can have put there; else at its old one, and
/// the new one is awaited.
async fn in_force<'f>(
    storage: &dyn Storage,
    factors: &[&'f dyn Factor],
) -> Result<(Vec<&'f dyn Factor>, Vec<Address>), Error> {
    // Step 5.4: the new address first, then the old.
    let mut current = Vec::with_capacity(factors.len());
    let mut awaited = Vec::new();
    for factor in factors {
        match factor.renewal() {
            Some((address, renewed)) if storage.get(&address).await?.is_some() => {
                current.push(renewed);
            }
            Some((address, _)) => {
                awaited.push(address);
                current.push(*factor);
            }
            None => current.push(*factor),
        }
    }
    Ok((current, awaited))
}

fn anchors_at<'f>(
    factors: &[&'f dyn Factor],
    snapshot: &Snapshot,
    anchored: &[freshness::Anchored],
) -> Vec<AnchorAt<'f>> {
    let mut anchors = Vec::new();
    for found in &snapshot.mailboxes {
        let anchor = factors.get(found.factor).and_then(|factor| factor.anchor());
        let Some(anchor) = anchor else { continue };
        let known = anchored
            .iter()
            .find(|a| (a.factor, a.slot) == (found.factor, found.slot));
        let header = known.and_then(|a| a.header.as_ref());
        let standing = header.map_or(Standing::Unconfirmed, |header| {
            Standing::Confirmed(header.version())
        });
        anchors.push(AnchorAt {
            anchor,
            slot: found.slot,
            standing,
        });
    }
    anchors
}

/// Which of an account's keys an opened account uses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Current,
    Next,
}

/// An account with enough factors to use its key. Keeps the shares, never the key.
pub struct Opened<'f> {
    pub(crate) account: Account<'f>,
    /// Of the current key, from which the writers of every record follow.
    pub(crate) quorum: Quorum,
    /// Of the key that the account is moving to, if it is.
    pub(crate) next: Option<Quorum>,
    /// Which of them signs and is given out.
    pub(crate) in_use: Which,
}

impl<'f> Opened<'f> {
    /// Reads and opens in one step.
    ///
    /// # Errors
    /// Those of [`Account::read`] and [`Account::open`].
    pub async fn open(
        storage: &dyn Storage,
        factors: &[&'f dyn Factor],
        options: ReadOptions,
    ) -> Result<Self, Error> {
        Account::read(storage, factors, options).await?.open()
    }

    /// The account's public description.
    #[must_use]
    pub const fn account(&self) -> &Account<'f> {
        &self.account
    }

    /// Signs with the key, which is assembled for this one signature and wiped.
    ///
    /// # Errors
    /// `Unsupported` if the scheme does not fit the curve or the input.
    pub fn sign(&self, scheme: Scheme, input: Input<'_>) -> Result<SchemeSignature, Error> {
        self.key_in_use()?.0.sign(scheme, input)
    }

    /// Tells the anchors at hand of this version, where they are behind. Returns whether all of
    /// them now vouch for it.
    pub async fn advance_anchors(&self) -> bool {
        self.account.advance_anchors().await
    }

    /// κ of this version.
    pub(crate) fn control_key(&self) -> Result<ControlKey, Error> {
        self.quorum
            .control_key(&self.account.snapshot.common()?.control_salt)
    }

    /// Everything read was written by, or handed over to, the control key's writer.
    fn check_writers(&self) -> Result<(), Error> {
        // Step 3.3: the next version of everything read is ours to write.
        let snapshot = &self.account.snapshot;
        let control = self.control_key()?;
        if let Some(header) = &snapshot.document_header {
            check_writer(
                &control,
                &snapshot.document_address,
                header,
                Culprit::Document,
            )?;
            self.check_earlier_writers(header)?;
        }
        for found in &snapshot.mailboxes {
            if let Some(header) = &found.header {
                check_writer(&control, &found.address, header, found.culprit())?;
            }
        }
        Ok(())
    }

    /// Who wrote upon a version that a device saw is who could, going by the mailbox that it keeps.
    fn check_earlier_writers(&self, header: &RecordHeader) -> Result<(), Error> {
        // Step 3.4: no hand-over up to a version that was seen is missing or was dated back.
        for Remembered { version, writer } in &self.account.remembered {
            let known = match writer {
                RememberedWriter::Under(salt) => {
                    let control = self.quorum.control_key(salt)?;
                    Some(control.writer(&header.address()).public_key())
                }
                RememberedWriter::Named(writer) => *writer,
            };
            if Some(*header.writer_of(version.saturating_add(1))) != known {
                return Err(Reason::WrongWriter(Culprit::Document).into());
            }
        }
        Ok(())
    }
}

/// The writer of the next version of this record is w(addr) = HKDF(κ, addr).
pub(crate) fn check_writer(
    control: &ControlKey,
    address: &Address,
    header: &RecordHeader,
    culprit: Culprit,
) -> Result<(), Error> {
    let writer = control.writer(address).public_key();
    let next = header.successor();
    if *next == writer {
        Ok(())
    } else {
        Err(Reason::WrongWriter(culprit).into())
    }
}
