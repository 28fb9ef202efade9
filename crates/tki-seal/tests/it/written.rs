//! Random cases that the independent reference works out again: what goes in and what came out.

use rand_core::CryptoRng;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sha3::Keccak256;
use tki_math::SecretScalar;
use tki_seal::curve::{CurveId, Secp256k1};
use tki_seal::passphrase_file::{FileKey, FileKind};
use tki_seal::signature::{Input, Scheme, sign};
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};
use tki_seal::{kdf, on_curve, password, sealed_box};

use crate::golden::{between, params, text, with_field};
use crate::support::{Fixed, array, box_key, bytes, context};

/// A file's name, the number of its cases, and what makes one.
type Maker<R> = (&'static str, usize, fn(&mut R) -> Value);

/// Each file's name and cases.
pub(crate) fn files<R: CryptoRng>(rng: &mut R) -> Vec<(&'static str, Vec<Value>)> {
    let makers: [Maker<R>; 9] = [
        ("transcript", 30, transcript),
        ("kdf", 20, derivation),
        ("signature", 20, signed),
        ("sealed_box", 10, sealed),
        ("symmetric", 20, symmetric_seal),
        ("refused_box", 30, refused_box),
        ("refused_symmetric", 30, refused_seal),
        ("password", 3, stretched),
        ("passphrase_file", 3, file),
    ];
    makers
        .map(|(name, count, make)| (name, (0..count).map(|_| make(rng)).collect()))
        .into()
}

fn below(rng: &mut impl CryptoRng, n: usize) -> usize {
    usize::try_from(rng.next_u32()).unwrap() % n
}

fn random(rng: &mut impl CryptoRng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Up to so many bytes, in hexadecimal.
fn some(rng: &mut impl CryptoRng, most: usize) -> String {
    let length = below(rng, most + 1);
    hex::encode(random(rng, length))
}

fn exactly(rng: &mut impl CryptoRng, length: usize) -> String {
    hex::encode(random(rng, length))
}

fn transcript(rng: &mut impl CryptoRng) -> Value {
    let tag = Tag::ALL[below(rng, Tag::ALL.len())];
    let fields: Vec<_> = (0..below(rng, 6)).map(|_| field(rng)).collect();
    let made = fields.iter().fold(Transcript::new(tag), with_field);
    json!({
        "tag": tag.as_str(),
        "fields": fields,
        "digest": hex::encode(made.digest()),
        "encoding": hex::encode(made.into_bytes()),
    })
}

fn field(rng: &mut impl CryptoRng) -> Value {
    let number = u128::from_be_bytes(random(rng, 16).try_into().unwrap());
    match below(rng, 5) {
        0 => json!({ "bytes": some(rng, 300) }),
        1 => json!({ "u64": (number >> 64).to_string() }),
        2 => json!({ "u128": number.to_string() }),
        3 => json!({ "flag": number % 2 == 0 }),
        _ => {
            let items: Vec<_> = (0..below(rng, 4)).map(|_| some(rng, 40)).collect();
            json!({ "list": items })
        }
    }
}

fn derivation(rng: &mut impl CryptoRng) -> Value {
    let (secret, salt, number) = (some(rng, 300), some(rng, 200), rng.next_u32());
    let info = || Transcript::new(Tag::Example).u64(number.into());
    let (secret_bytes, salt_bytes) = (bytes(&secret), bytes(&salt));
    let mut case = json!({
        "info": hex::encode(info().into_bytes()),
        "u64": number,
        "key": hex::encode(kdf::derive_key(&secret_bytes, &salt_bytes, info())),
        "secret": secret,
        "salt": salt,
    });
    for curve in CurveId::ALL {
        let scalar = on_curve!(*curve, C => {
            kdf::derive_scalar::<C>(&secret_bytes, &salt_bytes, info()).to_bytes()
        });
        case[curve.name()] = json!(hex::encode(scalar));
    }
    case
}

fn signed(rng: &mut impl CryptoRng) -> Value {
    let scheme = Scheme::ALL[below(rng, Scheme::ALL.len())];
    let message = some(rng, 300);
    let input = bytes(&message);
    let (secret, key, signature) = on_curve!(scheme.curve(), C => {
        let key = kdf::derive_scalar::<C>(&random(rng, 32), b"", Transcript::new(Tag::Example));
        let signature = sign(scheme, &key, Input::Message(&input)).unwrap();
        let public = group::GroupEncoding::to_bytes(&key.public_point());
        (key.to_bytes(), hex::encode(public), signature)
    });
    let mut case = json!({
        "scheme": scheme.name(),
        "secret_key": hex::encode(secret),
        "public_key": key,
        "message": message,
        "signature": hex::encode(signature.to_bytes()),
    });
    if let Some(recovery_id) = signature.recovery_id() {
        case["recovery_id"] = json!(recovery_id);
        let digest: [u8; 32] = if scheme == Scheme::EcdsaKeccak256 {
            Keccak256::digest(&input).into()
        } else {
            Sha256::digest(&input).into()
        };
        case["digest"] = json!(hex::encode(digest));
    }
    case
}

/// A key of secp256k1 that is not zero.
fn secret_key(rng: &mut impl CryptoRng) -> SecretScalar<Secp256k1> {
    let info = Transcript::new(Tag::Example);
    kdf::derive_scalar(&random(rng, 32), b"", info)
}

fn sealed(rng: &mut impl CryptoRng) -> Value {
    let key = hex::encode(secret_key(rng).to_bytes());
    let recipient = box_key(&key).public_key();
    let (field, plaintext, fresh) = (some(rng, 40), some(rng, 300), exactly(rng, 32));
    let given = &mut Fixed::new(bytes(&fresh));
    let sealed = sealed_box::seal(
        &recipient,
        context(&bytes(&field)),
        &bytes(&plaintext),
        given,
    );
    let mut case = json!({
        "secret_key": key,
        "public_key": hex::encode(recipient.to_bytes()),
        "context": field,
        "plaintext": plaintext,
        "fresh": fresh,
        "sealed": hex::encode(&sealed),
    });
    for (name, value) in between(&case, &sealed) {
        case[name] = json!(value);
    }
    case
}

fn symmetric_seal(rng: &mut impl CryptoRng) -> Value {
    let key = exactly(rng, 32);
    let (field, plaintext, fresh) = (some(rng, 40), some(rng, 300), exactly(rng, 32));
    let given = &mut Fixed::new(bytes(&fresh));
    let under = SymmetricKey::from_bytes(array(&key).into());
    let sealed = symmetric::seal(&under, context(&bytes(&field)), &bytes(&plaintext), given);
    json!({
        "key": key,
        "context": field,
        "plaintext": plaintext,
        "fresh": fresh,
        "sealed": hex::encode(sealed),
    })
}

/// A seal as it is, with one bit changed, or cut off.
fn maybe_broken(rng: &mut impl CryptoRng, case: &Value) -> (&'static str, Vec<u8>) {
    let mut sealed = bytes(text(case, "sealed"));
    match below(rng, 4) {
        0 => ("whole", sealed),
        1 => {
            sealed.truncate(below(rng, sealed.len()));
            ("cut off", sealed)
        }
        _ => {
            let at = below(rng, sealed.len());
            sealed[at] ^= 1 << below(rng, 8);
            ("one bit changed", sealed)
        }
    }
}

fn refused_box(rng: &mut impl CryptoRng) -> Value {
    let case = sealed(rng);
    let (name, sealed) = maybe_broken(rng, &case);
    let field = context(&bytes(text(&case, "context")));
    let opened = sealed_box::open(&box_key(text(&case, "secret_key")), field, &sealed);
    json!({
        "name": name,
        "secret_key": case["secret_key"],
        "context": case["context"],
        "sealed": hex::encode(sealed),
        "opens": opened.is_ok(),
    })
}

fn refused_seal(rng: &mut impl CryptoRng) -> Value {
    let case = symmetric_seal(rng);
    let (name, sealed) = maybe_broken(rng, &case);
    let field = context(&bytes(text(&case, "context")));
    let key = SymmetricKey::from_bytes(array(text(&case, "key")).into());
    json!({
        "name": name,
        "key": case["key"],
        "context": case["context"],
        "sealed": hex::encode(&sealed),
        "opens": symmetric::open(&key, field, &sealed).is_ok(),
    })
}

fn stretched(rng: &mut impl CryptoRng) -> Value {
    let lanes = 1 + below(rng, 3);
    let mut case = json!({
        "password": some(rng, 100),
        "salt": exactly(rng, 32),
        "memory_kib": 8 * lanes + below(rng, 40),
        "iterations": 1 + below(rng, 3),
        "parallelism": lanes,
    });
    let salt = array(text(&case, "salt"));
    let key = password::derive(&bytes(text(&case, "password")), &salt, params(&case)).unwrap();
    case["key"] = json!(hex::encode(key));
    case
}

fn file(rng: &mut impl CryptoRng) -> Value {
    let mut case = stretched(rng);
    let tag = Tag::ALL[below(rng, Tag::ALL.len())];
    let magic = exactly(rng, 8);
    let (content, fresh) = (some(rng, 300), exactly(rng, 32));
    let kind = FileKind::new(array(&magic), tag);
    let given = &mut Fixed::new(bytes(&[text(&case, "salt"), &fresh].concat()));
    let passphrase = bytes(text(&case, "password"));
    let key = FileKey::create(kind, &passphrase, params(&case), given).unwrap();
    case["file"] = json!(hex::encode(key.seal(&bytes(&content), given)));
    case["magic"] = json!(magic);
    case["tag"] = json!(tag.as_str());
    case["content"] = json!(content);
    case["fresh"] = json!(fresh);
    case.as_object_mut().unwrap().remove("key");
    case
}
