//! What a software authenticator keeps.
//!
//! ```text
//! content = PRF (1) ‖ count (2) ‖ entries
//! entry   = id (16) ‖ CredRandom (32) ‖ length (1) ‖ label
//! ```
//!
//! Specification: `docs/spec/passkey.md`, section 2.

use alloc::{string::String, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::Prf;
use crate::credential::{self, CredentialId};

/// Credentials of one authenticator.
pub(super) const MAX_ENTRIES: usize = 100;

const ID_BYTES: usize = 16;

/// What a software authenticator keeps.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) prf: Prf,
    pub(super) entries: Vec<Entry>,
}

/// One credential.
pub(super) struct Entry {
    pub(super) id: CredentialId,
    pub(super) cred_random: Zeroizing<[u8; 32]>,
    pub(super) label: String,
}

impl Entry {
    pub(super) fn random(label: &str, rng: &mut (dyn CryptoRng + Send)) -> Self {
        // Step 2.1: id and CredRandom are random.
        let mut id = [0; ID_BYTES];
        rng.fill_bytes(&mut id);
        let mut cred_random = Zeroizing::new([0; 32]);
        rng.fill_bytes(cred_random.as_mut_slice());
        Self {
            id: CredentialId::of_array(id),
            cred_random,
            label: label.into(),
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Content {
    pub(super) const fn new(prf: Prf) -> Self {
        Self {
            prf,
            entries: Vec::new(),
        }
    }

    /// `None` if there is more than one authenticator holds.
    pub(super) fn encode(&self) -> Option<Zeroizing<Vec<u8>>> {
        // Step 2.2: PRF ‖ count ‖ entries.
        let count = u16::try_from(self.entries.len()).ok()?;
        let prf = match self.prf {
            Prf::Absent => 0,
            Prf::Available => 1,
        };
        // Sized up front: growing would leave unwiped copies.
        let size = 3 + MAX_ENTRIES * (ID_BYTES + 32 + 1 + credential::MAX_LABEL);
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        bytes.push(prf);
        bytes.extend_from_slice(&count.to_le_bytes());
        for entry in &self.entries {
            bytes.extend_from_slice(entry.id.as_bytes());
            bytes.extend_from_slice(entry.cred_random.as_slice());
            bytes.push(u8::try_from(entry.label.len()).ok()?);
            bytes.extend_from_slice(entry.label.as_bytes());
        }
        (bytes.len() <= size).then_some(bytes)
    }

    /// `None` unless the bytes are exactly what [`Content::encode`] makes of some credentials.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        // Step 2.4: a known byte, as many entries as counted, ids that differ, nothing after them.
        let (prf, rest) = bytes.split_first()?;
        let prf = match prf {
            0 => Prf::Absent,
            1 => Prf::Available,
            _ => return None,
        };
        let (count, mut rest) = rest.split_first_chunk()?;
        let count = usize::from(u16::from_le_bytes(*count));
        if count > MAX_ENTRIES {
            return None;
        }
        let mut entries: Vec<Entry> = Vec::new();
        for _ in 0..count {
            let (id, after) = rest.split_first_chunk::<ID_BYTES>()?;
            let (cred_random, after) = after.split_first_chunk::<32>()?;
            let (&length, after) = after.split_first()?;
            let (label, after) = after.split_at_checked(usize::from(length))?;
            rest = after;
            let id = CredentialId::of_array(*id);
            let label = core::str::from_utf8(label).ok()?;
            if !credential::is_label(label) || entries.iter().any(|entry| entry.id == id) {
                return None;
            }
            entries.push(Entry {
                id,
                cred_random: Zeroizing::new(*cred_random),
                label: label.into(),
            });
        }
        rest.is_empty().then_some(Self { prf, entries })
    }
}
