//! Sealed boxes, symmetric seals, public keys and signatures.

use std::sync::OnceLock;

use tki_math::{Curve as _, SecretScalar};
use tki_seal::bip340::{PublicKey, Signature, SigningKey};
use tki_seal::curve::{SealCurve as _, Secp256k1};
use tki_seal::ed25519_seed::scalar_from_seed;
use tki_seal::on_curve;
use tki_seal::sealed_box::{self, BoxPublicKey, BoxSecretKey};
use tki_seal::signature::{self, Input, Scheme, SignatureError};
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};

use crate::Target;
use crate::inputs::{array, choice, chosen, flipped, rng};
use crate::memory::bounded;

pub(crate) const BOXES: Target = Target {
    name: "seal_boxes",
    run: boxes,
    seeds: box_seeds,
};

pub(crate) const KEYS: Target = Target {
    name: "seal_keys",
    run: keys,
    seeds: key_seeds,
};

/// Two keys, and what was sealed under each: nothing else ever opens.
struct Sealed {
    secret: BoxSecretKey,
    key: SymmetricKey,
    boxes: Vec<Vec<u8>>,
    seals: Vec<Vec<u8>>,
}

fn context() -> Transcript {
    Transcript::new(Tag::Example).bytes(b"fuzz")
}

fn sealed() -> &'static Sealed {
    static SEALED: OnceLock<Sealed> = OnceLock::new();
    SEALED.get_or_init(|| {
        let mut rng = rng(3);
        let secret = BoxSecretKey::random(&mut rng);
        let key = SymmetricKey::random(&mut rng);
        let plaintexts: [&[u8]; 3] = [b"", b"plaintext", &[0xa5; 200]];
        let public = secret.public_key();
        let boxes = plaintexts.map(|text| sealed_box::seal(&public, context(), text, &mut rng));
        let seals = plaintexts.map(|text| symmetric::seal(&key, context(), text, &mut rng));
        Sealed {
            secret,
            key,
            boxes: boxes.to_vec(),
            seals: seals.to_vec(),
        }
    })
}

fn boxes(data: &[u8]) {
    let known = sealed();
    let (choice, data) = choice(data);
    match choice % 4 {
        0 => {
            let opened = bounded(data.len(), || {
                sealed_box::open(&known.secret, context(), data)
            });
            assert_eq!(
                opened.is_ok(),
                known.boxes.iter().any(|sealed| sealed == data)
            );
        }
        1 => {
            let opened = bounded(data.len(), || symmetric::open(&known.key, context(), data));
            assert_eq!(
                opened.is_ok(),
                known.seals.iter().any(|sealed| sealed == data)
            );
        }
        2 => {
            let sealed = sealed_box::seal(&known.secret.public_key(), context(), data, &mut rng(4));
            let open = |sealed: &[u8]| sealed_box::open(&known.secret, context(), sealed);
            check_seal(data, &sealed, sealed_box::OVERHEAD, |sealed| {
                open(sealed).ok().map(|opened| opened.to_vec())
            });
        }
        _ => {
            let sealed = symmetric::seal(&known.key, context(), data, &mut rng(4));
            check_seal(data, &sealed, symmetric::OVERHEAD, |sealed| {
                symmetric::open(&known.key, context(), sealed)
                    .ok()
                    .map(|opened| opened.to_vec())
            });
        }
    }
}

/// What was sealed opens; with one bit changed, at a place that the content chooses, it does not.
fn check_seal(
    data: &[u8],
    sealed: &[u8],
    overhead: usize,
    open: impl Fn(&[u8]) -> Option<Vec<u8>>,
) {
    assert_eq!(sealed.len(), data.len() + overhead);
    assert_eq!(open(sealed).as_deref(), Some(data));
    let place = usize::from(u16::from_le_bytes(array(data))) % sealed.len();
    let changed = flipped(sealed, place, choice(data).0).expect("inside");
    assert_eq!(open(&changed), None);
}

fn box_seeds() -> Vec<Vec<u8>> {
    let known = sealed();
    [
        chosen(0, known.boxes.clone()),
        chosen(1, known.seals.clone()),
        chosen(2, [b"plaintext".to_vec()]),
        chosen(3, [b"plaintext".to_vec()]),
    ]
    .concat()
}

/// Choice of scheme; 64 bytes of signature; the key; the message is fixed.
fn keys(data: &[u8]) {
    let (choice, data) = choice(data);
    let signature: [u8; 64] = array(data);
    let key = data.get(64..).unwrap_or_default();
    check_box_key(&array(key));
    check_bip340(&array(key), &signature);
    drop(scalar_from_seed(&array(key)));

    let scheme = *Scheme::ALL
        .get(usize::from(choice) % Scheme::ALL.len())
        .expect("taken modulo their number");
    assert_eq!(Scheme::from_name(scheme.name()), Some(scheme));
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(Scheme::from_name(text).is_none_or(|scheme| scheme.name() == text));
    }
    let verified = bounded(data.len(), || {
        signature::verify(scheme, key, Input::Message(MESSAGE), &signature)
    });
    if verified.is_ok() {
        let (known, made) = signed(scheme);
        // BIP-340 has no parity, and takes the key with and without it.
        let same_key = *key == *known || scheme == Scheme::Bip340 && key.ends_with(&known[1..]);
        assert!(same_key, "only one key signed");
        assert!(
            signature == made || is_ecdsa(scheme),
            "a signature was forged"
        );
    }
    let digest = signature::verify(scheme, key, Input::Digest([7; 32]), &signature);
    assert!(digest.is_err(), "this digest was never signed");
    if scheme == Scheme::Ed25519 {
        assert_eq!(digest, Err(SignatureError::Unsupported));
    }
}

fn is_ecdsa(scheme: Scheme) -> bool {
    matches!(
        scheme,
        Scheme::EcdsaKeccak256 | Scheme::EcdsaP256Sha256 | Scheme::EcdsaSha256
    )
}

fn check_box_key(bytes: &[u8; 33]) {
    let uncompressed = Secp256k1::uncompressed(bytes);
    match BoxPublicKey::from_bytes(bytes) {
        Ok(key) => {
            assert_eq!(key.to_bytes(), *bytes);
            assert_eq!(
                Secp256k1::decode_point(bytes).is_some(),
                uncompressed.is_some()
            );
        }
        Err(_) => assert_eq!(uncompressed, None),
    }
}

fn check_bip340(key: &[u8; 32], signature: &[u8; 64]) {
    let public = PublicKey::from_bytes(*key);
    assert_eq!(public.to_bytes(), *key);
    let signature = Signature::from_bytes(*signature);
    let verified = public.verify(&[7; 32], &signature);
    assert!(verified.is_err(), "this digest was never signed");
    let mut even = [2; 33];
    even[1..].copy_from_slice(key);
    assert_eq!(
        public.validate().is_ok(),
        BoxPublicKey::from_bytes(&even).is_ok()
    );
}

const MESSAGE: &[u8] = b"a message that is signed once";

/// The one key of a scheme, and its one signature.
fn signed(scheme: Scheme) -> (Vec<u8>, [u8; 64]) {
    on_curve!(scheme.curve(), C => {
        let secret = SecretScalar::<C>::random(&mut rng(5));
        let made = signature::sign(scheme, &secret, Input::Message(MESSAGE)).expect("signs");
        let key = tki_math::VerifyingKey::from_secret(&secret).expect("not zero");
        (key.to_bytes(), made.to_bytes())
    })
}

fn key_seeds() -> Vec<Vec<u8>> {
    let schemes = Scheme::ALL.iter().zip(0_u8..);
    let mut seeds: Vec<Vec<u8>> = schemes
        .map(|(scheme, choice)| {
            let (key, signature) = signed(*scheme);
            [vec![choice], signature.to_vec(), key].concat()
        })
        .collect();
    let public = SigningKey::random(&mut rng(6)).public_key();
    seeds.push([vec![0; 65], public.to_bytes().to_vec()].concat());
    seeds
}
