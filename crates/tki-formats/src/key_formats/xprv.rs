//! Extended private keys of BIP-32 in base58 with a checksum: `xprv…` and, for the test network, `tprv…`.
//!
//! ```text
//! version (4) ‖ depth (1) ‖ fingerprint of the parent (4) ‖ number (4) ‖ chain code (32) ‖ 00 ‖ scalar
//! ```
//! Reference: BIP-32, "Serialization format". Specification: `docs/spec/formats.md`, section 15.

use alloc::string::String;

use tki_seal::curve::CurveId;
use zeroize::Zeroizing;

use super::Network;
use crate::base58;
use crate::derivation::{ChainCode, ExtendedKey, Origin};
use crate::private_key::{PrivateKey, PrivateKeyError};

const MAIN: u32 = 0x0488_ade4;
const TEST: u32 = 0x0435_8394;
const PUBLIC_MAIN: u32 = 0x0488_b21e;
const PUBLIC_TEST: u32 = 0x0435_87cf;

pub(crate) fn read(text: &str) -> Result<ExtendedKey, PrivateKeyError> {
    let payload = base58::decode_check::<78>(text)?;
    let (version, rest) = payload.split_first_chunk().ok_or(PrivateKeyError::Xprv)?;
    // Step 15.5: a private key, of either network.
    match u32::from_be_bytes(*version) {
        MAIN | TEST => {}
        PUBLIC_MAIN | PUBLIC_TEST => return Err(PrivateKeyError::PublicKey),
        _ => return Err(PrivateKeyError::Xprv),
    }
    let (depth, rest) = rest.split_first().ok_or(PrivateKeyError::Xprv)?;
    let (parent, rest) = rest.split_first_chunk().ok_or(PrivateKeyError::Xprv)?;
    let (number, rest) = rest.split_first_chunk().ok_or(PrivateKeyError::Xprv)?;
    let (chain_code, rest) = rest.split_first_chunk().ok_or(PrivateKeyError::Xprv)?;
    let Some((0, scalar)) = rest.split_first() else {
        return Err(PrivateKeyError::Xprv);
    };
    let scalar = scalar.try_into().map_err(|_| PrivateKeyError::Xprv)?;
    // Step 15.6: a master has no parent.
    if *depth == 0 && (*parent != [0; 4] || *number != [0; 4]) {
        return Err(PrivateKeyError::Xprv);
    }
    let key = PrivateKey::from_scalar_bytes(CurveId::Secp256k1, scalar)?;
    let origin = Origin {
        depth: *depth,
        parent: *parent,
        number: u32::from_be_bytes(*number),
    };
    ExtendedKey::with_origin(key, ChainCode::from_bytes(chain_code), origin)
        .map_err(PrivateKeyError::from)
}

pub(crate) fn write(
    key: &ExtendedKey,
    network: Network,
) -> Result<Zeroizing<String>, PrivateKeyError> {
    if key.key().curve() != CurveId::Secp256k1 {
        return Err(PrivateKeyError::NoForm);
    }
    let version = match network {
        Network::Main => MAIN,
        Network::Test => TEST,
    };
    let origin = key.origin();
    let fields: [&[u8]; 7] = [
        &version.to_be_bytes(),
        &[origin.depth],
        &origin.parent,
        &origin.number.to_be_bytes(),
        key.chain_code().expose_secret(),
        &[0],
        key.key().expose_secret().scalar,
    ];
    let mut payload = Zeroizing::new([0; 78]);
    for (place, byte) in payload.iter_mut().zip(fields.into_iter().flatten()) {
        *place = *byte;
    }
    Ok(base58::encode_check(&payload))
}
