//! 24 words for a 32-byte opening seed, by BIP-39 with its English list.
//!
//! ```text
//! 264 bits = seed (256) ‖ first byte of SHA-256(seed)
//! word k   = list[bits 11·k .. 11·k + 11],   k = 0 … 23
//! ```
//!
//! These words are no wallet seed: nothing is derived from them by BIP-39's PBKDF2 or by BIP-32, and
//! a wallet that accepts them shows an account that has nothing to do with this one.
//!
//! Reference: BIP-39, "Generating the mnemonic". Specification: `docs/spec/formats.md`, section 1.

use alloc::{string::String, vec::Vec};
use core::fmt;

use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

use crate::factor_file;
use crate::near;
use crate::word_lists::{self, LONGEST_WORD};

/// Words of an opening seed.
pub const COUNT: usize = 24;

/// Writes a seed as 24 words, in lower case and with one space between them.
///
/// # Security
/// The seed is secret and so is the result; the caller says where it goes. Reads the word list at
/// secret places: meant for the one machine that shows the words to their owner.
///
/// # Examples
/// ```
/// let phrase = tki_formats::words::encode(&[0; 32]);
/// assert!(phrase.starts_with("abandon abandon ") && phrase.ends_with(" art"));
/// ```
#[must_use]
pub fn encode(seed: &[u8; 32]) -> Zeroizing<String> {
    // The longest phrase fits, so that growing leaves no copy behind.
    let mut phrase = Zeroizing::new(String::with_capacity(COUNT * (LONGEST_WORD + 1)));

    // Step 1.1: seed ‖ first byte of its hash.
    // Step 1.2: 11 bits at a time.
    let mut bits = Bits::default();
    for byte in seed.iter().copied().chain([checksum(seed)]) {
        bits.push(byte.into(), 8);
        if let Some(index) = bits.pop(11) {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(at(index));
        }
    }
    phrase
}

/// Reads 24 words as people write them down.
///
/// Case, spacing, line breaks, punctuation around a word and numbering (`1. abandon`, `1)`, a `1` on
/// its own) do not matter; lines that begin with `#` are skipped. What has neither letter nor digit,
/// such as `?`, stands for a word nobody could read.
///
/// # Errors
/// - [`WordsError::UnknownWord`] for the first word that is not in the list.
/// - [`WordsError::WrongCount`] if there are not exactly 24.
/// - [`WordsError::Checksum`] if all are in the list and do not fit: a wrong word or a wrong order.
///   One such mistake in 256 is not noticed here.
/// - [`WordsError::FactorFile`] instead of any of these if it is a factor's file.
/// - [`WordsError::Slip39`] instead of any of these if more of the words are in the list of SLIP-39.
///
/// # Security
/// The text is secret; it is not copied, and errors say nothing of it but the near words, which only
/// the field itself gives out.
///
/// # Examples
/// ```
/// use tki_formats::words::{self, WordsError};
///
/// let phrase = words::encode(&[7; 32]);
/// assert_eq!(*words::decode(&phrase.to_uppercase())?, [7; 32]);
///
/// let typed = phrase.replacen("scrub", "srcub", 1);
/// # assert_ne!(typed, *phrase);
/// let Err(WordsError::UnknownWord { position, near }) = words::decode(&typed) else { panic!() };
/// assert_eq!((position, near.first()), (3, Some(&"scrub")));
/// # Ok::<(), WordsError>(())
/// ```
pub fn decode(text: &str) -> Result<Zeroizing<[u8; 32]>, WordsError> {
    read(text).map_err(|error| {
        // Step 1.6: what cannot be read may be something else.
        if factor_file::is_like(text) {
            WordsError::FactorFile
        } else if word_lists::is_slip39(text) {
            WordsError::Slip39
        } else {
            error
        }
    })
}

fn read(text: &str) -> Result<Zeroizing<[u8; 32]>, WordsError> {
    // Step 1.3: the words' places in the list.
    let mut indices = Zeroizing::new([0_u16; COUNT]);
    let mut found = 0;
    for word in word_lists::words_of(text) {
        let index = word_lists::index_of(word, word_lists::bip39()).ok_or_else(|| {
            WordsError::UnknownWord {
                position: found + 1,
                near: near::to(word, word_lists::bip39()),
            }
        })?;
        if let Some(place) = indices.get_mut(found) {
            *place = index;
        }
        found += 1;
    }
    if found != COUNT {
        return Err(WordsError::WrongCount { found });
    }

    // Step 1.4: 264 bits.
    let mut bytes = Zeroizing::new([0_u8; 33]);
    let mut bits = Bits::default();
    let mut places = bytes.iter_mut();
    for index in indices.iter() {
        bits.push(*index, 11);
        while let Some(byte) = bits.pop_byte() {
            if let Some(place) = places.next() {
                *place = byte;
            }
        }
    }

    // Step 1.5: the last byte is the checksum of the others.
    let (seed, check) = bytes.split_at(32);
    let mut opened = Zeroizing::new([0; 32]);
    opened.copy_from_slice(seed);
    if check == [checksum(&opened)] {
        Ok(opened)
    } else {
        Err(WordsError::Checksum)
    }
}

/// Why a text is not the 24 words of a seed. Says nothing of the text, but for near words.
#[derive(Clone, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum WordsError {
    /// The words are all in the list and do not fit together.
    #[error("the words do not fit together: one of them is wrong, or their order is")]
    Checksum,
    /// It is a factor's file, which is another kind of factor.
    #[error("this is a factor's file, and no words: it is used as a file")]
    FactorFile,
    /// They are a share of SLIP-39, which is a part of a key and no opening seed.
    #[error(
        "these are words of SLIP-39, a share of a key: such shares are imported as a key, and are \
         no recovery words"
    )]
    Slip39,
    /// A word is not in the list.
    #[error("word {position} is not in the word list")]
    UnknownWord {
        /// Which word, counted from 1.
        position: usize,
        /// The nearest words of the list, nearest first; at most five, often none. As good as the
        /// word itself: show them to whoever typed it and to nobody else.
        near: Vec<&'static str>,
    },
    /// There are too few or too many words.
    #[error("found {found} words instead of 24")]
    WrongCount {
        /// How many there are.
        found: usize,
    },
}

impl fmt::Debug for WordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checksum => f.write_str("Checksum"),
            Self::FactorFile => f.write_str("FactorFile"),
            Self::Slip39 => f.write_str("Slip39"),
            Self::UnknownWord { position, near: _ } => f
                .debug_struct("UnknownWord")
                .field("position", position)
                .finish_non_exhaustive(),
            Self::WrongCount { found } => {
                f.debug_struct("WrongCount").field("found", found).finish()
            }
        }
    }
}

/// A queue of up to 32 bits, the first bit in front.
#[derive(Default)]
pub(crate) struct Bits {
    bits: u32,
    count: u32,
}

impl Bits {
    /// Appends the last `count` bits of `value`. Callers keep fewer than 11 bits in between.
    pub(crate) fn push(&mut self, value: u16, count: u32) {
        self.bits = (self.bits << count) | u32::from(value);
        self.count += count;
    }

    /// Takes the first `count` bits, if there are so many.
    pub(crate) fn pop(&mut self, count: u32) -> Option<u16> {
        self.count = self.count.checked_sub(count)?;
        let value = self.bits >> self.count;
        self.bits &= (1 << self.count) - 1;
        // Correctness: at most 11 bits are asked for, and no more are in front of them.
        u16::try_from(value).ok()
    }

    pub(crate) fn pop_byte(&mut self) -> Option<u8> {
        self.pop(8).and_then(|byte| u8::try_from(byte).ok())
    }
}

impl Drop for Bits {
    fn drop(&mut self) {
        self.bits.zeroize();
    }
}

/// The first byte of SHA-256.
fn checksum(seed: &[u8; 32]) -> u8 {
    let mut hash: [u8; 32] = Sha256::digest(seed).into();
    let [first, ..] = hash;
    hash.zeroize();
    first
}

/// The word at a place of the list.
pub(crate) fn at(index: u16) -> &'static str {
    // Correctness: 11 bits are less than the 2048 words of the list.
    let list = word_lists::bip39();
    list.get(usize::from(index)).copied().unwrap_or_default()
}
