//! The bytes of a record: the same in every backend, on the wire and in bundles.
//!
//! Fixed fields one after the other, numbers little-endian, a 32-bit count or length before what
//! varies; the table is in `docs/spec/record.md`. Every record has exactly one encoding: decoding
//! refuses any other, and anything left over. Counts and lengths are compared with their limits,
//! and with what is there, before anything is allocated.

use alloc::vec::Vec;

use thiserror::Error;
use tki_seal::bip340::{PublicKey, Signature};

use crate::address::{Address, RecordKind};
use crate::claim::Claim;
use crate::hand_over::HandOver;
use crate::header::RecordHeader;
use crate::record::Record;
use crate::shape::{MAX_BODY, MAX_HAND_OVERS, ShapeError};

/// The first byte of every encoded record and header.
const FORMAT: u8 = 1;

const CLAIM_BYTES: usize = 1 + 4 + 32 + 32 + 32 + 64;
const HAND_OVER_BYTES: usize = 8 + 32 + 64;
const LENGTH_BYTES: usize = 4;
/// A header without its hand-overs: format, claim, version, closed, body hash, count, signature.
const HEADER_FIXED_BYTES: usize = 1 + CLAIM_BYTES + 8 + 1 + 32 + LENGTH_BYTES + 64;

/// The longest encoded record in bytes.
pub const MAX_ENCODED: usize =
    HEADER_FIXED_BYTES + MAX_HAND_OVERS * HAND_OVER_BYTES + LENGTH_BYTES + MAX_BODY;

/// Why these bytes are no encoding.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum DecodeError {
    /// There is another way to write the same value, and that one is right.
    #[error("encoding is not canonical")]
    NotCanonical,
    /// The parts do not fit together, or exceed a limit.
    #[error("record is malformed")]
    Shape(#[source] ShapeError),
    /// Bytes follow the end.
    #[error("bytes follow the end")]
    TrailingBytes,
    /// The end comes too early.
    #[error("encoding is truncated")]
    Truncated,
    /// The first byte names a format that this version does not know.
    #[error("unknown record format {found}")]
    UnknownFormat {
        /// The byte.
        found: u8,
    },
    /// The kind of record is unknown.
    #[error("unknown record kind {found}")]
    UnknownKind {
        /// The byte.
        found: u8,
    },
}

impl Claim {
    /// The claim's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(CLAIM_BYTES);
        put_claim(&mut bytes, self);
        bytes
    }

    /// Reads a claim; no signature is verified.
    ///
    /// # Errors
    /// Any [`DecodeError`] except of format and shape.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        read_whole(bytes, Reader::claim)
    }
}

impl HandOver {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HAND_OVER_BYTES);
        put_hand_over(&mut bytes, self);
        bytes
    }
}

impl RecordHeader {
    /// The header's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.encoded_length());
        put_header(&mut bytes, self);
        bytes
    }

    /// Reads a header; no signature is verified.
    ///
    /// # Errors
    /// Any [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        read_whole(bytes, Reader::header)
    }

    fn encoded_length(&self) -> usize {
        let hand_overs = self.hand_overs().len().saturating_mul(HAND_OVER_BYTES);
        HEADER_FIXED_BYTES.saturating_add(hand_overs)
    }
}

impl Record {
    /// The record's bytes: at most [`MAX_ENCODED`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.encoded_length());
        // Step 12: the header, the body with its length.
        put_header(&mut bytes, self.header());
        put_length(&mut bytes, self.body().len());
        bytes.extend_from_slice(self.body());
        bytes
    }

    /// Reads a record and compares its body with its header; no signature is verified.
    ///
    /// # Errors
    /// Any [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        read_whole(bytes, |reader| {
            let header = reader.header()?;
            let length = reader.length(MAX_BODY, ShapeError::BodyTooLarge)?;
            let body = reader.take(length)?.to_vec();
            Self::from_parts(header, body).map_err(DecodeError::Shape)
        })
    }

    /// The address in an encoded record, without reading the rest: for a backend that compares it
    /// with the place where it found the bytes.
    ///
    /// # Errors
    /// Any [`DecodeError`] that the first bytes show.
    pub fn encoded_address(bytes: &[u8]) -> Result<Address, DecodeError> {
        let mut reader = Reader { rest: bytes };
        reader.format()?;
        Ok(reader.claim()?.address())
    }

    /// The length of [`encode`](Self::encode)'s result.
    #[must_use]
    pub fn encoded_length(&self) -> usize {
        self.header()
            .encoded_length()
            .saturating_add(LENGTH_BYTES)
            .saturating_add(self.body().len())
    }
}

fn put_claim(bytes: &mut Vec<u8>, claim: &Claim) {
    // Step 9: kind, slot, claim key, first writer, binding, signature.
    bytes.push(claim.kind().code());
    bytes.extend_from_slice(&claim.slot().to_le_bytes());
    bytes.extend_from_slice(&claim.key().to_bytes());
    bytes.extend_from_slice(&claim.first_writer().to_bytes());
    bytes.extend_from_slice(claim.binding());
    bytes.extend_from_slice(&claim.signature().to_bytes());
}

fn put_hand_over(bytes: &mut Vec<u8>, hand_over: &HandOver) {
    // Step 10: version, next writer, signature.
    bytes.extend_from_slice(&hand_over.version().to_le_bytes());
    bytes.extend_from_slice(&hand_over.next().to_bytes());
    bytes.extend_from_slice(&hand_over.signature().to_bytes());
}

fn put_header(bytes: &mut Vec<u8>, header: &RecordHeader) {
    // Step 11: format, claim, version, closed, body hash, hand-overs with their number, signature.
    bytes.push(FORMAT);
    put_claim(bytes, header.claim());
    bytes.extend_from_slice(&header.version().to_le_bytes());
    bytes.push(u8::from(header.is_closed()));
    bytes.extend_from_slice(header.body_hash());
    put_length(bytes, header.hand_overs().len());
    for hand_over in header.hand_overs() {
        put_hand_over(bytes, hand_over);
    }
    bytes.extend_from_slice(&header.signature().to_bytes());
}

/// Both limits are far below `u32::MAX`, so the fallback is never taken.
fn put_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

fn read_whole<'a, T>(
    bytes: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let mut reader = Reader { rest: bytes };
    let value = read(&mut reader)?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(DecodeError::TrailingBytes)
    }
}

/// Takes an encoding apart from front to back.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    /// A count or length that is within its limit.
    fn length(&mut self, limit: usize, error: ShapeError) -> Result<usize, DecodeError> {
        usize::try_from(u32::from_le_bytes(self.array()?))
            .ok()
            .filter(|length| *length <= limit)
            .ok_or(DecodeError::Shape(error))
    }

    fn public_key(&mut self) -> Result<PublicKey, DecodeError> {
        Ok(PublicKey::from_bytes(self.array()?))
    }

    fn signature(&mut self) -> Result<Signature, DecodeError> {
        Ok(Signature::from_bytes(self.array()?))
    }

    fn claim(&mut self) -> Result<Claim, DecodeError> {
        let code = self.byte()?;
        let kind = RecordKind::from_code(code).ok_or(DecodeError::UnknownKind { found: code })?;
        let slot = u32::from_le_bytes(self.array()?);
        let key = self.public_key()?;
        let first_writer = self.public_key()?;
        let binding = self.array()?;
        Ok(Claim::from_parts(
            kind,
            slot,
            key,
            first_writer,
            binding,
            self.signature()?,
        ))
    }

    fn hand_over(&mut self) -> Result<HandOver, DecodeError> {
        let version = u64::from_le_bytes(self.array()?);
        let next = self.public_key()?;
        Ok(HandOver::from_parts(version, next, self.signature()?))
    }

    fn format(&mut self) -> Result<(), DecodeError> {
        match self.byte()? {
            FORMAT => Ok(()),
            found => Err(DecodeError::UnknownFormat { found }),
        }
    }

    fn header(&mut self) -> Result<RecordHeader, DecodeError> {
        self.format()?;
        let claim = self.claim()?;
        let version = u64::from_le_bytes(self.array()?);
        let closed = match self.byte()? {
            0 => false,
            1 => true,
            _ => return Err(DecodeError::NotCanonical),
        };
        let body_hash = self.array()?;
        let count = self.length(MAX_HAND_OVERS, ShapeError::TooManyHandOvers)?;
        if self.rest.len() < count.saturating_mul(HAND_OVER_BYTES) {
            return Err(DecodeError::Truncated);
        }
        let hand_overs = (0..count)
            .map(|_| self.hand_over())
            .collect::<Result<_, _>>()?;
        let signature = self.signature()?;
        RecordHeader::from_parts(claim, version, closed, body_hash, hand_overs, signature)
            .map_err(DecodeError::Shape)
    }
}
