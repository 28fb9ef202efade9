//! Private keys in PKCS#8: RFC 5958, with the keys of RFC 5915 (P-256 and secp256k1) and RFC 8410 (Ed25519).
//!
//! Read are versions 1 and 2, in DER or PEM, without passphrase; attributes are passed over. A
//! public key in the file must be that of the private key. Written is what OpenSSL writes.
//!
//! Specification: `docs/spec/formats.md`, section 5.

use alloc::string::String;

use pkcs8::{
    AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument,
    der::{
        Decode as _, Encode as _,
        asn1::{AnyRef, OctetStringRef},
        pem::LineEnding,
    },
};
use sec1::{EcParameters, EcPrivateKey};
use tki_seal::{
    curve::{CurveId, SealCurve as _},
    on_curve,
};
use zeroize::Zeroizing;

use crate::private_key::{PrivateKey, PrivateKeyError};

/// More than any private key has, with attributes and armour.
pub(super) const LIMIT: usize = 16 * 1024;

/// id-ecPublicKey, RFC 5480.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// P-256, RFC 5480.
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// secp256k1, SEC 2.
const SECP256K1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.10");
/// id-Ed25519, RFC 8410.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// What PEM calls a PKCS#8 key, and one under a passphrase.
const LABEL: &str = "PRIVATE KEY";
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// How RFC 5915 names a curve; none for one that it does not know.
pub(super) const fn ec_name(curve: CurveId) -> Option<ObjectIdentifier> {
    match curve {
        CurveId::Ed25519 => None,
        CurveId::P256 => Some(P256),
        CurveId::Secp256k1 => Some(SECP256K1),
    }
}

/// The curve that RFC 5915 names so.
pub(super) fn ec_curve(name: ObjectIdentifier) -> Result<CurveId, PrivateKeyError> {
    let mut curves = CurveId::ALL.iter().copied();
    curves
        .find(|curve| ec_name(*curve) == Some(name))
        .ok_or(PrivateKeyError::OtherAlgorithm)
}

/// Reads PEM or DER.
pub(crate) fn read(file: &[u8]) -> Result<PrivateKey, PrivateKeyError> {
    if file.len() > LIMIT {
        return Err(PrivateKeyError::TooLarge);
    }
    // Step 5.1: PEM begins with its dashes, DER with a sequence.
    let trimmed = file.trim_ascii();
    if !trimmed.starts_with(b"-----BEGIN ") {
        return read_der(file);
    }
    let pem = str::from_utf8(trimmed).map_err(|_| PrivateKeyError::Pkcs8)?;
    let (label, document) = SecretDocument::from_pem(pem).map_err(|_| PrivateKeyError::Pkcs8)?;
    match label {
        LABEL => read_der(document.as_bytes()),
        ENCRYPTED_LABEL => Err(PrivateKeyError::Encrypted),
        _ => Err(PrivateKeyError::OtherPem),
    }
}

fn read_der(der: &[u8]) -> Result<PrivateKey, PrivateKeyError> {
    // Step 5.2: the whole input is one key, of a kind that is known.
    let info = PrivateKeyInfoRef::from_der(der).map_err(|_| PrivateKeyError::Pkcs8)?;
    let octets = info.private_key.as_bytes();
    let key = match info.algorithm.oid {
        EC => {
            let name = info.algorithm.parameters_oid();
            let name = name.map_err(|_| PrivateKeyError::Pkcs8)?;
            read_sec1(ec_curve(name)?, octets)?
        }
        ED25519 => {
            if info.algorithm.parameters.is_some() {
                return Err(PrivateKeyError::Pkcs8);
            }
            read_ed25519(octets)?
        }
        _ => return Err(PrivateKeyError::OtherAlgorithm),
    };
    // Step 5.5: a public key in version 2 is that of the private key.
    if let Some(public) = info.public_key {
        key.check_public_key(public.as_bytes().ok_or(PrivateKeyError::Pkcs8)?)?;
    }
    Ok(key)
}

/// An `ECPrivateKey` of RFC 5915.
fn read_sec1(curve: CurveId, octets: &[u8]) -> Result<PrivateKey, PrivateKeyError> {
    // Step 5.3: 32 bytes, on the curve that is named outside, with their own public key.
    let inner = EcPrivateKey::from_der(octets).map_err(|_| PrivateKeyError::Pkcs8)?;
    let named = inner.parameters.and_then(EcParameters::named_curve);
    if named.is_some() && named != ec_name(curve) {
        return Err(PrivateKeyError::OtherAlgorithm);
    }
    ec_key(curve, &inner, PrivateKeyError::Pkcs8)
}

/// The key in an `ECPrivateKey`: 32 bytes, with their own public key if there is one.
pub(super) fn ec_key(
    curve: CurveId,
    inner: &EcPrivateKey<'_>,
    malformed: PrivateKeyError,
) -> Result<PrivateKey, PrivateKeyError> {
    let scalar = <&[u8; 32]>::try_from(inner.private_key).map_err(|_| malformed)?;
    let key = PrivateKey::from_scalar_bytes(curve, scalar)?;
    if let Some(public) = inner.public_key {
        key.check_public_key(public)?;
    }
    Ok(key)
}

/// A `CurvePrivateKey` of RFC 8410: octets in octets.
fn read_ed25519(octets: &[u8]) -> Result<PrivateKey, PrivateKeyError> {
    // Step 5.4: the 32 bytes of the seed.
    let inner = <&OctetStringRef>::from_der(octets).map_err(|_| PrivateKeyError::Pkcs8)?;
    let seed = inner.as_bytes().try_into();
    seed.map(PrivateKey::from_ed25519_seed)
        .map_err(|_| PrivateKeyError::Pkcs8)
}

/// Writes PEM, version 1.
pub(crate) fn write(key: &PrivateKey) -> Result<Zeroizing<String>, PrivateKeyError> {
    // Step 5.6: the inner key, as its curve has it.
    let exposed = key.expose_secret();
    let name = ec_name(key.curve());
    let (oid, inner) = if name.is_some() {
        let public = key.verifying_key();
        let public = on_curve!(key.curve(), C => C::uncompressed(&public));
        let inner = EcPrivateKey {
            private_key: exposed.scalar,
            parameters: None,
            public_key: public.as_ref().map(<[u8; 65]>::as_slice),
        };
        (EC, inner.to_der())
    } else {
        let seed = OctetStringRef::new(exposed.seed.ok_or(PrivateKeyError::NoSeed)?);
        (ED25519, seed.and_then(|seed| seed.to_der()))
    };
    // Correctness: what is encoded here is short and well formed, so that this error does not occur.
    let inner = inner
        .map(Zeroizing::new)
        .map_err(|_| PrivateKeyError::Pkcs8)?;
    let octets = OctetStringRef::new(&inner).map_err(|_| PrivateKeyError::Pkcs8)?;
    let algorithm = AlgorithmIdentifierRef {
        oid,
        parameters: name.as_ref().map(AnyRef::from),
    };
    // Step 5.7: PKCS#8, version 1, in PEM.
    SecretDocument::encode_msg(&PrivateKeyInfoRef::new(algorithm, octets))
        .and_then(|document| document.to_pem(LABEL, LineEnding::LF))
        .map_err(|_| PrivateKeyError::Pkcs8)
}
