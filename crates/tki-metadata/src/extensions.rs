//! What later versions may add without changing the format.

use alloc::{collections::BTreeMap, vec::Vec};
use core::fmt;

use tki_seal::transcript::Transcript;
use zeroize::Zeroizing;

use crate::{
    error::{Error, Rule},
    limits,
};

/// The bit of a tag that says: whoever does not know this extension must not use what it is in.
pub const CRITICAL: u16 = 0x8000;

/// Tagged values that end every stored type, sorted by tag, each tag at most once.
///
/// Unknown ones are kept as they are and written back. An unknown one whose tag has the
/// [`CRITICAL`] bit is refused. This version knows those of a holder: [`Holder`](crate::Holder).
///
/// A later version may keep secrets in them: values are wiped and never printed.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Extensions(BTreeMap<u16, Zeroizing<Vec<u8>>>);

impl Extensions {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value of a tag.
    #[must_use]
    pub fn get(&self, tag: u16) -> Option<&[u8]> {
        self.0.get(&tag).map(|value| value.as_slice())
    }

    /// Sets the value of a tag.
    pub fn insert(&mut self, tag: u16, value: Vec<u8>) {
        self.0.insert(tag, Zeroizing::new(value));
    }

    /// Removes a tag.
    pub fn remove(&mut self, tag: u16) {
        self.0.remove(&tag);
    }

    /// All of them, by ascending tag.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &[u8])> {
        self.0.iter().map(|(tag, value)| (*tag, value.as_slice()))
    }

    /// Refuses those that must be understood, none of which is known here, and too many.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.check_knowing(&[])
    }

    /// The same where these tags are understood.
    pub(crate) fn check_knowing(&self, known: &[u16]) -> Result<(), Error> {
        if self.len() > limits::EXTENSIONS {
            return Err(Rule::ExtensionOrder.into());
        }
        let mut tags = self.0.keys();
        match tags.find(|tag| *tag & CRITICAL != 0 && !known.contains(tag)) {
            Some(tag) => Err(Error::CriticalExtension { tag: *tag }),
            None => Ok(()),
        }
    }

    /// Their number, then for each its tag and value.
    pub(crate) fn absorb(&self, transcript: Transcript) -> Transcript {
        let count = u64::try_from(self.len()).unwrap_or(u64::MAX);
        self.iter()
            .fold(transcript.u64(count), |transcript, (tag, value)| {
                transcript.u64(u64::from(tag)).bytes(value)
            })
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
