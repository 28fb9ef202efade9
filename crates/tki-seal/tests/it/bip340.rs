//! BIP-340 keys: what verifies, and what does not.

use tki_math::SecretScalar;
use tki_seal::bip340::{InvalidSignature, PublicKey, Signature, SigningKey};
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
