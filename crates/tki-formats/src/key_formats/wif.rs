//! Wallet import format: base58 with a checksum of `80 ‖ scalar ‖ 01`, on the test network `ef ‖ scalar ‖ 01`.
//!
//! The last byte says that the public key is used in its compressed encoding. Without it the same
//! key has other addresses, which are not made here, and so it is refused.
//!
//! Specification: `docs/spec/formats.md`, section 9.

use alloc::string::String;

use tki_seal::curve::CurveId;
use zeroize::Zeroizing;

use super::Network;
use crate::base58;
use crate::private_key::{PrivateKey, PrivateKeyError};

const MAIN: u8 = 0x80;
const TEST: u8 = 0xef;
const COMPRESSED: u8 = 1;

pub(super) fn read(text: &str) -> Result<PrivateKey, PrivateKeyError> {
    // Step 9.1: 34 bytes, of which the first and the last are fixed.
    let payload = match base58::decode_check::<34>(text) {
        Ok(payload) => payload,
        Err(error) => {
            let short = base58::decode_check::<33>(text);
            let is_uncompressed = short.is_ok_and(|payload| matches!(*payload, [MAIN | TEST, ..]));
            return Err(if is_uncompressed {
                PrivateKeyError::Uncompressed
            } else {
                error
            });
        }
    };
    let [MAIN | TEST, scalar @ .., COMPRESSED] = &*payload else {
        return Err(PrivateKeyError::Base58);
    };
    PrivateKey::from_scalar_bytes(CurveId::Secp256k1, scalar)
}

pub(super) fn write(
    key: &PrivateKey,
    network: Network,
) -> Result<Zeroizing<String>, PrivateKeyError> {
    if key.curve() != CurveId::Secp256k1 {
        return Err(PrivateKeyError::NoForm);
    }
    // Step 9.2: the compressed form.
    let mut payload = Zeroizing::new([COMPRESSED; 34]);
    let [first, scalar @ .., _] = &mut *payload;
    *first = match network {
        Network::Main => MAIN,
        Network::Test => TEST,
    };
    scalar.copy_from_slice(key.expose_secret().scalar);
    Ok(base58::encode_check(&payload))
}
