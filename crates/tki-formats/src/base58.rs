//! Base58 with Bitcoin's alphabet, of secrets: into buffers that are wiped.
//!
//! base58 with a checksum is the base58 of `payload ‖ first four bytes of SHA-256(SHA-256(payload))`.

use alloc::string::String;

use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use crate::private_key::PrivateKeyError;

/// Bytes of a checksum.
const CHECK: usize = 4;
/// Most bytes of what is written and read here: an extended key with its checksum.
const MOST: usize = 82;

/// The bytes of a text and how many they are; at most 82.
pub(crate) fn decode(text: &str) -> Result<(Zeroizing<[u8; MOST]>, usize), PrivateKeyError> {
    let mut bytes = Zeroizing::new([0; MOST]);
    let count = bs58::decode(text)
        .onto(bytes.as_mut_slice())
        .map_err(|_| PrivateKeyError::Base58)?;
    Ok((bytes, count))
}

/// The text of bytes.
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    // Two letters for a byte are more than enough, so that growing leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len() + 2));
    // Correctness: a string takes any number of letters.
    bs58::encode(bytes).onto(&mut *text).ok();
    text
}

/// The N bytes of a text with a checksum.
pub(crate) fn decode_check<const N: usize>(
    text: &str,
) -> Result<Zeroizing<[u8; N]>, PrivateKeyError> {
    let (bytes, count) = decode(text)?;
    let bytes = bytes.get(..count).unwrap_or_default();
    if count != N + CHECK {
        return Err(PrivateKeyError::Base58);
    }
    let (payload, check) = bytes.split_at_checked(N).ok_or(PrivateKeyError::Base58)?;
    if checksum(payload) != check {
        return Err(PrivateKeyError::Checksum);
    }
    let mut kept = Zeroizing::new([0; N]);
    kept.copy_from_slice(payload);
    Ok(kept)
}

/// The text of N bytes, with a checksum.
pub(crate) fn encode_check<const N: usize>(payload: &[u8; N]) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; MOST]);
    let check = checksum(payload);
    for (place, byte) in bytes.iter_mut().zip(payload.iter().chain(&check)) {
        *place = *byte;
    }
    encode(bytes.get(..N + CHECK).unwrap_or_default())
}

/// The first bytes of SHA-256(SHA-256(payload)).
fn checksum(payload: &[u8]) -> [u8; CHECK] {
    let mut first = Sha256::digest(payload);
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(first).into();
    first.zeroize();
    [a, b, c, d]
}
