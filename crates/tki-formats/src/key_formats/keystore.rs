//! Web3 secret storage, version 3: a key of Ethereum under a passphrase, as geth and wallets keep it.
//!
//! ```text
//! k          = scrypt or PBKDF2-HMAC-SHA256 (passphrase, salt, 32 bytes)
//! ciphertext = AES-128-CTR(k[0..16], iv) of the scalar
//! mac        = Keccak-256(k[16..32] ‖ ciphertext)
//! ```
//! Written is scrypt with N = 2¹⁸, r = 8, p = 1, as geth writes it: 256 MiB and about a second.
//!
//! Reference: ethereum.org, "Web3 secret storage definition"; RFC 7914; RFC 8018, section 5.2.
//! Specification: `docs/spec/formats.md`, section 10.

use alloc::string::String;

use aes::Aes128;
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use pbkdf2::pbkdf2_hmac;
use rand_core::CryptoRng;
use scrypt::Params;
use serde::Deserialize;
use sha2::Sha256;
use sha3::{Digest as _, Keccak256};
use subtle::ConstantTimeEq as _;
use tki_seal::curve::CurveId;
use zeroize::Zeroizing;

use crate::address;
use crate::private_key::{PrivateKey, PrivateKeyError};

/// log₂ N of what is written.
const LOG_N: u8 = 18;
const R: u32 = 8;
const P: u32 = 1;
/// Most bytes of memory that reading a file may take: four times what geth writes.
const MEMORY_LIMIT: u64 = 1 << 30;
/// Most passes over that memory.
const PASSES_LIMIT: u32 = 8;
/// Most rounds of PBKDF2: forty times what anybody writes.
const ROUNDS_LIMIT: u32 = 10_000_000;
/// Most bytes of a salt.
const SALT_LIMIT: usize = 64;

/// The file. What is borrowed from it is written without escapes by everybody.
#[derive(Deserialize)]
struct File<'a> {
    version: u32,
    #[serde(borrow, alias = "Crypto")]
    crypto: Crypto<'a>,
    address: Option<&'a str>,
}

#[derive(Deserialize)]
struct Crypto<'a> {
    cipher: &'a str,
    #[serde(borrow)]
    cipherparams: CipherParams<'a>,
    ciphertext: &'a str,
    kdf: &'a str,
    #[serde(borrow)]
    kdfparams: KdfParams<'a>,
    mac: &'a str,
}

#[derive(Deserialize)]
struct CipherParams<'a> {
    iv: &'a str,
}

/// Those of both.
#[derive(Deserialize)]
struct KdfParams<'a> {
    dklen: u32,
    salt: &'a str,
    n: Option<u64>,
    r: Option<u32>,
    p: Option<u32>,
    c: Option<u32>,
    prf: Option<&'a str>,
}

/// What is asked of the machine, within the limits.
enum Kdf {
    Pbkdf2(u32),
    Scrypt(Params),
}

pub(super) fn read(file: &[u8], passphrase: Option<&str>) -> Result<PrivateKey, PrivateKeyError> {
    // Step 10.1: version 3, and a cipher and a key derivation that are known.
    let file: File<'_> = serde_json::from_slice(file).map_err(|_| PrivateKeyError::Keystore)?;
    let crypto = &file.crypto;
    if file.version != 3 || crypto.cipher != "aes-128-ctr" || crypto.kdfparams.dklen != 32 {
        return Err(PrivateKeyError::Keystore);
    }
    let kdf = kdf(crypto)?;
    let mut salt = [0; SALT_LIMIT];
    let salt = base16ct::mixed::decode(crypto.kdfparams.salt, &mut salt)
        .map_err(|_| PrivateKeyError::Keystore)?;
    let iv: [u8; 16] = *hex(crypto.cipherparams.iv)?;
    let mut bytes: Zeroizing<[u8; 32]> = hex(crypto.ciphertext)?;
    let mac: Zeroizing<[u8; 32]> = hex(crypto.mac)?;
    let passphrase = passphrase.ok_or(PrivateKeyError::MissingPassphrase)?;
    // Step 10.2: the key of the file, by its mac.
    let key = kdf.derive(passphrase, salt)?;
    if !bool::from(mac_of(&key, &bytes).as_slice().ct_eq(mac.as_slice())) {
        return Err(PrivateKeyError::KeystorePassphrase);
    }
    // Step 10.3: the scalar, whose address is the one in the file.
    apply_cipher(&key, &iv, &mut bytes)?;
    let key = PrivateKey::from_scalar_bytes(CurveId::Secp256k1, &bytes)?;
    match file.address {
        Some(address) if !is_address(&key, address) => Err(PrivateKeyError::PublicKeyMismatch),
        _ => Ok(key),
    }
}

pub(super) fn write(
    key: &PrivateKey,
    passphrase: Option<&str>,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Zeroizing<String>, PrivateKeyError> {
    if key.curve() != CurveId::Secp256k1 {
        return Err(PrivateKeyError::NoForm);
    }
    let passphrase = passphrase.ok_or(PrivateKeyError::MissingPassphrase)?;
    // Step 10.4: a fresh salt, iv and name.
    let (mut salt, mut iv, mut id) = ([0; 32], [0; 16], [0; 16]);
    rng.fill_bytes(&mut salt);
    rng.fill_bytes(&mut iv);
    rng.fill_bytes(&mut id);
    let params = Params::new(LOG_N, R, P).map_err(|_| PrivateKeyError::KeystoreCost)?;
    let file_key = Kdf::Scrypt(params).derive(passphrase, &salt)?;
    let mut bytes = Zeroizing::new(*key.expose_secret().scalar);
    apply_cipher(&file_key, &iv, &mut bytes)?;
    let mac = mac_of(&file_key, &bytes);
    let address = address_of(key).unwrap_or_default();
    // Step 10.5: the file; nothing in it is secret to whoever has no passphrase.
    let text = alloc::format!(
        "{{\"address\":\"{address}\",\"crypto\":{{\"cipher\":\"aes-128-ctr\",\
         \"cipherparams\":{{\"iv\":\"{}\"}},\"ciphertext\":\"{}\",\"kdf\":\"scrypt\",\
         \"kdfparams\":{{\"dklen\":32,\"n\":{},\"p\":{P},\"r\":{R},\"salt\":\"{}\"}},\
         \"mac\":\"{}\"}},\"id\":\"{}\",\"version\":3}}\n",
        digits(&iv),
        digits(bytes.as_slice()),
        1_u64 << LOG_N,
        digits(&salt),
        digits(&mac),
        uuid(id),
    );
    Ok(Zeroizing::new(text))
}

/// What the file asks for, if a machine can do it.
fn kdf(crypto: &Crypto<'_>) -> Result<Kdf, PrivateKeyError> {
    let params = &crypto.kdfparams;
    match (crypto.kdf, params) {
        (
            "scrypt",
            KdfParams {
                n: Some(n),
                r: Some(r),
                p: Some(p),
                ..
            },
        ) => {
            // All that scrypt keeps: n blocks, p more, and one to work in.
            let blocks = n.checked_add(u64::from(*p).saturating_add(1));
            let memory = blocks
                .and_then(|blocks| blocks.checked_mul(128))
                .and_then(|size| size.checked_mul(u64::from(*r)));
            if memory.is_none_or(|memory| memory > MEMORY_LIMIT) || *p > PASSES_LIMIT {
                return Err(PrivateKeyError::KeystoreCost);
            }
            if !n.is_power_of_two() || *n < 2 {
                return Err(PrivateKeyError::Keystore);
            }
            // Correctness: a 64-bit number has fewer than 2⁸ trailing zeros.
            let log_n = u8::try_from(n.trailing_zeros()).unwrap_or(u8::MAX);
            let params = Params::new(log_n, *r, *p).map_err(|_| PrivateKeyError::Keystore)?;
            Ok(Kdf::Scrypt(params))
        }
        (
            "pbkdf2",
            KdfParams {
                c: Some(c),
                prf: Some("hmac-sha256"),
                ..
            },
        ) => match c {
            0 => Err(PrivateKeyError::Keystore),
            1..=ROUNDS_LIMIT => Ok(Kdf::Pbkdf2(*c)),
            _ => Err(PrivateKeyError::KeystoreCost),
        },
        _ => Err(PrivateKeyError::Keystore),
    }
}

impl Kdf {
    fn derive(
        &self,
        passphrase: &str,
        salt: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, PrivateKeyError> {
        let mut key = Zeroizing::new([0; 32]);
        match self {
            Self::Pbkdf2(rounds) => {
                pbkdf2_hmac::<Sha256>(passphrase.as_bytes(), salt, *rounds, key.as_mut_slice());
            }
            Self::Scrypt(params) => {
                scrypt::scrypt(passphrase.as_bytes(), salt, params, key.as_mut_slice())
                    .map_err(|_| PrivateKeyError::Keystore)?;
            }
        }
        Ok(key)
    }
}

/// The second half of the key and the ciphertext, hashed.
fn mac_of(key: &[u8; 32], ciphertext: &[u8; 32]) -> [u8; 32] {
    let (_, second) = key.split_at(16);
    Keccak256::new()
        .chain_update(second)
        .chain_update(ciphertext)
        .finalize()
        .into()
}

/// Encrypts or decrypts by the first half of the key.
fn apply_cipher(
    key: &[u8; 32],
    iv: &[u8; 16],
    bytes: &mut [u8; 32],
) -> Result<(), PrivateKeyError> {
    let (first, _) = key.split_at(16);
    let mut cipher =
        Ctr128BE::<Aes128>::new_from_slices(first, iv).map_err(|_| PrivateKeyError::Keystore)?;
    cipher.apply_keystream(bytes);
    Ok(())
}

/// The 40 digits of the address, in lower case.
fn address_of(key: &PrivateKey) -> Option<String> {
    let point = key.verifying_key().try_into().ok()?;
    let address = address::evm(&point).ok()?;
    address.strip_prefix("0x").map(str::to_lowercase)
}

/// Whether the digits, with or without `0x` and capitals, are the address of the key. Some wallets
/// leave it empty, to tell nothing to who finds the file.
fn is_address(key: &PrivateKey, digits: &str) -> bool {
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    digits.is_empty() || address_of(key).is_some_and(|own| own.eq_ignore_ascii_case(digits))
}

fn hex<const N: usize>(digits: &str) -> Result<Zeroizing<[u8; N]>, PrivateKeyError> {
    let mut bytes = Zeroizing::new([0; N]);
    match base16ct::mixed::decode(digits, bytes.as_mut_slice()).map(<[u8]>::len) {
        Ok(length) if length == N => Ok(bytes),
        _ => Err(PrivateKeyError::Keystore),
    }
}

fn digits(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// RFC 9562, version 4.
fn uuid(mut random: [u8; 16]) -> String {
    if let Some(byte) = random.get_mut(6) {
        *byte = (*byte & 0x0f) | 0x40;
    }
    if let Some(byte) = random.get_mut(8) {
        *byte = (*byte & 0x3f) | 0x80;
    }
    let mut text = String::new();
    for (place, byte) in random.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&digits(&[*byte]));
    }
    text
}
