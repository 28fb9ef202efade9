//! The passphrase of SLIP-0039: four rounds of a Feistel network over the whole secret.
//!
//! ```text
//! (L, R) = secret;  for i = 0 … 3: (L, R) = (R, L ⊕ F(i, R));  encrypted = R ‖ L
//! F(i, R) = PBKDF2-HMAC-SHA256(i ‖ passphrase, salt ‖ R, 2500·2^e rounds, |R| bytes)
//! salt    = "shamir" ‖ identifier, or nothing where shares are extendable
//! ```
//! Backwards it is the same with i = 3 … 0. There is no check: every passphrase opens, each to
//! another secret.
//!
//! Reference: SLIP-0039, "Encryption of the master secret". Specification: `docs/spec/slip39.md`,
//! steps 1.1 and 3.5.

use alloc::vec::Vec;

use pbkdf2::pbkdf2_hmac;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::share::SetId;

/// PBKDF2's rounds in one round of the network, for exponent 0.
const ROUNDS: u32 = 2500;

/// Begins the salt, and names the checksum, of shares that are not extendable.
const SALT: &[u8] = b"shamir";

pub(super) fn encrypt(secret: &[u8], passphrase: &str, set: SetId) -> Zeroizing<Vec<u8>> {
    network(secret, passphrase, set, [0, 1, 2, 3])
}

pub(super) fn decrypt(encrypted: &[u8], passphrase: &str, set: SetId) -> Zeroizing<Vec<u8>> {
    network(encrypted, passphrase, set, [3, 2, 1, 0])
}

fn network(data: &[u8], passphrase: &str, set: SetId, rounds: [u8; 4]) -> Zeroizing<Vec<u8>> {
    let (left, right) = data.split_at(data.len() / 2);
    let mut left = Zeroizing::new(left.to_vec());
    let mut right = Zeroizing::new(right.to_vec());
    let mut mask = Zeroizing::new(alloc::vec![0; right.len()]);
    for round in rounds {
        round_function(round, passphrase, set, &right, &mut mask);
        for (byte, mask) in left.iter_mut().zip(mask.iter()) {
            *byte ^= mask;
        }
        core::mem::swap(&mut left, &mut right);
    }
    let mut result = Zeroizing::new(Vec::with_capacity(data.len()));
    result.extend_from_slice(&right);
    result.extend_from_slice(&left);
    result
}

/// F(i, R), into `mask`.
fn round_function(round: u8, passphrase: &str, set: SetId, right: &[u8], mask: &mut [u8]) {
    let mut password = Zeroizing::new(Vec::with_capacity(1 + passphrase.len()));
    password.push(round);
    password.extend_from_slice(passphrase.as_bytes());
    let mut salt = Zeroizing::new(Vec::with_capacity(SALT.len() + 2 + right.len()));
    if !set.extendable {
        salt.extend_from_slice(SALT);
        salt.extend_from_slice(&set.identifier.to_be_bytes());
    }
    salt.extend_from_slice(right);
    pbkdf2_hmac::<Sha256>(&password, &salt, ROUNDS << set.exponent, mask);
}
