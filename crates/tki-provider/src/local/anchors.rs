//! A local provider's anchor: a file of signed headers beside the key file.
//!
//! ```text
//! body  = count (4) ‖ entries, slots increasing
//! entry = slot (4) ‖ state (1) ‖ length (4) ‖ bytes
//!         state 0: reserved, the bytes are a claim; state 1: confirmed, they are a record header
//! file  = "TKI-ANCH" ‖ version 1 (1) ‖ H(ProviderFile, "anchors", body) (32) ‖ body
//! ```
//!
//! Numbers are little-endian; claims and headers are encoded as records are. Everything in it is
//! public; what is read is verified before it is believed.
//!
//! Specification: `docs/spec/provider.md`, section 4.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tki_record::{Claim, RecordHeader};
use tki_seal::transcript::{Tag, Transcript};

use crate::anchor::{Anchor, AnchorEntry, Takeover};
use crate::error::Error;

/// The anchor of a [`LocalProvider`](crate::LocalProvider), which needs no passphrase: what it
/// keeps is public and signed by the accounts' writers.
///
/// Kept in the provider's path with `.anchors` at its end, changed under the lock
/// `.anchors.lock`. Any number of instances, in any number of processes, are one anchor; a change
/// while another process makes one is [`Error::Busy`].
///
/// It vouches for freshness only as far as its own file is not rolled back: it protects against a
/// storage elsewhere, not against whoever writes this disk.
#[derive(Clone, Debug)]
pub struct LocalAnchor {
    path: PathBuf,
    lock: PathBuf,
}

impl LocalAnchor {
    /// The anchor of the provider at this path. Nothing is read or written yet.
    #[must_use]
    pub fn open(provider: &Path) -> Self {
        let with = |suffix: &str| {
            let mut path = OsString::from(provider);
            path.push(suffix);
            PathBuf::from(path)
        };
        Self {
            path: with(".anchors"),
            lock: with(".anchors.lock"),
        }
    }

    /// Where the entries are.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts what `change` makes of a slot's entry in its place, durably.
    fn change(
        &self,
        slot: u32,
        change: impl FnOnce(Option<&AnchorEntry>) -> Result<AnchorEntry, Error>,
    ) -> Result<(), Error> {
        // Threads of one process wait for one another; other processes are kept out by the file.
        static WRITER: Mutex<()> = Mutex::new(());
        let _writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = tki_file::Lock::try_acquire(&self.lock)?.ok_or(Error::Busy)?;

        let mut entries = self.load()?;
        let current = entries.get(&slot);
        current.map_or(Ok(()), AnchorEntry::verify)?;
        let changed = change(current)?;
        if current == Some(&changed) {
            return Ok(());
        }
        entries.insert(slot, changed);
        let file = encode(&entries).ok_or(Error::Denied)?;
        Ok(tki_file::write(&self.path, &file)?)
    }

    fn load(&self) -> Result<BTreeMap<u32, AnchorEntry>, Error> {
        match tki_file::read(&self.path, MAX_FILE) {
            Ok(Some(file)) => decode(&file).ok_or_else(|| unreadable(&file)),
            Ok(None) => Ok(BTreeMap::new()),
            Err(tki_file::Error::TooLarge { .. }) => Err(Error::Protocol),
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl Anchor for LocalAnchor {
    async fn read(&self, slot: u32) -> Result<Option<AnchorEntry>, Error> {
        let entry = self.load()?.remove(&slot);
        entry.as_ref().map_or(Ok(()), AnchorEntry::verify)?;
        Ok(entry)
    }

    async fn reserve(&self, slot: u32, claim: &Claim, takeover: Takeover) -> Result<(), Error> {
        self.change(slot, |current| {
            AnchorEntry::reserved(current, claim, takeover)
        })
    }

    async fn advance(&self, slot: u32, header: &RecordHeader) -> Result<(), Error> {
        self.change(slot, |current| AnchorEntry::advanced(current, header))
    }
}

/// `None` if there is no room for so many or so large entries.
fn encode(entries: &BTreeMap<u32, AnchorEntry>) -> Option<Vec<u8>> {
    // Step 4.1: the entries, in the order of their slots.
    let mut body = Vec::new();
    body.extend_from_slice(&u32::try_from(entries.len()).ok()?.to_le_bytes());
    for (slot, entry) in entries {
        let (state, bytes) = match &entry.header {
            None => (RESERVED, entry.claim.encode()),
            Some(header) => (CONFIRMED, header.encode()),
        };
        body.extend_from_slice(&slot.to_le_bytes());
        body.push(state);
        body.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_le_bytes());
        body.extend_from_slice(&bytes);
    }

    // Step 4.2: magic ‖ version ‖ hash ‖ body.
    let mut file = MAGIC.to_vec();
    file.push(VERSION);
    file.extend_from_slice(&body_hash(&body));
    file.extend_from_slice(&body);
    u64::try_from(file.len())
        .is_ok_and(|length| length <= MAX_FILE)
        .then_some(file)
}

/// `None` unless the bytes are exactly what [`encode`] makes of some entries. No signature is
/// verified.
fn decode(file: &[u8]) -> Option<BTreeMap<u32, AnchorEntry>> {
    // Step 4.3: magic, version, hash.
    let rest = file.strip_prefix(&MAGIC)?.strip_prefix(&[VERSION])?;
    let (hash, body) = rest.split_first_chunk()?;
    if *hash != body_hash(body) {
        return None;
    }

    // Step 4.4: as many entries as counted, slots increasing, nothing after them.
    let (count, mut rest) = take_u32(body)?;
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        let (slot, after) = take_u32(rest)?;
        let (&state, after) = after.split_first()?;
        let (length, after) = take_u32(after)?;
        let (bytes, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
        rest = after;
        let (claim, header) = match state {
            RESERVED => (Claim::decode(bytes).ok()?, None),
            CONFIRMED => {
                let header = RecordHeader::decode(bytes).ok()?;
                (header.claim().clone(), Some(header))
            }
            _ => return None,
        };
        if entries
            .last_key_value()
            .is_some_and(|(last, _)| *last >= slot)
        {
            return None;
        }
        entries.insert(slot, AnchorEntry { claim, header });
    }
    rest.is_empty().then_some(entries)
}

/// Of a version to come, or damaged.
fn unreadable(file: &[u8]) -> Error {
    match file.strip_prefix(&MAGIC).and_then(<[u8]>::first) {
        Some(version) if *version > VERSION => Error::Unsupported,
        Some(_) | None => Error::Protocol,
    }
}

fn take_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn body_hash(body: &[u8]) -> [u8; HASH_BYTES] {
    Transcript::new(Tag::ProviderFile)
        .bytes(b"anchors")
        .bytes(body)
        .digest()
}

const MAGIC: [u8; 8] = *b"TKI-ANCH";
const VERSION: u8 = 1;
const RESERVED: u8 = 0;
const CONFIRMED: u8 = 1;
const HASH_BYTES: usize = 32;
/// The largest file: 16 MiB, room for some ten thousand accounts, or for some dozens of which each
/// removed four thousand holders.
const MAX_FILE: u64 = 16 * 1024 * 1024;
