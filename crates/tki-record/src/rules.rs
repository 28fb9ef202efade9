//! The rules by which storage accepts a record: the same in every backend and in the server.

use alloc::collections::BTreeMap;

use crate::address::Address;
use crate::commit::Commit;
use crate::header::{RecordHeader, Verify, one_by_one, together};
use crate::record::Record;
use crate::rejection::{Rejection, Rule};

/// Decides whether `new` may follow what is stored at its address. Pure.
///
/// A new version is compared with the stored one in this order; the first broken rule is the
/// answer. What the types already guarantee (sizes, the body's hash, the order of hand-overs) is
/// not looked at again.
///
/// 1. **Version.** It is 0 where nothing is stored, else the stored version plus one. Anything else
///    is a *conflict*: somebody was faster. This comes first, so that the loser of a race with a
///    change of writers learns that it lost, and is not told that it may not write.
/// 2. **Closed.** Nothing follows a closed version, whoever signed it.
/// 3. **Claim.** Where nothing is stored: signed by the address's own key. Else: the stored one,
///    byte for byte.
/// 4. **Hand-overs.** The stored ones come first, unchanged. A new one names this version, is
///    signed by this version's writer, and does not come with closing.
/// 5. **Signature.** By the writer of this version: the last one named by an earlier version, or
///    the claim's first writer.
///
/// An update without a hand-over verifies one signature, a first version verifies two.
///
/// Headers suffice, since a [`Record`] always has the body that its header vouches for. `current`
/// is trusted: it was checked when it was stored.
///
/// # Errors
/// [`Rejection::Conflict`] or [`Rejection::Refused`], in the order above.
pub fn check(current: Option<&RecordHeader>, new: &RecordHeader) -> Result<(), Rejection> {
    check_version(current, new)?;
    check_rest(current, new, &mut one_by_one).map_err(|rule| Rejection::Refused {
        address: new.address(),
        rule,
    })
}

/// Decides whether a whole commit may follow what is stored, where `current` holds (at least) the
/// stored records at the commit's addresses. Pure.
///
/// The versions of all records are compared before anything else of any of them, so that the loser
/// of a race always gets a conflict, and gets it cheaply. The signatures of all records are verified
/// together, with an error probability of 2⁻¹²⁸.
///
/// # Errors
/// [`Rejection::Conflict`] of the first record that has one, else the first
/// [`Rejection::Refused`].
pub fn check_commit(current: &BTreeMap<Address, Record>, commit: &Commit) -> Result<(), Rejection> {
    check_all(commit, |address| current.get(address).map(Record::header))
}

/// As [`check_commit`], for a backend that has not read the bodies of what is stored: no rule needs
/// them.
///
/// # Errors
/// Those of [`check_commit`].
pub fn check_commit_by_headers(
    current: &BTreeMap<Address, RecordHeader>,
    commit: &Commit,
) -> Result<(), Rejection> {
    check_all(commit, |address| current.get(address))
}

fn check_all<'a>(
    commit: &Commit,
    current: impl Fn(&Address) -> Option<&'a RecordHeader>,
) -> Result<(), Rejection> {
    let stored = |new: &Record| current(&new.address());
    // Step 8: the versions of all records before any other rule of any.
    for new in commit.records() {
        check_version(stored(new), new.header())?;
    }
    let all = together(|collect| {
        let mut records = commit.records().iter();
        records.try_for_each(|new| check_rest(stored(new), new.header(), collect))
    });
    if all.is_ok() {
        return Ok(());
    }
    // Something is wrong: one by one they tell what.
    for new in commit.records() {
        check(stored(new), new.header())?;
    }
    Ok(())
}

fn check_version(current: Option<&RecordHeader>, new: &RecordHeader) -> Result<(), Rejection> {
    // Step 7.1: the version is 0 where nothing is stored, else the stored version plus one. Nothing
    // follows the last version that a number exists for.
    let found = current.map(RecordHeader::version);
    let expected = found.map_or(Some(0), |version| version.checked_add(1));
    if expected == Some(new.version()) {
        Ok(())
    } else {
        Err(Rejection::Conflict {
            address: new.address(),
            found,
        })
    }
}

fn check_rest(
    current: Option<&RecordHeader>,
    new: &RecordHeader,
    verify: Verify<'_>,
) -> Result<(), Rule> {
    // Step 7.2: the stored version is not closed.
    if current.is_some_and(RecordHeader::is_closed) {
        return Err(Rule::Closed);
    }
    // Step 7.3: the claim is signed by the address's key; a stored one stays.
    match current {
        None => verify(new.claim().statement(), Rule::ClaimSignature)?,
        Some(current) if current.claim() == new.claim() => {}
        Some(_) => return Err(Rule::ClaimChanged),
    }
    // Step 7.4: stored hand-overs stay; a new one has the version of the new record.
    let stored = current.map_or(&[][..], RecordHeader::hand_overs);
    let added = new
        .hand_overs()
        .strip_prefix(stored)
        .ok_or(Rule::HandOversChanged)?;
    if added
        .iter()
        .any(|hand_over| hand_over.version() != new.version())
    {
        return Err(Rule::HandOverBackdated);
    }
    // Steps 7.5 to 7.7 are the same for a record alone; what is stored was verified before.
    new.check_hand_overs(stored.len(), verify)?;
    new.check_signature(verify)
}
