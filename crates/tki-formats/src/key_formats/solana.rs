//! Solana's keypairs: `seed ‖ public key`, 64 bytes, as a JSON list or in base58.
//!
//! Specification: `docs/spec/formats.md`, section 12.

use alloc::string::String;
use core::fmt::Write as _;

use zeroize::Zeroizing;

use tki_seal::curve::CurveId;

use crate::base58;
use crate::private_key::{PrivateKey, PrivateKeyError};

/// Reads a list such as `[174,47,…]`, as `solana-keygen` writes it.
pub(super) fn read_list(text: &str) -> Result<PrivateKey, PrivateKeyError> {
    // Step 12.1: 64 numbers of at most three digits, commas between them.
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let mut bytes = Zeroizing::new([0; 64]);
    let mut places = bytes.iter_mut();
    for number in inner.ok_or(PrivateKeyError::SolanaKeypair)?.split(',') {
        let place = places.next().ok_or(PrivateKeyError::SolanaKeypair)?;
        *place = byte(number.trim()).ok_or(PrivateKeyError::SolanaKeypair)?;
    }
    if places.next().is_some() {
        return Err(PrivateKeyError::SolanaKeypair);
    }
    from_pair(&bytes)
}

/// Reads the same in base58.
pub(super) fn read_base58(text: &str) -> Result<PrivateKey, PrivateKeyError> {
    let (bytes, count) = base58::decode(text)?;
    let pair = bytes.get(..count).unwrap_or_default();
    from_pair(pair.try_into().map_err(|_| PrivateKeyError::Base58)?)
}

pub(super) fn write_list(key: &PrivateKey) -> Result<Zeroizing<String>, PrivateKeyError> {
    let pair = to_pair(key)?;
    // At most three digits and a comma for each, so that growing leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(4 * pair.len() + 4));
    let mut before = '[';
    for byte in pair.iter() {
        text.push(before);
        // Correctness: writing to a string does not fail.
        write!(text, "{byte}").ok();
        before = ',';
    }
    text.push_str("]\n");
    Ok(text)
}

pub(super) fn write_base58(key: &PrivateKey) -> Result<Zeroizing<String>, PrivateKeyError> {
    Ok(base58::encode(to_pair(key)?.as_slice()))
}

/// Step 12.2: the seed, and the public key that is its own.
fn from_pair(pair: &[u8; 64]) -> Result<PrivateKey, PrivateKeyError> {
    let (seed, public) = pair.split_at(32);
    let seed = seed
        .try_into()
        .map_err(|_| PrivateKeyError::SolanaKeypair)?;
    let key = PrivateKey::from_ed25519_seed(seed);
    key.check_public_key(public)?;
    Ok(key)
}

fn to_pair(key: &PrivateKey) -> Result<Zeroizing<[u8; 64]>, PrivateKeyError> {
    if key.curve() != CurveId::Ed25519 {
        return Err(PrivateKeyError::NoForm);
    }
    let seed = key.expose_secret().seed.ok_or(PrivateKeyError::NoSeed)?;
    let mut pair = Zeroizing::new([0; 64]);
    for (place, byte) in pair.iter_mut().zip(seed.iter().chain(&key.verifying_key())) {
        *place = *byte;
    }
    Ok(pair)
}

fn byte(number: &str) -> Option<u8> {
    let is_plain = number.len() <= 3 && number.bytes().all(|digit| digit.is_ascii_digit());
    number.parse().ok().filter(|_| is_plain)
}
