//! Reading a backup from pieces of any length.

use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};
use tki_record::{Address, MAX_ENCODED, Record};

use super::{BACKUP_MAGIC, BACKUP_VERSION, BackupError};

/// Takes a backup apart: bytes go in, records come out.
///
/// It keeps what was pushed and not yet read, and one record at most.
///
/// ```
/// use tki_storage::backup::{BackupReader, BackupWriter, Piece};
///
/// let (writer, mut file) = BackupWriter::begin();
/// file.extend(writer.end());
///
/// let mut reader = BackupReader::new();
/// for byte in file {
///     reader.push(&[byte]);
/// }
/// assert_eq!(reader.next_piece(), Ok(Some(Piece::End { records: 0 })));
/// assert_eq!(reader.finish(), Ok(0));
/// ```
#[derive(Clone, Debug)]
pub struct BackupReader {
    pending: Vec<u8>,
    /// How much of `pending` was read.
    read: usize,
    hash: Sha256,
    place: Place,
    last: Option<Address>,
    count: u64,
}

/// What a reader comes upon.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "another piece would be another format"
)]
#[expect(
    clippy::large_enum_variant,
    reason = "all pieces but the last are records, and there is one at a time"
)]
pub enum Piece {
    /// A record; its signatures are not verified.
    Record(Record),
    /// The end, which is that of a whole backup.
    End {
        /// How many records there were.
        records: u64,
    },
}

/// What comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Begin,
    Length,
    Record(usize),
    End,
    Behind,
}

impl Default for BackupReader {
    fn default() -> Self {
        Self::new()
    }
}

impl BackupReader {
    /// A reader that was given nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pending: Vec::new(),
            read: 0,
            hash: Sha256::new(),
            place: Place::Begin,
            last: None,
            count: 0,
        }
    }

    /// Gives it the bytes that follow.
    pub fn push(&mut self, bytes: &[u8]) {
        // What was read makes room, before it becomes long to move.
        if self.read > 0 {
            self.pending.drain(..self.read);
            self.read = 0;
        }
        self.pending.extend_from_slice(bytes);
    }

    /// The next piece, or `None` where more bytes are needed.
    ///
    /// # Errors
    /// Any [`BackupError`]; the reader is of no use afterwards.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, BackupError> {
        loop {
            let piece = match self.place {
                Place::Begin => self.begin()?,
                Place::Length => self.length()?,
                Place::Record(length) => self.record(length)?,
                Place::End => self.end()?,
                Place::Behind if self.rest().is_empty() => return Ok(None),
                // Step 3.4: nothing follows.
                Place::Behind => return Err(BackupError::TrailingBytes),
            };
            match piece {
                Progress::Wait => return Ok(None),
                Progress::Went => {}
                Progress::Found(piece) => return Ok(Some(piece)),
            }
        }
    }

    /// How many records were read.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Says that no bytes follow: the number of records, if this was a whole backup.
    ///
    /// # Errors
    /// [`BackupError::Truncated`] where the end was not reached, [`BackupError::TrailingBytes`] where
    /// it was passed.
    pub fn finish(self) -> Result<u64, BackupError> {
        match self.place {
            Place::Behind if self.rest().is_empty() => Ok(self.count),
            Place::Behind => Err(BackupError::TrailingBytes),
            Place::Begin | Place::Length | Place::Record(_) | Place::End => {
                let records = self.count;
                Err(BackupError::Truncated { records })
            }
        }
    }

    fn begin(&mut self) -> Result<Progress, BackupError> {
        // Step 1.1: the magic; what begins otherwise is something else, and is called so at once.
        let begun = self.rest().iter().zip(&BACKUP_MAGIC);
        if begun.clone().any(|(found, expected)| found != expected) {
            return Err(BackupError::Magic);
        }
        let Some(&found) = self.rest().get(BACKUP_MAGIC.len()) else {
            return Ok(Progress::Wait);
        };
        // Step 1.2: the version of the format.
        if found != BACKUP_VERSION {
            return Err(BackupError::UnknownVersion { found });
        }
        self.pass(BACKUP_MAGIC.len().saturating_add(1));
        self.place = Place::Length;
        Ok(Progress::Went)
    }

    fn length(&mut self) -> Result<Progress, BackupError> {
        let Some(bytes) = self.rest().first_chunk().copied() else {
            return Ok(Progress::Wait);
        };
        // Step 2.1: a length, which is compared with that of the longest record; zero is the end.
        let length = usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX);
        let number = self.count.saturating_add(1);
        if length > MAX_ENCODED {
            return Err(BackupError::TooLong { number });
        }
        self.pass(bytes.len());
        self.place = match length {
            0 => Place::End,
            length => Place::Record(length),
        };
        Ok(Progress::Went)
    }

    fn record(&mut self, length: usize) -> Result<Progress, BackupError> {
        let Some(bytes) = self.rest().get(..length) else {
            return Ok(Progress::Wait);
        };
        // Step 2.2: a record in its encoding.
        let number = self.count.saturating_add(1);
        let record =
            Record::decode(bytes).map_err(|reason| BackupError::NotARecord { number, reason })?;
        // Step 2.3: addresses ascend strictly.
        let address = record.address();
        if self.last.is_some_and(|last| last >= address) {
            return Err(BackupError::Order { address });
        }
        self.pass(length);
        self.last = Some(address);
        self.count = number;
        self.place = Place::Length;
        Ok(Progress::Found(Piece::Record(record)))
    }

    fn end(&mut self) -> Result<Progress, BackupError> {
        let Some((number, rest)) = self.rest().split_first_chunk() else {
            return Ok(Progress::Wait);
        };
        let (number, Some(hash)) = (*number, rest.first_chunk::<32>().copied()) else {
            return Ok(Progress::Wait);
        };
        // Step 3.2: the number of records.
        let (expected, found) = (u64::from_le_bytes(number), self.count);
        if expected != found {
            return Err(BackupError::Count { expected, found });
        }
        self.pass(number.len());
        // Step 3.3: the SHA-256 of everything before.
        if self.hash.clone().finalize()[..] != hash {
            return Err(BackupError::Hash);
        }
        self.pass(hash.len());
        self.place = Place::Behind;
        Ok(Progress::Found(Piece::End { records: found }))
    }

    /// What was pushed and not read.
    fn rest(&self) -> &[u8] {
        self.pending.get(self.read..).unwrap_or_default()
    }

    /// Counts these bytes as read, and hashes them.
    fn pass(&mut self, length: usize) {
        let end = self.read.saturating_add(length);
        if let Some(bytes) = self.pending.get(self.read..end) {
            self.hash.update(bytes);
            self.read = end;
        }
    }
}

/// How far one step came.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and most are records"
)]
enum Progress {
    /// More bytes are needed.
    Wait,
    /// On to the next step.
    Went,
    /// There is something to tell.
    Found(Piece),
}
