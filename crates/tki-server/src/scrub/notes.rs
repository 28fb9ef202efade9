//! What a pass notes of every record for the next one: 32 bytes each, in the order of addresses.
//!
//! Both passes go through the addresses in their order, so the old notes are read and the new ones
//! written side by side, and neither is ever in memory. A note has half of the address, the version,
//! and the beginning of the digest of the header.
//!
//! The file begins with `TKI-SCRB` and a byte for the version, and ends with the SHA-256 of all
//! before; one that is not so is as good as none, since a damaged note must not accuse a record.

use alloc::vec::Vec;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tki_file::Replacement;
use tki_record::{Address, Record};

/// The first bytes: what it is, and the version of its form.
const BEGIN: &[u8; 9] = b"TKI-SCRB\x01";

/// Half of an address, a version, a part of a digest.
const NOTE_BYTES: usize = 16 + 8 + 8;

/// How much is written at once.
const AT_ONCE: usize = 64 * 1024;

/// What is noted of a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Note {
    address: [u8; 16],
    version: u64,
    digest: [u8; 8],
}

/// How a record that was seen differs from what was noted of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Comparison {
    Missing(Note),
    Rewritten(Note),
    WentBack(Note),
}

impl Note {
    pub(super) fn of(record: &Record) -> Self {
        let digest = record.header().digest();
        Self {
            address: half(&record.address()),
            version: record.version(),
            digest: beginning(&digest),
        }
    }

    /// As much of the address as a log may have.
    pub(super) fn address_prefix(&self) -> String {
        let digits = self.address.iter().map(|byte| format!("{byte:02x}"));
        digits.take(4).collect()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.address);
        out.extend_from_slice(&self.version.to_be_bytes());
        out.extend_from_slice(&self.digest);
    }

    fn decode(bytes: &[u8; NOTE_BYTES]) -> Self {
        let (address, rest) = bytes.split_first_chunk().unwrap_or((&[0; 16], &[]));
        let (version, digest) = rest.split_first_chunk().unwrap_or((&[0; 8], &[]));
        Self {
            address: *address,
            version: u64::from_be_bytes(*version),
            digest: beginning(digest),
        }
    }
}

fn half(address: &Address) -> [u8; 16] {
    beginning(address.as_bytes())
}

fn beginning<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

/// The notes of the pass before, and those of this one.
pub(super) struct Notes {
    old: Option<Old>,
    new: Option<New>,
}

impl Notes {
    /// Notes in this file. What cannot be read is not compared with, and what cannot be written is not
    /// kept; the first is nothing to be told of where there is no file yet.
    pub(super) fn begin(path: Option<&Path>) -> Self {
        let old = path.and_then(|path| match Old::open(path) {
            Ok(old) => old,
            Err(error) => {
                let reason = error.to_string();
                tracing::warn!(reason, "notes of the background check cannot be read");
                None
            }
        });
        let new = path.and_then(|path| match New::begin(path) {
            Ok(new) => Some(new),
            Err(error) => {
                let reason = error.to_string();
                tracing::warn!(reason, "notes of the background check cannot be written");
                None
            }
        });
        Self { old, new }
    }

    /// A record was seen: what is wrong with it, and with those before it.
    pub(super) fn pass(&mut self, seen: Note) -> Vec<Comparison> {
        let mut wrong = self.pass_until(&seen.address);
        let noted = self.take_noted(&seen.address);
        let comparison = noted.and_then(|noted| {
            if noted.version > seen.version {
                Some(Comparison::WentBack(noted))
            } else if noted.version == seen.version && noted.digest != seen.digest {
                Some(Comparison::Rewritten(noted))
            } else {
                None
            }
        });
        // What was once noted accuses until somebody removes the file.
        let kept = match (comparison, noted) {
            (Some(_), Some(noted)) => noted,
            _ => seen,
        };
        self.write(&kept);
        wrong.extend(comparison);
        wrong
    }

    /// Something was seen that is no record: what is wrong with those before it.
    pub(super) fn pass_unreadable(&mut self, address: &Address) -> Vec<Comparison> {
        let address = half(address);
        let wrong = self.pass_until(&address);
        if let Some(noted) = self.take_noted(&address) {
            self.write(&noted);
        }
        wrong
    }

    /// No more records: those that were noted after the last are missing.
    pub(super) fn pass_rest(&mut self) -> Vec<Comparison> {
        let mut missing = Vec::new();
        while let Some(noted) = self.old.as_mut().and_then(Old::take) {
            self.write(&noted);
            missing.push(Comparison::Missing(noted));
        }
        missing
    }

    /// Makes the notes of this pass those that the next one finds.
    pub(super) fn keep(&mut self) -> Result<(), tki_file::Error> {
        self.new.take().map_or(Ok(()), New::finish)
    }

    fn pass_until(&mut self, address: &[u8; 16]) -> Vec<Comparison> {
        let mut missing = Vec::new();
        while let Some(noted) = self.old.as_mut().and_then(|old| old.take_before(address)) {
            self.write(&noted);
            missing.push(Comparison::Missing(noted));
        }
        missing
    }

    fn take_noted(&mut self, address: &[u8; 16]) -> Option<Note> {
        let old = self.old.as_mut()?;
        let is_there = old.next.is_some_and(|note| note.address == *address);
        if is_there { old.take() } else { None }
    }

    fn write(&mut self, note: &Note) {
        let Some(new) = &mut self.new else { return };
        if let Err(error) = new.write(note) {
            let reason = error.to_string();
            tracing::warn!(reason, "notes of the background check cannot be written");
            self.new = None;
        }
    }
}

/// Notes that are read one after the other.
struct Old {
    file: BufReader<File>,
    left: u64,
    next: Option<Note>,
}

impl Old {
    /// The notes, or nothing where there are none, or none that are whole.
    fn open(path: &Path) -> std::io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(left) = count(file.metadata()?.len()) else {
            return Err(std::io::ErrorKind::InvalidData.into());
        };
        let mut file = BufReader::with_capacity(AT_ONCE, file);
        if !is_whole(&mut file, left)? {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        let begin = u64::try_from(BEGIN.len()).unwrap_or(0);
        file.seek(SeekFrom::Start(begin))?;
        let mut old = Self {
            file,
            left,
            next: None,
        };
        old.take();
        Ok(Some(old))
    }

    /// The next note, and reads the one after it.
    fn take(&mut self) -> Option<Note> {
        let taken = self.next.take();
        if let Some(left) = self.left.checked_sub(1) {
            let mut bytes = [0; NOTE_BYTES];
            // A file that cannot be read to its end accuses nobody of what would follow.
            if self.file.read_exact(&mut bytes).is_ok() {
                self.left = left;
                self.next = Some(Note::decode(&bytes));
            } else {
                self.left = 0;
            }
        }
        taken
    }

    fn take_before(&mut self, address: &[u8; 16]) -> Option<Note> {
        if self.next.is_some_and(|note| note.address < *address) {
            self.take()
        } else {
            None
        }
    }
}

/// How many notes a file of this length has.
fn count(length: u64) -> Option<u64> {
    let around = u64::try_from(BEGIN.len()).ok()?.checked_add(32)?;
    let note = u64::try_from(NOTE_BYTES).ok()?;
    let notes = length.checked_sub(around)?;
    notes
        .is_multiple_of(note)
        .then(|| notes.checked_div(note))?
}

/// Whether it begins and ends as it should.
fn is_whole(file: &mut impl Read, notes: u64) -> std::io::Result<bool> {
    let mut begin = [0; BEGIN.len()];
    file.read_exact(&mut begin)?;
    let mut hash = Sha256::new();
    hash.update(begin);
    let mut note = [0; NOTE_BYTES];
    for _ in 0..notes {
        file.read_exact(&mut note)?;
        hash.update(note);
    }
    let mut end = [0; 32];
    file.read_exact(&mut end)?;
    Ok(begin == *BEGIN && hash.finalize()[..] == end)
}

/// Notes that are written one after the other.
struct New {
    file: Replacement,
    pending: Vec<u8>,
    hash: Sha256,
    path: PathBuf,
}

impl New {
    fn begin(path: &Path) -> Result<Self, tki_file::Error> {
        Ok(Self {
            file: Replacement::begin(path)?,
            pending: BEGIN.to_vec(),
            hash: Sha256::new(),
            path: path.to_path_buf(),
        })
    }

    fn write(&mut self, note: &Note) -> Result<(), tki_file::Error> {
        note.encode(&mut self.pending);
        if self.pending.len() >= AT_ONCE {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), tki_file::Error> {
        self.hash.update(&self.pending);
        self.file.append(&self.pending)?;
        self.pending.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<(), tki_file::Error> {
        self.flush()?;
        let hash = self.hash.finalize();
        self.file.append(&hash)?;
        self.file.finish()?;
        tracing::debug!(path = %self.path.display(), "notes of the background check are kept");
        Ok(())
    }
}
