//! The answer to many addresses: for each, in order, what is there.

use alloc::vec::Vec;

use tki_record::{Address, Record};

use super::MAX_ANSWERS;
use super::error::WireError;
use super::reader::Reader;
use super::records::put_length;

const ABSENT: u8 = 0;
const PRESENT: u8 = 1;
const LEFT_OUT: u8 = 2;

/// What a server says of one address.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever reads an answer must decide on each"
)]
#[expect(
    clippy::large_enum_variant,
    reason = "most answers are the record, and a box would be one more allocation for each"
)]
pub enum Answer {
    /// Known absent.
    Absent,
    /// The answer is full: ask again.
    LeftOut,
    /// The record.
    Present(Record),
}

/// Writes an answer until it is full.
///
/// # Examples
/// ```
/// use tki_record::Address;
/// use tki_storage_http::wire::answers::{self, Answer, Answers};
///
/// let mut written = Answers::default();
/// written.push(None);
/// let asked = [Address::from_bytes([1; 32])];
/// assert_eq!(answers::decode(&written.into_bytes(), &asked)?, [Answer::Absent]);
/// # Ok::<(), tki_storage_http::wire::WireError>(())
/// ```
#[derive(Debug, Default)]
pub struct Answers {
    bytes: Vec<u8>,
    full: bool,
}

impl Answers {
    /// Says what is at the next address. The first record always fits; one that does not is left
    /// out, and so is everything after it.
    pub fn push(&mut self, record: Option<&Record>) {
        // Step 2.3: a record that does not fit is left out, and all that follow it.
        if self.full {
            self.bytes.push(LEFT_OUT);
            return;
        }
        // Step 2.2: status; when present, u32 length and the record.
        let Some(record) = record else {
            self.bytes.push(ABSENT);
            return;
        };
        let length = record.encoded_length();
        let after = self.bytes.len().saturating_add(length).saturating_add(5);
        if after > MAX_ANSWERS && !self.bytes.is_empty() {
            self.full = true;
            self.bytes.push(LEFT_OUT);
            return;
        }
        self.bytes.push(PRESENT);
        put_length(&mut self.bytes, length);
        self.bytes.extend_from_slice(&record.encode());
    }

    /// Whether whatever is pushed from here on is left out: it need not be looked up.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.full
    }

    /// How many bytes the body has so far.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.bytes.len()
    }

    /// The body.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads the answer to these addresses, one for each, in their order. Every record is the one of its
/// address; no signature is verified. What is allocated beside the records is bounded by how many
/// were asked for.
///
/// # Errors
/// [`WireError::Status`], [`WireError::FirstLeftOut`], [`WireError::OtherRecord`],
/// [`WireError::Length`], [`WireError::Record`], [`WireError::Truncated`],
/// [`WireError::TrailingBytes`].
pub fn decode(bytes: &[u8], asked: &[Address]) -> Result<Vec<Answer>, WireError> {
    let mut reader = Reader::new(bytes);
    let mut answers = Vec::with_capacity(asked.len().min(bytes.len()));
    for (position, address) in asked.iter().enumerate() {
        let answer = match reader.array::<1>()? {
            [ABSENT] => Answer::Absent,
            [LEFT_OUT] if position == 0 => return Err(WireError::FirstLeftOut),
            [LEFT_OUT] => Answer::LeftOut,
            [PRESENT] => {
                let record = reader.record(position)?;
                if record.address() != *address {
                    return Err(WireError::OtherRecord { asked: *address });
                }
                Answer::Present(record)
            }
            [found] => return Err(WireError::Status { found }),
        };
        answers.push(answer);
    }
    reader.end()?;
    Ok(answers)
}
