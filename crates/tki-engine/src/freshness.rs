//! Whether what was read is the newest there is.
//!
//! A storage can show an old version, or a fork of one. Witnesses tell: what a device saw, the
//! version printed beside the words, and the anchor that a provider keeps per login. A witness
//! that saw more, or something else, is believed and the account refused.

use alloc::vec::Vec;

use tki_metadata::{ControlSalt, Core, Mailbox, Membership};
use tki_record::RecordHeader;
use tki_seal::bip340::PublicKey;

use crate::{
    error::{Culprit, Error, Reason},
    factor::Factor,
    read::{self, Snapshot},
};

/// How sure it is that nothing newer exists.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// At least as new as this version, which a device or a person remembers.
    AtLeast(u64),
    /// Nothing vouches for it.
    Unverified,
    /// At least as new as the provider's anchor says.
    Verified,
}

impl Freshness {
    /// `verified`, `at-least` or `unverified`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtLeast(_) => "at-least",
            Self::Unverified => "unverified",
            Self::Verified => "verified",
        }
    }

    /// Whether anything vouches for it at all.
    #[must_use]
    pub const fn is_vouched_for(self) -> bool {
        !matches!(self, Self::Unverified)
    }
}

/// What the anchor of one of the factors at hand has of this account.
pub(crate) struct Anchored {
    pub(crate) factor: usize,
    pub(crate) slot: u32,
    /// None where the slot is no more than reserved.
    pub(crate) header: Option<RecordHeader>,
    /// One of a factor that is no holder was not told of what came later.
    is_told: bool,
}

/// Reads the anchors of the factors that have one. An anchor that does not answer is no witness.
pub(crate) async fn read_anchors(
    factors: &[&dyn Factor],
    snapshot: &Snapshot,
) -> Result<Vec<Anchored>, Error> {
    let mut anchored = Vec::new();
    for found in &snapshot.mailboxes {
        let anchor = factors.get(found.factor).and_then(|factor| factor.anchor());
        let Some(anchor) = anchor else { continue };
        for slot in found.slot..read::MAX_SLOTS {
            let entry = match anchor.read(slot).await {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(error) if error.is_unavailable() => break,
                Err(error) => return Err(error.into()),
            };
            // A login that was removed and came back is at a later slot, which a storage that
            // shows an old state does not lead to.
            if slot == found.slot || entry.claim.address() == snapshot.document_address {
                anchored.push(Anchored {
                    factor: found.factor,
                    slot,
                    header: entry.header,
                    is_told: true,
                });
            }
        }
    }
    // Step 2.4: of factors that found no mailbox, too.
    anchored.extend(of_missing(snapshot));
    Ok(anchored)
}

/// What the anchors of factors without a mailbox know of this account: a storage that shows a state
/// from before they came does not lead to them.
fn of_missing(snapshot: &Snapshot) -> impl Iterator<Item = Anchored> {
    snapshot.missing.iter().flat_map(|missing| {
        let ours = missing
            .remembered
            .iter()
            .filter(|(_, header)| header.claim().address() == snapshot.document_address);
        ours.map(|(slot, header)| Anchored {
            factor: missing.position,
            slot: *slot,
            header: Some(header.clone()),
            is_told: false,
        })
    })
}

/// Whether an anchor knows of a newer version.
pub(crate) fn is_behind(snapshot: &Snapshot, anchored: &[Anchored]) -> bool {
    let headers = anchored
        .iter()
        .filter_map(|anchored| anchored.header.as_ref());
    headers
        .map(RecordHeader::version)
        .any(|version| version > snapshot.core().version)
}

/// What a device knows of who was to write after an earlier version.
pub(crate) struct Remembered {
    pub(crate) version: u64,
    pub(crate) writer: RememberedWriter,
}

pub(crate) enum RememberedWriter {
    /// The one that follows from the account's key under this salt.
    Under(ControlSalt),
    /// The account has another key since: the one that was noted, if one was.
    Named(Option<PublicKey>),
}

/// What the devices at hand remember of earlier versions than this one.
pub(crate) async fn remembered(
    factors: &[&dyn Factor],
    snapshot: &Snapshot,
) -> Result<Vec<Remembered>, Error> {
    let mut remembered = Vec::new();
    for factor in factors {
        let Some(membership) = factor.membership() else {
            continue;
        };
        let known = &membership.document.core;
        if known.account != snapshot.core().account || known.version >= snapshot.core().version {
            continue;
        }
        let version = known.version;
        if !has_same_key(known, snapshot.core()) {
            let writer = RememberedWriter::Named(membership.writer());
            remembered.push(Remembered { version, writer });
            continue;
        }
        let copy = &membership.mailbox;
        let context = Mailbox::context(&copy.address);
        let plaintext = factor.open_sealed(&context, &copy.sealed).await?;
        let mailbox = Mailbox::decode(&plaintext)
            .map_err(|error| Reason::MalformedRecord(Culprit::Package, error))?;
        remembered.push(Remembered {
            version: mailbox.version,
            writer: RememberedWriter::Under(mailbox.control_salt),
        });
    }
    Ok(remembered)
}

/// Whether the current key of both is the same.
fn has_same_key(one: &Core, other: &Core) -> bool {
    let current = |core: &Core| core.keys.first().map(|key| key.verifying_key.clone());
    current(one) == current(other)
}

/// Holds a snapshot against every witness.
pub(crate) fn judge(
    snapshot: &Snapshot,
    factors: &[&dyn Factor],
    anchored: &[Anchored],
    at_least_version: Option<u64>,
) -> Result<Freshness, Error> {
    // Step 2.1: every witness is heard; the strongest names the freshness.
    let mut freshness = Freshness::Unverified;
    if let Some(version) = at_least_version {
        check_witness(snapshot, version, None, Culprit::GivenVersion)?;
        freshness = Freshness::AtLeast(version);
    }
    for membership in factors.iter().filter_map(|factor| factor.membership()) {
        if membership.document.core.account != snapshot.core().account {
            continue;
        }
        freshness = hear(freshness, membership, snapshot)?;
    }
    for anchored in anchored {
        let Some(header) = &anchored.header else {
            continue;
        };
        check_anchored(snapshot, header)?;
        freshness = if anchored.is_told {
            Freshness::Verified
        } else {
            higher(freshness, header.version())
        };
    }
    Ok(freshness)
}

/// Hears a device as a witness.
pub(crate) fn hear(
    freshness: Freshness,
    membership: &Membership,
    snapshot: &Snapshot,
) -> Result<Freshness, Error> {
    let seen = &membership.seen;
    check_witness(snapshot, seen.version, Some(&seen.hash), Culprit::Package)?;
    Ok(higher(freshness, seen.version))
}

fn higher(freshness: Freshness, version: u64) -> Freshness {
    match freshness {
        Freshness::AtLeast(other) => Freshness::AtLeast(other.max(version)),
        Freshness::Unverified => Freshness::AtLeast(version),
        Freshness::Verified => Freshness::Verified,
    }
}

/// Checks the anchor's header against the snapshot.
fn check_anchored(snapshot: &Snapshot, header: &RecordHeader) -> Result<(), Error> {
    if header.claim().address() != snapshot.document_address {
        return Err(Reason::BindingMismatch(Culprit::Anchor).into());
    }
    check_witness(
        snapshot,
        header.version(),
        Some(header.body_hash()),
        Culprit::Anchor,
    )?;
    // Step 2.3: a former writer can name every true version, but not get around a hand-over.
    if let Some(shown) = &snapshot.document_header
        && !shown.follows(header)
    {
        return Err(Reason::WrongWriter(Culprit::Document).into());
    }
    Ok(())
}

/// A witness saw this version, and perhaps by this hash.
fn check_witness(
    snapshot: &Snapshot,
    version: u64,
    hash: Option<&[u8; 32]>,
    witness: Culprit,
) -> Result<(), Error> {
    // Step 2.2: a higher version was rolled back, another hash is a fork.
    let core = snapshot.core();
    if core.version < version {
        return Err(Reason::RolledBack {
            found: core.version,
            known: version,
            witness,
        }
        .into());
    }
    let ours = hash_at(core, &snapshot.document_hash, version);
    match (ours, hash) {
        (Some(ours), Some(seen)) if ours != seen => Err(Reason::Forked { version, witness }.into()),
        _ => Ok(()),
    }
}

/// The hash by which a version at most as new as this one is known, if it is still remembered.
pub(crate) fn hash_at<'a>(
    core: &'a Core,
    current: &'a [u8; 32],
    version: u64,
) -> Option<&'a [u8; 32]> {
    if version == core.version {
        return Some(current);
    }
    core.hash_of_version(version)
}
