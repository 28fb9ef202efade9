//! BIP-340 keys: what verifies, and what does not.

use tki_math::SecretScalar;
use tki_seal::bip340::{InvalidSignature, PublicKey, Signature, SigningKey, Statement, verify_all};
use tki_seal::curve::InvalidKey;

#[test]
fn what_is_signed_verifies() {
    let mut rng = tki_testkit::rng("bip340");
    for message in 0..16_u8 {
        let key = SigningKey::random(&mut rng);
        let signature = key.sign(&[message; 32]);
        assert_eq!(key.public_key().validate(), Ok(()));
        assert_eq!(key.public_key().verify(&[message; 32], &signature), Ok(()));
        assert_eq!(key.sign(&[message; 32]), signature, "is deterministic");
        assert_eq!(
            key.sign_message(&[message; 32]),
            signature,
            "32 bytes are 32 bytes"
        );
    }
}

#[test]
fn no_other_digest_key_or_signature_verifies() {
    let mut rng = tki_testkit::rng("bip340");
    let key = SigningKey::random(&mut rng);
    let public_key = key.public_key();
    let signature = key.sign(&[1; 32]);
    assert_eq!(
        public_key.verify(&[2; 32], &signature),
        Err(InvalidSignature)
    );
    assert_eq!(
        public_key.verify_message(&[1; 31], &signature),
        Err(InvalidSignature)
    );
    for position in 0..64 {
        let mut bytes = signature.to_bytes();
        bytes[position] ^= 1;
        let changed = Signature::from_bytes(bytes);
        assert_eq!(public_key.verify(&[1; 32], &changed), Err(InvalidSignature));
    }
    for position in 0..32 {
        let mut bytes = public_key.to_bytes();
        bytes[position] ^= 1;
        let changed = PublicKey::from_bytes(bytes);
        assert_eq!(changed.verify(&[1; 32], &signature), Err(InvalidSignature));
    }
    for bytes in [[0; 64], [0xff; 64]] {
        let made_up = Signature::from_bytes(bytes);
        assert_eq!(public_key.verify(&[1; 32], &made_up), Err(InvalidSignature));
    }
}

/// A public key is not looked at until it verifies; one that is no x coordinate verifies nothing.
#[test]
fn bytes_that_are_no_key_verify_nothing() {
    let mut rng = tki_testkit::rng("bip340");
    let signature = SigningKey::random(&mut rng).sign(&[1; 32]);
    let mut five = [0; 32];
    five[31] = 5;
    for bytes in [[0; 32], [0xff; 32], five] {
        let key = PublicKey::from_bytes(bytes);
        assert_eq!(key.validate(), Err(InvalidKey));
        assert_eq!(key.verify(&[1; 32], &signature), Err(InvalidSignature));
    }
}

#[test]
fn zero_is_no_key() {
    let zero = SecretScalar::new(k256::Scalar::ZERO);
    assert_eq!(SigningKey::from_scalar(zero).err(), Some(InvalidKey));
}

/// A scalar and its negative are one key, since only the x coordinate is public.
#[test]
fn a_scalar_and_its_negative_are_one_key() {
    let scalar = k256::Scalar::from(12_345_u64);
    let keys = [scalar, -scalar].map(|s| SigningKey::from_scalar(SecretScalar::new(s)).unwrap());
    assert_eq!(keys[0].public_key(), keys[1].public_key());
    assert_eq!(keys[0].sign(&[9; 32]), keys[1].sign(&[9; 32]));
}

/// True statements by different keys over different digests.
fn statements(count: u8) -> Vec<Statement> {
    let mut rng = tki_testkit::rng("bip340 batch");
    let make = |number| {
        let key = SigningKey::random(&mut rng);
        let digest = [number; 32];
        Statement {
            key: key.public_key(),
            digest,
            signature: key.sign(&digest),
        }
    };
    (0..count).map(make).collect()
}

#[test]
fn any_number_of_true_statements_verify_together() {
    for count in [0, 1, 2, 3, 8, 33] {
        assert_eq!(verify_all(&statements(count)), Ok(()), "{count}");
    }
    let mut twice = statements(2);
    twice.extend_from_within(..);
    assert_eq!(verify_all(&twice), Ok(()), "the same statements twice");
}

/// Each byte of key, digest and signature of each statement, and what is no key or signature.
#[test]
fn one_false_statement_among_true_ones_is_noticed() {
    let all = statements(3);
    for position in 0..all.len() {
        for byte in 0..128 {
            let mut changed = all.clone();
            let one = &mut changed[position];
            let mut key = one.key.to_bytes();
            let mut signature = one.signature.to_bytes();
            match byte {
                0..32 => key[byte] ^= 1,
                32..64 => one.digest[byte - 32] ^= 1,
                _ => signature[byte - 64] ^= 1,
            }
            one.key = PublicKey::from_bytes(key);
            one.signature = Signature::from_bytes(signature);
            assert_eq!(one.verify(), Err(InvalidSignature));
            assert_eq!(verify_all(&changed), Err(InvalidSignature));
        }
        for bytes in [[0; 64], [0xff; 64]] {
            let mut changed = all.clone();
            changed[position].signature = Signature::from_bytes(bytes);
            assert_eq!(verify_all(&changed), Err(InvalidSignature));
        }
    }
}

/// What an attacker tries who knows that the sides are added up: two errors that cancel without
/// weights, and signatures of each other.
#[test]
fn errors_that_cancel_each_other_are_noticed() {
    let all = statements(2);
    let scalar = |bytes: &[u8; 64]| {
        let half: [u8; 32] = bytes[32..].try_into().unwrap();
        Option::<k256::Scalar>::from(ff::PrimeField::from_repr(half.into())).unwrap()
    };
    let with_scalar = |signature: Signature, s: k256::Scalar| {
        let mut bytes = signature.to_bytes();
        bytes[32..].copy_from_slice(&s.to_bytes());
        Signature::from_bytes(bytes)
    };
    let mut cancelling = all.clone();
    let [one, other] = [0, 1].map(|position| scalar(all[position].signature.as_bytes()));
    cancelling[0].signature = with_scalar(all[0].signature, one + k256::Scalar::ONE);
    cancelling[1].signature = with_scalar(all[1].signature, other - k256::Scalar::ONE);
    assert_eq!(verify_all(&cancelling), Err(InvalidSignature));

    let mut exchanged = all.clone();
    exchanged[0].signature = all[1].signature;
    exchanged[1].signature = all[0].signature;
    assert_eq!(verify_all(&exchanged), Err(InvalidSignature));
}
