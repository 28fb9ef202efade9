//! Private keys of SEC 1 in PEM: `EC PRIVATE KEY`, as `openssl ecparam -genkey` writes them.
//!
//! Reference: RFC 5915 (SEC 1, appendix C.4). Specification: `docs/spec/formats.md`, section 7.

use alloc::string::String;

use pkcs8::SecretDocument;
use pkcs8::der::{Decode as _, pem::LineEnding};
use sec1::{EcParameters, EcPrivateKey};
use tki_seal::{curve::SealCurve as _, on_curve};
use zeroize::Zeroizing;

use super::pkcs8::{ec_curve, ec_key, ec_name};
use crate::private_key::{PrivateKey, PrivateKeyError};

const LABEL: &str = "EC PRIVATE KEY";
/// What OpenSSL writes in front of the key unless it is told not to.
const PARAMETERS: &str = "-----BEGIN EC PARAMETERS-----";
const PARAMETERS_END: &str = "-----END EC PARAMETERS-----";

pub(super) fn read(file: &[u8]) -> Result<PrivateKey, PrivateKeyError> {
    let text = str::from_utf8(file.trim_ascii()).map_err(|_| PrivateKeyError::Sec1)?;
    // Step 7.1: parameters in front say nothing that the key does not say.
    let pem = match text.strip_prefix(PARAMETERS) {
        Some(rest) => rest.split_once(PARAMETERS_END).map(|(_, key)| key.trim()),
        None => Some(text),
    };
    let pem = pem.ok_or(PrivateKeyError::Sec1)?;
    if pem.contains("Proc-Type:") {
        return Err(PrivateKeyError::Encrypted);
    }
    let (label, document) = SecretDocument::from_pem(pem).map_err(|_| PrivateKeyError::Sec1)?;
    if label != LABEL {
        return Err(PrivateKeyError::OtherPem);
    }
    // Step 7.2: one key, with the name of its curve.
    let inner = EcPrivateKey::from_der(document.as_bytes()).map_err(|_| PrivateKeyError::Sec1)?;
    let name = inner.parameters.and_then(EcParameters::named_curve);
    ec_key(
        ec_curve(name.ok_or(PrivateKeyError::Sec1)?)?,
        &inner,
        PrivateKeyError::Sec1,
    )
}

pub(super) fn write(key: &PrivateKey) -> Result<Zeroizing<String>, PrivateKeyError> {
    // Step 7.3: the curve's name and the uncompressed public key stand beside the scalar.
    let name = ec_name(key.curve()).ok_or(PrivateKeyError::NoForm)?;
    let public = key.verifying_key();
    let public = on_curve!(key.curve(), C => C::uncompressed(&public));
    let inner = EcPrivateKey {
        private_key: key.expose_secret().scalar,
        parameters: Some(EcParameters::NamedCurve(name)),
        public_key: public.as_ref().map(<[u8; 65]>::as_slice),
    };
    // Correctness: what is encoded here is short and well formed, so that this error does not occur.
    SecretDocument::encode_msg(&inner)
        .and_then(|document| document.to_pem(LABEL, LineEnding::LF))
        .map_err(|_| PrivateKeyError::Sec1)
}
