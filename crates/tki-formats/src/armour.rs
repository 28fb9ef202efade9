//! Bytes as text that survives chats, mails and paper.
//!
//! ```text
//! -----BEGIN TKI INVITE-----
//! base64 of content ‖ checksum, 64 characters a line
//! -----END TKI INVITE-----
//! ```
//!
//! The checksum is the first four bytes of SHA-256(kind ‖ 0 ‖ content): it finds typing errors and
//! what a program did to the text, and nothing that somebody does on purpose. Which version the
//! content is of, the content says.
//!
//! Reference: RFC 7468 for the looks, RFC 4648 section 4 for base64; it is no PEM, for which white
//! space is not free.
//! Specification: `docs/spec/armour.md`.

use alloc::{string::String, vec::Vec};

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The longest text that is read.
pub const MAX_TEXT: usize = 1 << 20;

/// Longest name of a kind.
const MAX_KIND: usize = 32;

/// Characters of a line.
const LINE: usize = 64;

/// Bytes of the checksum.
const CHECKSUM: usize = 4;

const BEGIN: &str = "-----BEGIN TKI ";
const END: &str = "-----END TKI ";
const DASHES: &str = "-----";

/// What an armoured text holds.
#[non_exhaustive]
#[derive(Debug)]
pub struct Armoured {
    /// What kind of thing it is, such as `INVITE`.
    pub kind: String,
    /// Its bytes.
    pub content: Zeroizing<Vec<u8>>,
}

/// Why a text is no armour.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ArmourError {
    /// It ends before its last line.
    #[error("the text is cut off: its last line, which begins with -----END TKI, is missing")]
    CutOff,
    /// Something between the lines is not what was written there.
    #[error("the text is damaged: copy it again, whole")]
    Damaged,
    /// There is nothing of this program in it.
    #[error("there is no line that begins with -----BEGIN TKI")]
    NoArmour,
    /// There are several.
    #[error("there is more than one armoured part in the text: give one")]
    Several,
    /// Longer than what is read.
    #[error("the text is too long")]
    TooLong,
}

/// Writes content as text, with a line break at its end.
///
/// `kind` is of capital letters, digits and single blanks between them, at most 32 characters;
/// other characters are left out.
///
/// # Security
/// The text is as secret as its content. Encoding is constant time in it.
///
/// # Examples
/// ```
/// use tki_formats::armour;
///
/// let text = armour::encode("INVITE", b"content");
/// assert!(text.starts_with("-----BEGIN TKI INVITE-----\n"));
/// let read = armour::decode(&text)?;
/// assert_eq!((read.kind.as_str(), read.content.as_slice()), ("INVITE", &b"content"[..]));
/// # Ok::<(), armour::ArmourError>(())
/// ```
#[must_use]
pub fn encode(kind: &str, content: &[u8]) -> Zeroizing<String> {
    let kind: String = kind
        .chars()
        .filter(|c| is_of_kind(*c))
        .take(MAX_KIND)
        .collect();
    // Step 1.1: content ‖ checksum, in base64 with padding.
    let mut bytes = Zeroizing::new(Vec::with_capacity(content.len().saturating_add(CHECKSUM)));
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(&checksum(&kind, content));
    let encoded = Zeroizing::new(Base64::encode_string(&bytes));
    // Step 1.2: the first line, lines of 64 characters, the last line.
    let lines = encoded.len().div_ceil(LINE);
    let frame = BEGIN.len() + END.len() + 2 * (kind.len() + DASHES.len() + 1);
    let capacity = encoded.len().saturating_add(lines).saturating_add(frame);
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    for part in [BEGIN, &kind, DASHES, "\n"] {
        text.push_str(part);
    }
    for line in encoded.as_bytes().chunks(LINE) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    for part in [END, &kind, DASHES, "\n"] {
        text.push_str(part);
    }
    text
}

/// Finds and reads the one armoured part of a text: what stands before and after it, white space
/// inside of it, and marks of a quotation (`>`) do not matter.
///
/// # Errors
/// `NoArmour`, `Several`, `CutOff`, `TooLong`; `Damaged` for anything else that was not written by
/// [`encode`].
///
/// # Security
/// Decoding is constant time in the content; no error says where something is wrong.
pub fn decode(text: &str) -> Result<Armoured, ArmourError> {
    if text.len() > MAX_TEXT {
        return Err(ArmourError::TooLong);
    }
    // Step 2.1: one first line, and what follows it.
    let (_, after) = text.split_once(BEGIN).ok_or(ArmourError::NoArmour)?;
    if after.contains(BEGIN) {
        return Err(ArmourError::Several);
    }
    let (body, end) = after.split_once(END).ok_or(ArmourError::CutOff)?;
    // Step 2.2: first and last line name the same kind.
    let (kind, body) = body.split_once(DASHES).ok_or(ArmourError::Damaged)?;
    let (end, _) = end.split_once(DASHES).ok_or(ArmourError::CutOff)?;
    if kind != end || kind.is_empty() || kind.len() > MAX_KIND || !kind.chars().all(is_of_kind) {
        return Err(ArmourError::Damaged);
    }
    // Step 2.3: without white space and marks of a quotation, base64 in its one form.
    let mut encoded = Zeroizing::new(String::with_capacity(body.len()));
    encoded.extend(body.chars().filter(|c| !c.is_whitespace() && *c != '>'));
    let mut bytes = Zeroizing::new(alloc::vec![0; encoded.len()]);
    let length = Base64::decode(encoded.as_bytes(), &mut bytes)
        .map_err(|_| ArmourError::Damaged)?
        .len();
    bytes.truncate(length);
    // Step 2.4: the checksum is that of kind and content.
    let (content, sum) = bytes
        .split_last_chunk::<CHECKSUM>()
        .ok_or(ArmourError::Damaged)?;
    if *sum != checksum(kind, content) {
        return Err(ArmourError::Damaged);
    }
    Ok(Armoured {
        kind: kind.into(),
        content: Zeroizing::new(content.to_vec()),
    })
}

/// Step 1.3: the first four bytes of SHA-256(kind ‖ 0 ‖ content).
fn checksum(kind: &str, content: &[u8]) -> [u8; CHECKSUM] {
    let mut hash = Sha256::new();
    hash.update(kind.as_bytes());
    hash.update([0]);
    hash.update(content);
    let digest = hash.finalize();
    let mut sum = [0; CHECKSUM];
    for (place, byte) in sum.iter_mut().zip(digest.iter()) {
        *place = *byte;
    }
    sum
}

fn is_of_kind(character: char) -> bool {
    character.is_ascii_uppercase() || character.is_ascii_digit() || character == ' '
}
