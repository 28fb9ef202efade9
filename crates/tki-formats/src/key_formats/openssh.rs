//! OpenSSH's private keys without passphrase: Ed25519 and ECDSA on P-256.
//!
//! ```text
//! "openssh-key-v1" 0 ‖ "none" ‖ "none" ‖ "" ‖ 1 ‖ public ‖ private
//! public  = "ssh-ed25519" ‖ key            or "ecdsa-sha2-nistp256" ‖ "nistp256" ‖ Q
//! private = check ‖ check ‖ "ssh-ed25519" ‖ key ‖ seed key                     ‖ comment ‖ 1 2 3 …
//!        or check ‖ check ‖ "ecdsa-sha2-nistp256" ‖ "nistp256" ‖ Q ‖ d (mpint) ‖ comment ‖ 1 2 3 …
//! ```
//! Every part has its length before it, four bytes, big-endian; the last bytes 1 2 3 … fill up to a
//! multiple of 8. Q is uncompressed. PEM with lines of 70 characters.
//!
//! Reference: PROTOCOL.key and PROTOCOL of OpenSSH; RFC 4251, section 5; RFC 5656, section 3.1.
//! Specification: `docs/spec/formats.md`, section 13.

use alloc::{string::String, vec::Vec};

use pkcs8::der::pem::{Decoder, Encoder, LineEnding};
use rand_core::CryptoRng;
use tki_seal::{
    curve::{CurveId, SealCurve as _},
    on_curve,
};
use zeroize::Zeroizing;

use crate::private_key::{PrivateKey, PrivateKeyError};

const LABEL: &str = "OPENSSH PRIVATE KEY";
const MAGIC: &[u8] = b"openssh-key-v1\0";
const NONE: &[u8] = b"none";
const ED25519: &[u8] = b"ssh-ed25519";
const ECDSA_P256: &[u8] = b"ecdsa-sha2-nistp256";
const P256: &[u8] = b"nistp256";
/// Letters of a line, as OpenSSH has them.
const LINE: usize = 70;
/// What an unencrypted private part is filled up to.
const BLOCK: usize = 8;
/// More than a file of one key without comment takes, in bytes and in letters.
const ROOM: usize = 1024;

pub(super) fn read(file: &[u8]) -> Result<PrivateKey, PrivateKeyError> {
    // Step 13.1: PEM of one key, under no passphrase.
    let mut decoder =
        Decoder::new_detect_wrap(file.trim_ascii()).map_err(|_| PrivateKeyError::OpenSsh)?;
    if decoder.type_label() != LABEL {
        return Err(PrivateKeyError::OtherPem);
    }
    let mut bytes = Zeroizing::new(alloc::vec![0; decoder.remaining_len()]);
    decoder
        .decode(&mut bytes)
        .map_err(|_| PrivateKeyError::OpenSsh)?;
    let mut outer = Reader(&bytes);
    outer.expect(MAGIC)?;
    if outer.string()? != NONE || outer.string()? != NONE {
        return Err(PrivateKeyError::Encrypted);
    }
    if !outer.string()?.is_empty() || outer.number()? != 1 {
        return Err(PrivateKeyError::OpenSsh);
    }
    let public = outer.string()?;
    let mut private = Reader(outer.string()?);
    if !outer.0.is_empty() || !private.0.len().is_multiple_of(BLOCK) {
        return Err(PrivateKeyError::OpenSsh);
    }
    // Step 13.2: the private part repeats its check number and the public key.
    if private.number()? != private.number()? {
        return Err(PrivateKeyError::OpenSsh);
    }
    let key = read_key(&mut private, public)?;
    // Step 13.3: a comment, which does not matter, and 1 2 3 …
    private.string()?;
    if private.0.len() >= BLOCK || private.0.iter().zip(1..).any(|(byte, n)| *byte != n) {
        return Err(PrivateKeyError::OpenSsh);
    }
    Ok(key)
}

fn read_key(private: &mut Reader<'_>, public: &[u8]) -> Result<PrivateKey, PrivateKeyError> {
    let mut public = Reader(public);
    let kind = private.string()?;
    if public.string()? != kind {
        return Err(PrivateKeyError::OpenSsh);
    }
    let (key, beside) = match kind {
        ED25519 => {
            let beside = private.string()?;
            let pair = private.string()?;
            let (seed, again) = pair.split_at_checked(32).ok_or(PrivateKeyError::OpenSsh)?;
            let seed = seed.try_into().map_err(|_| PrivateKeyError::OpenSsh)?;
            let key = PrivateKey::from_ed25519_seed(seed);
            key.check_public_key(again)?;
            (key, beside)
        }
        ECDSA_P256 => {
            if private.string()? != P256 || public.string()? != P256 {
                return Err(PrivateKeyError::OpenSsh);
            }
            let beside = private.string()?;
            let scalar = scalar(private.string()?)?;
            (
                PrivateKey::from_scalar_bytes(CurveId::P256, &scalar)?,
                beside,
            )
        }
        _ => return Err(PrivateKeyError::OtherAlgorithm),
    };
    key.check_public_key(beside)?;
    key.check_public_key(public.string()?)?;
    if public.0.is_empty() {
        Ok(key)
    } else {
        Err(PrivateKeyError::OpenSsh)
    }
}

pub(super) fn write(
    key: &PrivateKey,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Zeroizing<String>, PrivateKeyError> {
    // Step 13.4: the public half, as the curve has it.
    let exposed = key.expose_secret();
    let own = key.verifying_key();
    let long = on_curve!(key.curve(), C => C::uncompressed(&own));
    let (kind, point): (&[&[u8]], &[u8]) = match (key.curve(), &long) {
        (CurveId::Ed25519, _) => (&[ED25519], &own),
        (CurveId::P256, Some(long)) => (&[ECDSA_P256, P256], long),
        (CurveId::P256 | CurveId::Secp256k1, _) => return Err(PrivateKeyError::NoForm),
    };
    let mut public = Zeroizing::new(Vec::with_capacity(ROOM));
    for part in kind.iter().chain([&point]) {
        push(&mut public, part);
    }
    // Step 13.5: the private part: a random number twice, both halves, no comment, 1 2 3 …
    let mut private = Zeroizing::new(Vec::with_capacity(ROOM));
    let check = rng.next_u32().to_be_bytes();
    private.extend_from_slice(&check);
    private.extend_from_slice(&check);
    private.extend_from_slice(&public);
    if key.curve() == CurveId::Ed25519 {
        let seed = exposed.seed.ok_or(PrivateKeyError::NoSeed)?;
        let mut pair = Zeroizing::new([0; 64]);
        for (place, byte) in pair.iter_mut().zip(seed.iter().chain(&own)) {
            *place = *byte;
        }
        push(&mut private, pair.as_slice());
    } else {
        push_number(&mut private, exposed.scalar);
    }
    push(&mut private, &[]);
    for fill in 1..8 {
        if !private.len().is_multiple_of(BLOCK) {
            private.push(fill);
        }
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
    bytes.extend_from_slice(MAGIC);
    for part in [NONE, NONE, &[]] {
        push(&mut bytes, part);
    }
    bytes.extend_from_slice(&1_u32.to_be_bytes());
    push(&mut bytes, &public);
    push(&mut bytes, &private);
    armoured(&bytes)
}

fn armoured(bytes: &[u8]) -> Result<Zeroizing<String>, PrivateKeyError> {
    let mut room = Zeroizing::new([0; ROOM]);
    // Correctness: a file of one key has half as many letters as there is room for.
    let written = Encoder::new_wrapped(LABEL, LINE, LineEnding::LF, room.as_mut_slice())
        .and_then(|mut encoder| encoder.encode(bytes).and_then(|()| encoder.finish()))
        .map_err(|_| PrivateKeyError::OpenSsh)?;
    let letters = room.get(..written).unwrap_or_default();
    let letters = str::from_utf8(letters).map_err(|_| PrivateKeyError::OpenSsh)?;
    let mut text = Zeroizing::new(String::with_capacity(letters.len()));
    text.push_str(letters);
    Ok(text)
}

/// A number of RFC 4251: as few bytes as hold it with a clear highest bit.
fn scalar(number: &[u8]) -> Result<Zeroizing<[u8; 32]>, PrivateKeyError> {
    let digits = match number {
        [0, rest @ ..] if rest.first().is_some_and(|byte| *byte >= 0x80) => rest,
        [0 | 0x80..=0xff, ..] => return Err(PrivateKeyError::OpenSsh),
        _ => number,
    };
    let mut scalar = Zeroizing::new([0; 32]);
    if digits.len() > scalar.len() {
        return Err(PrivateKeyError::OpenSsh);
    }
    for (place, byte) in scalar.iter_mut().rev().zip(digits.iter().rev()) {
        *place = *byte;
    }
    Ok(scalar)
}

/// Not constant time: how many zeros a scalar begins with is seen in the file's length anyway.
fn push_number(bytes: &mut Vec<u8>, scalar: &[u8; 32]) {
    let zeros = scalar.iter().take_while(|byte| **byte == 0).count();
    let digits = scalar.get(zeros..).unwrap_or_default();
    let mut number = Zeroizing::new([0; 33]);
    let begins_high = digits.first().is_some_and(|byte| *byte >= 0x80);
    let length = digits.len() + usize::from(begins_high);
    for (place, byte) in number.iter_mut().rev().zip(digits.iter().rev()) {
        *place = *byte;
    }
    push(bytes, number.get(33 - length..).unwrap_or_default());
}

fn push(bytes: &mut Vec<u8>, part: &[u8]) {
    // Correctness: what is written here is shorter than 2³².
    let length = u32::try_from(part.len()).unwrap_or(0);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}

/// What has not been read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], PrivateKeyError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(PrivateKeyError::OpenSsh)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, PrivateKeyError> {
        let bytes = self.take(4)?.try_into();
        bytes
            .map(u32::from_be_bytes)
            .map_err(|_| PrivateKeyError::OpenSsh)
    }

    fn string(&mut self) -> Result<&'a [u8], PrivateKeyError> {
        let length = usize::try_from(self.number()?).map_err(|_| PrivateKeyError::OpenSsh)?;
        self.take(length)
    }

    fn expect(&mut self, bytes: &[u8]) -> Result<(), PrivateKeyError> {
        if self.take(bytes.len())? == bytes {
            Ok(())
        } else {
            Err(PrivateKeyError::OpenSsh)
        }
    }
}
