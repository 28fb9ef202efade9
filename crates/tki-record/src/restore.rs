//! The rule by which storage takes in copies: of a bundle, or of another storage.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::address::Address;
use crate::header::RecordHeader;
use crate::record::Record;
use crate::rejection::Rejection;

/// Decides what becomes of these copies, where `current` holds (at least) the stored records at
/// their addresses. Pure. Either all of them are taken in as said, or the answer is an error.
///
/// Each copy must prove by itself that it was the record of its address. What is stored is never
/// replaced but by what its own writers wrote after it: see [`RecordHeader::follows`].
///
/// A copy of a first version and a copy of a hundredth are the same to an empty storage, which
/// cannot know whether the copy is the newest; nor can this function. Readers find out.
///
/// # Errors
/// - [`Rejection::Refused`] for the first copy that does not verify, whatever is stored.
/// - [`Rejection::Conflict`] for the first copy beside which something else is stored: a newer
///   version, another of the same version, another claim or chain of writers, a closed record; or
///   for the second of two copies at one address.
pub fn check_restore(
    current: &BTreeMap<Address, Record>,
    copies: &[Record],
) -> Result<Restored, Rejection> {
    check_all(copies, |address| current.get(address).map(Record::header))
}

/// As [`check_restore`], for a backend that has not read the bodies of what is stored: no rule needs
/// them.
///
/// # Errors
/// Those of [`check_restore`].
pub fn check_restore_by_headers(
    current: &BTreeMap<Address, RecordHeader>,
    copies: &[Record],
) -> Result<Restored, Rejection> {
    check_all(copies, |address| current.get(address))
}

fn check_all<'a>(
    copies: &[Record],
    current: impl Fn(&Address) -> Option<&'a RecordHeader>,
) -> Result<Restored, Rejection> {
    // Step 13.1: each copy verifies alone, before any is compared with what is stored.
    let headers: Vec<&RecordHeader> = copies.iter().map(Record::header).collect();
    if RecordHeader::verify_all(&headers).is_err() {
        // Something is wrong: one by one they tell what.
        for copy in copies {
            copy.verify().map_err(|rule| Rejection::Refused {
                address: copy.address(),
                rule,
            })?;
        }
    }
    let mut seen = BTreeMap::new();
    let mut restored = Restored::default();
    for copy in copies {
        let address = copy.address();
        // Step 13.2: there is at most one copy for an address.
        if let Some(version) = seen.insert(address, copy.version()) {
            return Err(Rejection::Conflict {
                address,
                found: Some(version),
            });
        }
        restored.place(current(&address), copy.header())?;
    }
    Ok(restored)
}

/// What became of the copies, by address.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Restored {
    /// Nothing was stored here before.
    pub created: BTreeSet<Address>,
    /// An earlier version was stored here before.
    pub advanced: BTreeSet<Address>,
    /// The same was stored here already, and was left alone.
    pub kept: BTreeSet<Address>,
}

impl Restored {
    fn place(
        &mut self,
        stored: Option<&RecordHeader>,
        copy: &RecordHeader,
    ) -> Result<(), Rejection> {
        let address = copy.address();
        let list = match stored {
            // Step 13.3: where nothing is stored, the copy is, whatever its version.
            None => &mut self.created,
            // Step 13.4: where the same is stored, it stays.
            Some(stored) if copy.digest() == stored.digest() => &mut self.kept,
            // Step 13.5: what is stored is replaced by a later version that follows from it.
            Some(stored) if copy.follows(stored) => &mut self.advanced,
            // Step 13.6: anything else is a conflict.
            Some(stored) => {
                return Err(Rejection::Conflict {
                    address,
                    found: Some(stored.version()),
                });
            }
        };
        list.insert(address);
        Ok(())
    }
}
