//! One share of SLIP-0039, and its words.
//!
//! ```text
//! identifier 15 bits | extendable 1 | exponent 4 | group 4 | group threshold − 1  4 |
//! group count − 1  4 | member 4 | member threshold − 1  4 | zeros 0 … 8 | value | checksum 30
//! ```
//!
//! Reference: SLIP-0039, "Format of the share mnemonic". Specification: `docs/spec/slip39.md`,
//! sections 1 and 2.

use alloc::{string::String, vec::Vec};
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::checksum;
use super::error::Slip39Error;
use super::sharing::Value;
use super::word_list::WORDS;
use crate::near;
use crate::word_lists::{self, LONGEST_WORD};
use crate::words::Bits;

/// Words before the value.
const HEADER: usize = 4;
/// Words of the shortest share: 16 bytes.
const LEAST: usize = 20;
/// Words of the longest share that is read: 64 bytes.
const MOST: usize = HEADER + 52 + checksum::LENGTH;
/// Bits of a word.
const WORD: u32 = 10;
/// Exponents that are read: ten million rounds of PBKDF2.
const MOST_EXPONENT: u8 = 10;

/// What all shares of one sharing have in common.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SetId {
    /// 15 random bits.
    pub(super) identifier: u16,
    /// Whether other sharings of the same encrypted secret may follow.
    pub(super) extendable: bool,
    /// PBKDF2 has 10 000 · 2^exponent rounds.
    pub(super) exponent: u8,
    pub(super) group_threshold: u8,
    pub(super) group_count: u8,
}

/// One share: a part of a secret, which alone says nothing of it.
///
/// # Security
/// Wiped when dropped. Which sharing it belongs to, its number and the threshold are not secret:
/// whoever sees two shares knows whether they belong together.
pub struct WordShare {
    pub(super) set: SetId,
    pub(super) group: u8,
    pub(super) member: u8,
    pub(super) member_threshold: u8,
    pub(super) value: Value,
}

impl WordShare {
    /// Reads the words of one share, as people write them down: what does not matter is the same as
    /// for [`words`](crate::words::decode).
    ///
    /// # Errors
    /// - [`Slip39Error::UnknownWord`] for the first word that is not in the list.
    /// - [`Slip39Error::WrongCount`], [`Slip39Error::Checksum`].
    /// - [`Slip39Error::Malformed`], [`Slip39Error::Cost`] for what no honest program writes.
    /// - [`Slip39Error::Bip39`] instead of any of these if more of the words are in BIP-39's list.
    ///
    /// # Security
    /// The text is secret; it is not copied. Reads the word list at secret places: meant for the one
    /// machine that brings the shares together.
    pub fn decode(text: &str) -> Result<Self, Slip39Error> {
        read(text).map_err(|error| {
            // Step 2.6: what cannot be read may be something else.
            if word_lists::is_bip39(text) {
                Slip39Error::Bip39
            } else {
                error
            }
        })
    }

    /// The words, in small letters and with one space between them.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        let words = self.to_words();
        let mut text = Zeroizing::new(String::with_capacity(words.len() * (LONGEST_WORD + 1)));
        for word in words.iter() {
            if !text.is_empty() {
                text.push(' ');
            }
            // Correctness: ten bits are less than the 1024 words of the list.
            text.push_str(WORDS.get(usize::from(*word)).copied().unwrap_or_default());
        }
        text
    }

    /// Its number in its group, from 1.
    #[must_use]
    pub const fn number(&self) -> u8 {
        self.member + 1
    }

    /// How many shares of its group are needed.
    #[must_use]
    pub const fn threshold(&self) -> u8 {
        self.member_threshold
    }

    fn to_words(&self) -> Zeroizing<Vec<u16>> {
        let value_words = (self.value.len() * 8).div_ceil(WORD as usize);
        let length = HEADER + value_words + checksum::LENGTH;
        let mut words = Zeroizing::new(Vec::with_capacity(length));
        let mut bits = Bits::default();
        let mut push = |value: u16, count: u32| {
            bits.push(value, count);
            words.extend(bits.pop(WORD));
        };
        // Step 1.3: the header, in four words.
        let set = self.set;
        push(set.identifier, 15);
        push(set.extendable.into(), 1);
        push(set.exponent.into(), 4);
        push(self.group.into(), 4);
        push(u16::from(set.group_threshold.saturating_sub(1)), 4);
        push(u16::from(set.group_count.saturating_sub(1)), 4);
        push(self.member.into(), 4);
        push(u16::from(self.member_threshold.saturating_sub(1)), 4);
        // Step 1.4: zeros, then the value.
        // Correctness: fewer than ten.
        let padding = value_words * WORD as usize - self.value.len() * 8;
        push(0, u32::try_from(padding).unwrap_or(0));
        for byte in self.value.iter() {
            push((*byte).into(), 8);
        }
        // Step 1.5: the checksum.
        let sum = checksum::make(customization(set.extendable), &words);
        words.extend(sum);
        words
    }
}

impl fmt::Debug for WordShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordShare")
            .field("number", &self.number())
            .field("threshold", &self.member_threshold)
            .finish_non_exhaustive()
    }
}

// The value is wiped by its own type.
impl ZeroizeOnDrop for WordShare {}

/// What the checksum begins with.
const fn customization(extendable: bool) -> &'static str {
    if extendable {
        "shamir_extendable"
    } else {
        "shamir"
    }
}

fn read(text: &str) -> Result<WordShare, Slip39Error> {
    let mut places = Zeroizing::new([0_u16; MOST]);
    let mut found = 0;
    // Step 2.1: the words' places in the list.
    for word in word_lists::words_of(text) {
        let place = word_lists::index_of(word, WORDS).ok_or_else(|| Slip39Error::UnknownWord {
            position: found + 1,
            near: near::to(word, WORDS),
        })?;
        if let Some(slot) = places.get_mut(found) {
            *slot = place;
        }
        found += 1;
    }
    // Step 2.2: at least 20, at most 59, and zeros in front of whole pairs of bytes.
    let wrong_count = Slip39Error::WrongCount { found };
    let words = places.get(..found).filter(|words| words.len() >= LEAST);
    let words = words.ok_or_else(|| wrong_count.clone())?;
    let (header, rest) = words
        .split_at_checked(HEADER)
        .ok_or(Slip39Error::Malformed)?;
    let body = rest.len().saturating_sub(checksum::LENGTH);
    let padding = body * WORD as usize % 16;
    if padding > 8 {
        return Err(wrong_count);
    }
    // Step 2.3: the header.
    let mut share = header_of(header)?;
    // Step 2.4: the checksum.
    if !checksum::fits(customization(share.set.extendable), words) {
        return Err(Slip39Error::Checksum);
    }
    // Step 2.5: nothing contradicts itself.
    share.value = value_of(rest.get(..body).unwrap_or_default(), padding)?;
    if share.set.group_threshold > share.set.group_count || share.group >= share.set.group_count {
        return Err(Slip39Error::Malformed);
    }
    if share.set.exponent > MOST_EXPONENT {
        return Err(Slip39Error::Cost);
    }
    Ok(share)
}

/// The first four words, with no value yet.
fn header_of(words: &[u16]) -> Result<WordShare, Slip39Error> {
    let &[a, b, c, d] = words else {
        return Err(Slip39Error::Malformed);
    };
    let bits = [a, b, c, d]
        .iter()
        .fold(0_u64, |bits, word| bits << WORD | u64::from(*word));
    let nibble = |shift: u32| u8::try_from(bits >> shift & 0xf).unwrap_or(0);
    Ok(WordShare {
        set: SetId {
            identifier: u16::try_from(bits >> 25).unwrap_or(0),
            extendable: bits >> 24 & 1 == 1,
            exponent: nibble(20),
            group_threshold: nibble(12) + 1,
            group_count: nibble(8) + 1,
        },
        group: nibble(16),
        member: nibble(4),
        member_threshold: nibble(0) + 1,
        value: Zeroizing::new(Vec::new()),
    })
}

/// What follows so many zero bits.
fn value_of(words: &[u16], padding: usize) -> Result<Value, Slip39Error> {
    let mut value = Zeroizing::new(Vec::with_capacity(words.len() * WORD as usize / 8));
    let mut bits = Bits::default();
    let mut waits = u32::try_from(padding).unwrap_or(0);
    for word in words {
        bits.push(*word, WORD);
        if waits > 0 {
            // Correctness: the first word has ten bits, and at most eight are padding.
            if bits.pop(waits) != Some(0) {
                return Err(Slip39Error::Malformed);
            }
            waits = 0;
        }
        while let Some(byte) = bits.pop_byte() {
            value.push(byte);
        }
    }
    Ok(value)
}
