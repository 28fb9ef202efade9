//! Phrases of BIP-39: 12, 15, 18, 21 or 24 words of the English list, from which a wallet's tree of
//! keys follows.
//!
//! ```text
//! seed = PBKDF2-HMAC-SHA512(words with one space between them, "mnemonic" ‖ NFKD(passphrase),
//!                           2048 rounds, 64 bytes)
//! ```
//! The words are checked before: their last bits are the first of SHA-256 of the others. They are
//! not those of [`words`](crate::words), which hold an opening seed of this project and no wallet.
//!
//! Reference: BIP-39, "From mnemonic to seed". Specification: `docs/spec/formats.md`, section 11.

use alloc::string::String;

use pbkdf2::pbkdf2_hmac;
use sha2::{Digest as _, Sha256, Sha512};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize as _, Zeroizing};

use crate::private_key::PrivateKeyError;
use crate::word_lists::{self, LONGEST_WORD};
use crate::words::{self, Bits};

/// Most words of a phrase.
const MOST: usize = 24;
const ROUNDS: u32 = 2048;

/// The 64 bytes from which the tree of keys follows.
pub(super) fn seed(text: &str, passphrase: &str) -> Result<Zeroizing<[u8; 64]>, PrivateKeyError> {
    let phrase = checked(text).map_err(|error| {
        if word_lists::is_slip39(text) {
            PrivateKeyError::PhraseSlip39
        } else {
            error
        }
    })?;
    // Step 11.3: the passphrase in its decomposed form; it is at most so much longer.
    let mut salt = Zeroizing::new(String::with_capacity(8 + GROWTH * passphrase.len()));
    salt.push_str("mnemonic");
    salt.extend(passphrase.nfkd());
    // Step 11.4: the seed.
    let mut seed = Zeroizing::new([0; 64]);
    pbkdf2_hmac::<Sha512>(
        phrase.as_bytes(),
        salt.as_bytes(),
        ROUNDS,
        seed.as_mut_slice(),
    );
    Ok(seed)
}

/// The words with one space between them, if they are a phrase.
fn checked(text: &str) -> Result<Zeroizing<String>, PrivateKeyError> {
    let mut phrase = Zeroizing::new(String::with_capacity(MOST * (LONGEST_WORD + 1)));
    let mut bytes = Zeroizing::new([0_u8; 33]);
    let mut places = bytes.iter_mut();
    let mut bits = Bits::default();
    let mut found = 0;
    // Step 11.1: each word in the list.
    for word in word_lists::words_of(text) {
        found += 1;
        let index = word_lists::index_of(word, word_lists::bip39())
            .ok_or(PrivateKeyError::PhraseWord { position: found })?;
        if found > MOST {
            continue;
        }
        if found > 1 {
            phrase.push(' ');
        }
        phrase.push_str(words::at(index));
        bits.push(index, 11);
        while let Some(byte) = bits.pop_byte() {
            if let Some(place) = places.next() {
                *place = byte;
            }
        }
    }
    // Step 11.2: 32·k bits of entropy and k of checksum in 3·k words, k = 4 … 8.
    let (4..=8, 0) = (found / 3, found % 3) else {
        return Err(PrivateKeyError::PhraseCount { found });
    };
    let k = found / 3;
    let damaged = PrivateKeyError::PhraseChecksum;
    let (entropy, rest) = bytes.split_at_checked(4 * k).ok_or(damaged)?;
    // Eight bits of checksum are the last byte; fewer have not become a byte yet.
    let check = match rest.first() {
        Some(last) if k == 8 => u16::from(*last),
        _ => bits.pop(u32::try_from(k).unwrap_or(0)).ok_or(damaged)?,
    };
    let mut hash: [u8; 32] = Sha256::digest(entropy).into();
    let [first, ..] = hash;
    hash.zeroize();
    if u16::from(first >> (8 - k)) == check {
        Ok(phrase)
    } else {
        Err(damaged)
    }
}

/// Most bytes of a decomposed character for each of its own: U+FDFA has 3 and becomes 33.
const GROWTH: usize = 11;
