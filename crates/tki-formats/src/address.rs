//! Addresses: how a verifying key is called on the chains that it signs for.
//!
//! Everything here is public.

use alloc::string::String;

use sha3::{Digest as _, Keccak256};
use thiserror::Error;
use tki_seal::curve::{SealCurve as _, Secp256k1};

mod bitcoin;

pub use bitcoin::{bitcoin_segwit, bitcoin_taproot, taproot_output_key};

/// The address of a secp256k1 key on Ethereum and its kin, with the checksum of EIP-55.
///
/// `0x` and the last 20 bytes of `Keccak-256(x ‖ y)` in hexadecimal, where a letter is a capital if
/// the digit at its place in the Keccak-256 of the lower-case address is 8 or more.
///
/// Reference: Ethereum yellow paper, appendix F; EIP-55. Specification: `docs/spec/formats.md`,
/// section 2.
///
/// # Errors
/// [`InvalidPoint`] unless `verifying_key` is the compressed SEC 1 encoding of a point.
///
/// # Examples
/// ```
/// // The key whose secret is 1: the generator.
/// let key = hex::decode("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
///     .ok()
///     .and_then(|bytes| bytes.try_into().ok())
///     .expect("33 bytes");
/// assert_eq!(tki_formats::address::evm(&key)?, "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");
/// # Ok::<(), tki_formats::address::InvalidPoint>(())
/// ```
pub fn evm(verifying_key: &[u8; 33]) -> Result<String, InvalidPoint> {
    // Step 2.1: x ‖ y from the compressed encoding.
    let [_, coordinates @ ..] = Secp256k1::uncompressed(verifying_key).ok_or(InvalidPoint)?;

    // Step 2.2: the last 20 bytes of their hash.
    let [_, _, _, _, _, _, _, _, _, _, _, _, account @ ..]: [u8; 32] =
        Keccak256::digest(coordinates).into();

    // Step 2.3: the capitals.
    Ok(checksummed(&account))
}

/// The address of an Ed25519 key on Solana: its 32 bytes in base58 (Bitcoin's alphabet).
///
/// Specification: `docs/spec/formats.md`, section 3.
///
/// # Examples
/// ```
/// // The system program.
/// assert_eq!(tki_formats::address::solana(&[0; 32]), "1".repeat(32));
/// ```
#[must_use]
pub fn solana(verifying_key: &[u8; 32]) -> String {
    // Step 3.1: base58.
    bs58::encode(verifying_key).into_string()
}

/// The bytes are not the compressed encoding of a point of secp256k1.
#[expect(clippy::exhaustive_structs, reason = "there is nothing to add")]
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("not a compressed point of secp256k1")]
pub struct InvalidPoint;

/// EIP-55 over the 20 bytes of an address.
fn checksummed(account: &[u8; 20]) -> String {
    let digits = || account.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let lower: String = digits().map(digit).collect();
    let hash: [u8; 32] = Keccak256::digest(lower.as_bytes()).into();
    let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);

    let mut address = String::with_capacity(42);
    address.push_str("0x");
    for (digit, nibble) in lower.chars().zip(nibbles) {
        address.push(if nibble >= 8 {
            digit.to_ascii_uppercase()
        } else {
            digit
        });
    }
    address
}

fn digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::checksummed;

    /// The test cases of EIP-55, which gives addresses without keys.
    const EIP_55: [&str; 8] = [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ];

    #[test]
    fn capitals_are_those_of_eip_55() {
        for address in EIP_55 {
            let mut account = [0; 20];
            hex::decode_to_slice(&address[2..], &mut account).unwrap();
            assert_eq!(checksummed(&account), address);
        }
    }
}
