//! Private keys as JSON Web Keys.
//!
//! ```text
//! {"kty":"EC", "crv":"P-256" or "secp256k1","x":…,"y":…,"d":…}   scalar and coordinates, big-endian
//! {"kty":"OKP","crv":"Ed25519",             "x":…,      "d":…}   public key and seed
//! ```
//! Every value is 32 bytes in base64url without padding.
//!
//! Reference: RFC 7517; RFC 7518, section 6.2 (P-256); RFC 8812 (secp256k1); RFC 8037 (Ed25519).
//! Specification: `docs/spec/formats.md`, section 8.

use alloc::string::String;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Deserialize;
use tki_seal::{
    curve::{CurveId, SealCurve as _},
    on_curve,
};
use zeroize::Zeroizing;

use crate::private_key::{PrivateKey, PrivateKeyError};

/// Characters of 32 bytes.
const CHARACTERS: usize = 43;

/// What is read of a key. The values are borrowed from the file, so that no copy of them is left;
/// one that is written with escapes, as nobody does, is refused.
#[derive(Deserialize)]
struct Jwk<'a> {
    kty: &'a str,
    crv: Option<&'a str>,
    x: Option<&'a str>,
    y: Option<&'a str>,
    d: Option<&'a str>,
}

pub(super) fn read(file: &[u8]) -> Result<PrivateKey, PrivateKeyError> {
    // Step 8.1: one object; members that are not asked for do not matter.
    let jwk: Jwk<'_> = serde_json::from_slice(file).map_err(|_| PrivateKeyError::Jwk)?;
    // Step 8.2: the curve.
    let curve = match (jwk.kty, jwk.crv) {
        ("EC", Some("P-256")) => CurveId::P256,
        ("EC", Some("secp256k1")) => CurveId::Secp256k1,
        ("OKP", Some("Ed25519")) => CurveId::Ed25519,
        _ => return Err(PrivateKeyError::OtherAlgorithm),
    };
    // Step 8.3: the key, which stands beside its public half.
    let d = decode(jwk.d.ok_or(PrivateKeyError::PublicKey)?)?;
    let x = decode(jwk.x.ok_or(PrivateKeyError::Jwk)?)?;
    if curve == CurveId::Ed25519 {
        let key = PrivateKey::from_ed25519_seed(&d);
        key.check_public_key(x.as_slice())?;
        return Ok(key);
    }
    let key = PrivateKey::from_scalar_bytes(curve, &d)?;
    let y = decode(jwk.y.ok_or(PrivateKeyError::Jwk)?)?;
    let mut public = [4; 65];
    for (place, byte) in public.iter_mut().skip(1).zip(x.iter().chain(y.iter())) {
        *place = *byte;
    }
    key.check_public_key(&public)?;
    Ok(key)
}

pub(super) fn write(key: &PrivateKey) -> Result<Zeroizing<String>, PrivateKeyError> {
    let exposed = key.expose_secret();
    let public = key.verifying_key();
    let mut text = Zeroizing::new(String::with_capacity(256));
    // Step 8.4: the members of the public half, then d.
    let curve = match key.curve() {
        CurveId::Ed25519 => {
            if exposed.seed.is_none() {
                return Err(PrivateKeyError::NoSeed);
            }
            "Ed25519"
        }
        CurveId::P256 => "P-256",
        CurveId::Secp256k1 => "secp256k1",
    };
    let long = on_curve!(key.curve(), C => C::uncompressed(&public));
    let coordinates = long.as_ref().and_then(|long| long.split_first());
    let (kind, x, y) = match coordinates.and_then(|(_, xy)| xy.split_at_checked(32)) {
        Some((x, y)) => ("EC", x, Some(y)),
        None => ("OKP", public.as_slice(), None),
    };
    for (name, value) in [("{\"kty\":\"", kind), ("\",\"crv\":\"", curve)] {
        text.push_str(name);
        text.push_str(value);
    }
    let d = exposed.seed.unwrap_or(exposed.scalar).as_slice();
    let members = [
        ("\",\"x\":\"", Some(x)),
        ("\",\"y\":\"", y),
        ("\",\"d\":\"", Some(d)),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            text.push_str(name);
            push(&mut text, value);
        }
    }
    text.push_str("\"}\n");
    Ok(text)
}

fn decode(text: &str) -> Result<Zeroizing<[u8; 32]>, PrivateKeyError> {
    let mut bytes = Zeroizing::new([0; 32]);
    match Base64UrlUnpadded::decode(text, bytes.as_mut_slice()).map(<[u8]>::len) {
        Ok(32) => Ok(bytes),
        _ => Err(PrivateKeyError::Jwk),
    }
}

fn push(text: &mut String, bytes: &[u8]) {
    let mut characters = Zeroizing::new([0; CHARACTERS]);
    // Correctness: there is room for exactly the characters of 32 bytes.
    let encoded = Base64UrlUnpadded::encode(bytes, characters.as_mut_slice());
    text.push_str(encoded.unwrap_or_default());
}
