//! What is sealed opens with the same key and context, and with nothing else.

use rand_core::Rng as _;
use tki_math::SecretScalar;
use tki_seal::curve::InvalidKey;
use tki_seal::sealed_box::{self, BoxPublicKey, BoxSecretKey, OpenError};
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};

use crate::support::{Fixed, box_key, context};

const LENGTHS: [usize; 8] = [0, 1, 15, 16, 17, 64, 65, 5000];

/// The two kinds of seal, seen alike.
struct Kind {
    name: &'static str,
    overhead: usize,
    seal: fn(Transcript, &[u8], &mut dyn rand_core::CryptoRng) -> Vec<u8>,
    open: fn(Transcript, &[u8]) -> Result<Vec<u8>, OpenError>,
    open_with_another_key: fn(Transcript, &[u8]) -> Result<Vec<u8>, OpenError>,
}

fn box_with(byte: &str) -> BoxSecretKey {
    box_key(&byte.repeat(32))
}

fn key_with(byte: u8) -> SymmetricKey {
    SymmetricKey::from_bytes([byte; 32].into())
}

const KINDS: [Kind; 2] = [
    Kind {
        name: "sealed box",
        overhead: sealed_box::OVERHEAD,
        seal: |context, plaintext, rng| {
            sealed_box::seal(&box_with("42").public_key(), context, plaintext, rng)
        },
        open: |context, sealed| {
            sealed_box::open(&box_with("42"), context, sealed).map(|plaintext| plaintext.to_vec())
        },
        open_with_another_key: |context, sealed| {
            sealed_box::open(&box_with("43"), context, sealed).map(|plaintext| plaintext.to_vec())
        },
    },
    Kind {
        name: "symmetric seal",
        overhead: symmetric::OVERHEAD,
        seal: |context, plaintext, rng| symmetric::seal(&key_with(42), context, plaintext, rng),
        open: |context, sealed| {
            symmetric::open(&key_with(42), context, sealed).map(|plaintext| plaintext.to_vec())
        },
        open_with_another_key: |context, sealed| {
            symmetric::open(&key_with(43), context, sealed).map(|plaintext| plaintext.to_vec())
        },
    },
];

#[test]
fn what_is_sealed_opens() {
    for kind in KINDS {
        let mut rng = tki_testkit::rng(kind.name);
        for length in LENGTHS {
            let mut plaintext = vec![0; length];
            rng.fill_bytes(&mut plaintext);
            let sealed = (kind.seal)(context(b"context"), &plaintext, &mut rng);
            assert_eq!(sealed.len(), length + kind.overhead);
            assert_eq!((kind.open)(context(b"context"), &sealed), Ok(plaintext));
        }
    }
}

#[test]
fn another_key_or_context_does_not_open() {
    for kind in KINDS {
        let mut rng = tki_testkit::rng(kind.name);
        let sealed = (kind.seal)(context(b"context"), b"plaintext", &mut rng);
        assert_eq!(
            (kind.open_with_another_key)(context(b"context"), &sealed),
            Err(OpenError)
        );
        for other in [
            context(b""),
            context(b"Context"),
            context(b"context").bytes(b""),
            Transcript::new(Tag::Document).bytes(b"context"),
        ] {
            assert_eq!((kind.open)(other, &sealed), Err(OpenError));
        }
    }
}

#[test]
fn no_changed_byte_opens() {
    for kind in KINDS {
        let mut rng = tki_testkit::rng(kind.name);
        let sealed = (kind.seal)(context(b"context"), b"plaintext", &mut rng);
        for position in 0..sealed.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut changed = sealed.clone();
                changed[position] ^= flip;
                let opened = (kind.open)(context(b"context"), &changed);
                assert_eq!(opened, Err(OpenError), "{} at {position}", kind.name);
            }
        }
    }
}

#[test]
fn no_truncation_and_no_extension_opens() {
    for kind in KINDS {
        let mut rng = tki_testkit::rng(kind.name);
        let sealed = (kind.seal)(context(b"context"), b"plaintext", &mut rng);
        for length in 0..sealed.len() {
            assert_eq!(
                (kind.open)(context(b"context"), &sealed[..length]),
                Err(OpenError)
            );
            assert_eq!(
                (kind.open)(context(b"context"), &sealed[sealed.len() - length..]),
                Err(OpenError)
            );
        }
        let mut extended = sealed.clone();
        extended.push(0);
        assert_eq!((kind.open)(context(b"context"), &extended), Err(OpenError));
    }
}

/// The parts of two seals, put together in every way: a swapped commitment is refused, whatever the
/// rest is.
#[test]
fn no_mixture_of_two_seals_opens() {
    for kind in KINDS {
        let mut rng = tki_testkit::rng(kind.name);
        let header = kind.overhead - 48;
        let seals = [b"plaintext", b"PLAINTEXT"]
            .map(|plaintext| (kind.seal)(context(b"context"), plaintext, &mut rng));
        let ranges = [0..header, header..header + 32, header + 32..seals[0].len()];
        for choice in 0..8_usize {
            let mixed: Vec<u8> = ranges
                .iter()
                .enumerate()
                .flat_map(|(part, range)| seals[choice >> part & 1][range.clone()].to_vec())
                .collect();
            let opened = (kind.open)(context(b"context"), &mixed);
            assert_eq!(
                opened.is_ok(),
                choice == 0 || choice == 7,
                "{} {choice}",
                kind.name
            );
        }
    }
}

/// A machine that is restored draws the same randomness again. What it seals then has no keystream
/// in common with what it sealed before, unless it is the very same.
#[test]
fn repeated_randomness_repeats_no_keystream() {
    for kind in KINDS {
        let seal = |field: &[u8], plaintext: &[u8]| {
            (kind.seal)(context(field), plaintext, &mut Fixed::new(vec![7; 32]))
        };
        let first = seal(b"context", b"plaintext");
        assert_eq!(first, seal(b"context", b"plaintext"));
        for other in [
            seal(b"context", b"Plaintext"),
            seal(b"Context", b"plaintext"),
        ] {
            assert_ne!(first[..32], other[..32], "{}", kind.name);
        }
    }
}

/// Bytes that were never sealed.
#[test]
fn no_made_up_bytes_open() {
    for kind in KINDS {
        let mut rng = tki_testkit::rng(kind.name);
        for length in 0..200 {
            let mut made_up = vec![0; length];
            assert_eq!((kind.open)(context(b""), &made_up), Err(OpenError));
            rng.fill_bytes(&mut made_up);
            assert_eq!((kind.open)(context(b""), &made_up), Err(OpenError));
        }
    }
}

/// The identity as ephemeral key would make the shared point known to everyone.
#[test]
fn an_ephemeral_identity_does_not_open() {
    let sealed = sealed_box::seal(
        &box_with("42").public_key(),
        context(b""),
        b"",
        &mut Fixed::new(vec![7; 32]),
    );
    let mut changed = sealed;
    changed[..33].fill(0);
    assert_eq!(
        sealed_box::open(&box_with("42"), context(b""), &changed),
        Err(OpenError)
    );
}

#[test]
fn zero_and_the_identity_are_no_box_keys() {
    let zero = SecretScalar::new(k256::Scalar::ZERO);
    assert_eq!(BoxSecretKey::from_scalar(zero).err(), Some(InvalidKey));
    assert_eq!(BoxPublicKey::from_bytes(&[0; 33]).err(), Some(InvalidKey));
    assert_eq!(BoxPublicKey::from_bytes(&[2; 33]).map(|_| ()), Ok(()));
    // x = 5 is on no point of the curve.
    let mut bytes = [0; 33];
    bytes[0] = 2;
    bytes[32] = 5;
    assert_eq!(BoxPublicKey::from_bytes(&bytes).err(), Some(InvalidKey));
}

#[test]
fn public_keys_survive_their_encoding_and_order_by_it() {
    let mut rng = tki_testkit::rng("public keys");
    let mut keys: Vec<BoxPublicKey> = (0..8)
        .map(|_| BoxSecretKey::random(&mut rng).public_key())
        .collect();
    for key in &keys {
        assert_eq!(BoxPublicKey::from_bytes(&key.to_bytes()), Ok(*key));
        assert!(format!("{key:?}").contains(&hex::encode(key.to_bytes())));
    }
    keys.sort();
    let mut bytes: Vec<[u8; 33]> = keys.iter().map(BoxPublicKey::to_bytes).collect();
    assert!(bytes.is_sorted());
    bytes.dedup();
    assert_eq!(bytes.len(), 8);
}

#[test]
fn random_keys_are_not_alike() {
    use subtle::ConstantTimeEq as _;

    let mut rng = tki_testkit::rng("symmetric keys");
    let [one, other] = [(); 2].map(|()| SymmetricKey::random(&mut rng));
    assert!(!bool::from(one.ct_eq(&other)));
    let copy = SymmetricKey::from_bytes((*one.expose_secret()).into());
    assert!(bool::from(one.ct_eq(&copy)));
}
