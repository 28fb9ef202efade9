//! The vectors that a second implementation wrote, which shares no code with the crate:
//! `xtask/vectors`. `tests/vectors/README.md` tells what each file holds.

#![expect(
    non_snake_case,
    reason = "points are upper case as in docs/notation.md"
)]

use group::GroupEncoding as _;
use hkdf::SimpleHkdf;
use serde_json::Value;
use sha3::Sha3_256;
use tki_math::{Curve as _, SecretScalar};
use tki_seal::curve::{CurveId, Ed25519, P256, Secp256k1};
use tki_seal::ed25519_seed::scalar_from_seed;
use tki_seal::passphrase_file::{FileKey, FileKind, SealedFile};
use tki_seal::password::{self, Argon2Params};
use tki_seal::sealed_box::{self, BoxSecretKey};
use tki_seal::signature::{Input, Scheme, SchemeSignature, sign, verify};
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};
use tki_seal::{kdf, on_curve};

use crate::support::{Fixed, array, box_key, bytes, context, scalar};

/// A test of each committed file, and what checks the file of each name.
macro_rules! agree {
    ($($test:ident: $check:ident, $file:literal;)*) => {
        pub(crate) const CHECKS: &[(&str, fn(&str))] = &[$(($file, $check),)*];

        $(
            #[test]
            fn $test() {
                $check(include_str!(concat!("../vectors/", $file, ".json")));
            }
        )*
    };
}

agree! {
    transcripts_agree: check_transcripts, "transcript";
    key_derivations_agree: check_derivations, "kdf";
    sealed_boxes_agree: check_boxes, "sealed_box";
    symmetric_seals_agree: check_seals, "symmetric";
    what_is_no_box_does_not_open: check_refused_boxes, "refused_box";
    what_is_no_seal_does_not_open: check_refused_seals, "refused_symmetric";
    seals_are_told_apart_by_their_commitments: check_collisions, "collision";
    signatures_agree: check_signatures, "signature";
    keys_from_passphrases_agree: check_stretchings, "password";
    files_under_a_passphrase_agree: check_files, "passphrase_file";
}

fn vectors(json: &str) -> Vec<Value> {
    let vectors: Vec<Value> = serde_json::from_str(json).expect("a list");
    assert!(!vectors.is_empty());
    vectors
}

pub(crate) fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field]
        .as_str()
        .unwrap_or_else(|| panic!("no text in {field}"))
}

pub(crate) fn number(vector: &Value, field: &str) -> u32 {
    let number = vector[field]
        .as_u64()
        .unwrap_or_else(|| panic!("no number in {field}"));
    u32::try_from(number).expect("a small number")
}

pub(crate) fn params(vector: &Value) -> Argon2Params {
    Argon2Params::new(
        number(vector, "memory_kib"),
        number(vector, "iterations"),
        number(vector, "parallelism"),
    )
    .expect("within bounds")
}

pub(crate) fn with_field(transcript: Transcript, field: &Value) -> Transcript {
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

fn check_transcripts(file: &str) {
    for vector in vectors(file) {
        let mut tags = Tag::ALL.iter();
        let tag = tags.find(|tag| tag.as_str() == text(&vector, "tag"));
        let fields = vector["fields"].as_array().unwrap();
        let transcript = fields
            .iter()
            .fold(Transcript::new(*tag.expect("a tag")), with_field);
        assert_eq!(hex::encode(transcript.digest()), text(&vector, "digest"));
        assert_eq!(
            hex::encode(transcript.into_bytes()),
            text(&vector, "encoding")
        );
    }
}

fn check_derivations(file: &str) {
    for vector in vectors(file) {
        let secret = bytes(text(&vector, "secret"));
        let salt = bytes(text(&vector, "salt"));
        let info = || Transcript::new(Tag::Example).u64(number(&vector, "u64").into());
        assert_eq!(hex::encode(info().into_bytes()), text(&vector, "info"));
        assert_eq!(
            hex::encode(kdf::derive_key(&secret, &salt, info())),
            text(&vector, "key")
        );
        for curve in CurveId::ALL.iter().copied() {
            let derived = on_curve!(curve, C => {
                kdf::derive_scalar::<C>(&secret, &salt, info()).to_bytes()
            });
            assert_eq!(hex::encode(derived), text(&vector, curve.name()));
        }
    }
}

fn check_boxes(file: &str) {
    for vector in vectors(file) {
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
        for (name, value) in between(&vector, &sealed) {
            assert_eq!(value, text(&vector, name), "{name}");
        }
        let opened = sealed_box::open(&secret, context(&field), &sealed).unwrap();
        assert_eq!(*opened, plaintext);
    }
}

/// What lies between the inputs of a box and its bytes: steps 3.1 to 3.3 of the specification.
pub(crate) fn between(case: &Value, sealed: &[u8]) -> [(&'static str, String); 4] {
    let secret: SecretScalar<Secp256k1> = scalar(text(case, "secret_key"));
    let recipient = BoxSecretKey::from_scalar(secret.clone())
        .unwrap()
        .public_key();
    let context = context(&bytes(text(case, "context"))).into_bytes();
    let mixed = Transcript::new(Tag::BoxEphemeral)
        .bytes(&recipient.to_bytes())
        .bytes(&context)
        .bytes(&bytes(text(case, "plaintext")));
    let info = Transcript::new(Tag::BoxEphemeral).bytes(&mixed.digest());
    let e = kdf::derive_scalar::<Secp256k1>(&bytes(text(case, "fresh")), b"", info);
    let E = Secp256k1::mul_by_generator(e.expose_secret());
    assert_eq!(E.to_bytes()[..], sealed[..33]);
    let Z = (E * secret.expose_secret()).to_bytes();
    let info = Transcript::new(Tag::SealedBox)
        .bytes(&sealed[..33])
        .bytes(&recipient.to_bytes())
        .bytes(&context);
    let mut okm = [0; 64];
    let hkdf = SimpleHkdf::<Sha3_256>::new(None, &Z);
    hkdf.expand(&info.into_bytes(), &mut okm).unwrap();
    [
        ("ephemeral", hex::encode(*e.to_bytes())),
        ("shared_point", hex::encode(Z)),
        ("key", hex::encode(&okm[..32])),
        ("commitment", hex::encode(&okm[32..])),
    ]
}

fn check_seals(file: &str) {
    for vector in vectors(file) {
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

fn check_signatures(file: &str) {
    for vector in vectors(file) {
        let scheme = Scheme::from_name(text(&vector, "scheme")).expect("a scheme");
        let message = bytes(text(&vector, "message"));
        let secret = text(&vector, "secret_key");
        let sign = |input| match scheme.curve() {
            CurveId::Ed25519 => sign(scheme, &scalar::<Ed25519>(secret), input),
            CurveId::P256 => sign(scheme, &scalar::<P256>(secret), input),
            CurveId::Secp256k1 => sign(scheme, &scalar::<Secp256k1>(secret), input),
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

fn check_stretchings(file: &str) {
    for vector in vectors(file) {
        let (salt, params) = (array(text(&vector, "salt")), params(&vector));
        let key = password::derive(&bytes(text(&vector, "password")), &salt, params).unwrap();
        assert_eq!(hex::encode(key), text(&vector, "key"));
    }
}

fn check_files(file: &str) {
    for vector in vectors(file) {
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

fn check_refused_boxes(file: &str) {
    for vector in vectors(file) {
        let key = box_key(text(&vector, "secret_key"));
        let context = context(&bytes(text(&vector, "context")));
        let opened = sealed_box::open(&key, context, &bytes(text(&vector, "sealed")));
        assert_eq!(opened.is_ok(), vector["opens"], "{}", text(&vector, "name"));
    }
}

fn check_refused_seals(file: &str) {
    for vector in vectors(file) {
        let key = SymmetricKey::from_bytes(array(text(&vector, "key")).into());
        let context = context(&bytes(text(&vector, "context")));
        let opened = symmetric::open(&key, context, &bytes(text(&vector, "sealed")));
        assert_eq!(opened.is_ok(), vector["opens"], "{}", text(&vector, "name"));
    }
}

/// One ciphertext and tag that are valid under two keys: each opens with its own commitment only.
fn check_collisions(file: &str) {
    for vector in vectors(file) {
        let context = || Transcript::new(Tag::Example).bytes(b"collision");
        for (i, sealed) in vector["sealed"].as_array().unwrap().iter().enumerate() {
            let sealed = bytes(sealed.as_str().unwrap());
            for (j, key) in vector["keys"].as_array().unwrap().iter().enumerate() {
                let key = key.as_str().unwrap();
                let opened = if text(&vector, "kind") == "symmetric" {
                    let key = SymmetricKey::from_bytes(array(key).into());
                    symmetric::open(&key, context(), &sealed).is_ok()
                } else {
                    sealed_box::open(&box_key(key), context(), &sealed).is_ok()
                };
                assert_eq!(opened, i == j, "seal {i}, key {j}");
            }
        }
    }
}
