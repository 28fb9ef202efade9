//! The vectors that a second implementation wrote: `tests/vectors/make.py`.

use serde_json::Value;
use tki_math::Curve as _;
use tki_seal::curve::{Ed25519, Secp256k1};
use tki_seal::ed25519_seed::scalar_from_seed;
use tki_seal::passphrase_file::{FileKey, FileKind, SealedFile};
use tki_seal::password::{self, Argon2Params};
use tki_seal::signature::{Input, Scheme, SchemeSignature, sign_ed25519, sign_secp256k1, verify};
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};
use tki_seal::{kdf, sealed_box};

use crate::support::{Fixed, array, box_key, bytes, context, scalar};

fn vectors(json: &str) -> Vec<Value> {
    let vectors: Vec<Value> = serde_json::from_str(json).expect("a list");
    assert!(!vectors.is_empty());
    vectors
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field]
        .as_str()
        .unwrap_or_else(|| panic!("no text in {field}"))
}

fn number(vector: &Value, field: &str) -> u32 {
    let number = vector[field]
        .as_u64()
        .unwrap_or_else(|| panic!("no number in {field}"));
    u32::try_from(number).expect("a small number")
}

fn params(vector: &Value) -> Argon2Params {
    Argon2Params::new(
        number(vector, "memory_kib"),
        number(vector, "iterations"),
        number(vector, "parallelism"),
    )
    .expect("within bounds")
}

fn with_field(transcript: Transcript, field: &Value) -> Transcript {
    let (kind, value) = field.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "bytes" => transcript.bytes(&bytes(value.as_str().unwrap())),
        "flag" => transcript.flag(value.as_bool().unwrap()),
        "list" => transcript.list(
            value
                .as_array()
                .unwrap()
                .iter()
                .map(|item| bytes(item.as_str().unwrap())),
        ),
        "u128" => transcript.u128(value.as_str().unwrap().parse().unwrap()),
        "u64" => transcript.u64(value.as_str().unwrap().parse().unwrap()),
        other => panic!("{other}"),
    }
}

#[test]
fn transcripts_agree() {
    for vector in vectors(include_str!("../vectors/transcript.json")) {
        assert_eq!(text(&vector, "tag"), Tag::Example.as_str());
        let fields = vector["fields"].as_array().unwrap();
        let transcript = fields
            .iter()
            .fold(Transcript::new(Tag::Example), with_field);
        assert_eq!(hex::encode(transcript.digest()), text(&vector, "digest"));
        assert_eq!(
            hex::encode(transcript.into_bytes()),
            text(&vector, "encoding")
        );
    }
}

#[test]
fn key_derivations_agree() {
    for vector in vectors(include_str!("../vectors/kdf.json")) {
        let secret = bytes(text(&vector, "secret"));
        let salt = bytes(text(&vector, "salt"));
        let info = || Transcript::new(Tag::Example).u64(number(&vector, "u64").into());
        assert_eq!(hex::encode(info().into_bytes()), text(&vector, "info"));
        assert_eq!(
            hex::encode(kdf::derive_key(&secret, &salt, info())),
            text(&vector, "key")
        );
        let on_secp256k1 = kdf::derive_scalar::<Secp256k1>(&secret, &salt, info());
        assert_eq!(
            hex::encode(on_secp256k1.to_bytes()),
            text(&vector, Secp256k1::NAME)
        );
        let on_ed25519 = kdf::derive_scalar::<Ed25519>(&secret, &salt, info());
        assert_eq!(
            hex::encode(on_ed25519.to_bytes()),
            text(&vector, Ed25519::NAME)
        );
    }
}

#[test]
fn sealed_boxes_agree() {
    for vector in vectors(include_str!("../vectors/sealed_box.json")) {
        let secret = box_key(text(&vector, "secret_key"));
        let recipient = secret.public_key();
        assert_eq!(
            hex::encode(recipient.to_bytes()),
            text(&vector, "public_key")
        );
        let field = bytes(text(&vector, "context"));
        let plaintext = bytes(text(&vector, "plaintext"));
        let mut rng = Fixed::new(bytes(text(&vector, "fresh")));
        let sealed = sealed_box::seal(&recipient, context(&field), &plaintext, &mut rng);
        assert_eq!(hex::encode(&sealed), text(&vector, "sealed"));
        let opened = sealed_box::open(&secret, context(&field), &sealed).unwrap();
        assert_eq!(*opened, plaintext);
    }
}

#[test]
fn symmetric_seals_agree() {
    for vector in vectors(include_str!("../vectors/symmetric.json")) {
        let key = SymmetricKey::from_bytes(array(text(&vector, "key")).into());
        let field = bytes(text(&vector, "context"));
        let plaintext = bytes(text(&vector, "plaintext"));
        let mut rng = Fixed::new(bytes(text(&vector, "fresh")));
        let sealed = symmetric::seal(&key, context(&field), &plaintext, &mut rng);
        assert_eq!(hex::encode(&sealed), text(&vector, "sealed"));
        let opened = symmetric::open(&key, context(&field), &sealed).unwrap();
        assert_eq!(*opened, plaintext);
    }
}

#[test]
fn signatures_agree() {
    for vector in vectors(include_str!("../vectors/signature.json")) {
        let scheme = Scheme::from_name(text(&vector, "scheme")).expect("a scheme");
        let message = bytes(text(&vector, "message"));
        let secret = text(&vector, "secret_key");
        let sign = |input| {
            if scheme == Scheme::Ed25519 {
                sign_ed25519(&scalar(secret), input)
            } else {
                sign_secp256k1(scheme, &scalar(secret), input)
            }
        };
        let signature: SchemeSignature = sign(Input::Message(&message)).unwrap();
        assert_eq!(
            hex::encode(signature.to_bytes()),
            text(&vector, "signature")
        );
        if let Some(digest) = vector.get("digest") {
            let digest = Input::Digest(array(digest.as_str().unwrap()));
            assert_eq!(sign(digest), Ok(signature));
        }
        let recovery_id = vector
            .get("recovery_id")
            .map(|_| number(&vector, "recovery_id"));
        assert_eq!(signature.recovery_id().map(u32::from), recovery_id);
        if let Some(seed) = vector.get("seed") {
            let from_seed = scalar_from_seed(&array(seed.as_str().unwrap()));
            assert_eq!(hex::encode(from_seed.to_bytes()), secret);
        }
        let key = bytes(text(&vector, "public_key"));
        let verified = verify(
            scheme,
            &key,
            Input::Message(&message),
            &signature.to_bytes(),
        );
        assert_eq!(verified, Ok(()));
    }
}

#[test]
fn keys_from_passphrases_agree() {
    for vector in vectors(include_str!("../vectors/password.json")) {
        let (salt, params) = (array(text(&vector, "salt")), params(&vector));
        let key = password::derive(&bytes(text(&vector, "password")), &salt, params).unwrap();
        assert_eq!(hex::encode(key), text(&vector, "key"));
    }
}

#[test]
fn files_under_a_passphrase_agree() {
    for vector in vectors(include_str!("../vectors/passphrase_file.json")) {
        let mut tags = Tag::ALL.iter();
        let tag = tags.find(|tag| tag.as_str() == text(&vector, "tag"));
        let kind = FileKind::new(array(text(&vector, "magic")), *tag.expect("a tag"));
        let (passphrase, content) = ["password", "content"]
            .map(|field| bytes(text(&vector, field)))
            .into();
        let random = [text(&vector, "salt"), text(&vector, "fresh")].concat();
        let mut rng = Fixed::new(bytes(&random));
        let key = FileKey::create(kind, &passphrase, params(&vector), &mut rng).unwrap();
        let file = key.seal(&content, &mut rng);
        assert_eq!(hex::encode(&file), text(&vector, "file"));
        let sealed = SealedFile::parse(kind, &file).unwrap();
        let key = sealed.derive_key(&passphrase).unwrap();
        assert_eq!(*sealed.open(&key).unwrap(), content);
    }
}
