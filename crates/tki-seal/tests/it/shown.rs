//! What is printed: each error says one thing, signatures show their bytes, and keys are what their
//! bytes are.

use core::hash::{Hash, Hasher as _};
use std::collections::BTreeSet;
use std::hash::DefaultHasher;

use tki_seal::bip340::{self, SigningKey};
use tki_seal::curve::{InvalidKey, P256};
use tki_seal::password::PasswordError;
use tki_seal::sealed_box::{BoxPublicKey, BoxSecretKey, OpenError};
use tki_seal::signature::{Input, Scheme, SignatureError, sign};

use crate::support::scalar;

#[test]
fn every_error_says_what_it_is_in_words_of_its_own() {
    let errors: [&dyn core::error::Error; 10] = [
        &InvalidKey,
        &OpenError,
        &PasswordError::OutOfMemory,
        &PasswordError::ParametersOutOfBounds,
        &PasswordError::PasswordTooLong,
        &SignatureError::Faulty,
        &SignatureError::InvalidKey,
        &SignatureError::InvalidSignature,
        &SignatureError::Unsupported,
        &SignatureError::WrongCurve,
    ];
    let said: BTreeSet<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), errors.len());
    for text in &said {
        assert!(
            text.starts_with(|first: char| first.is_ascii_lowercase()),
            "{text}"
        );
        assert!(!text.ends_with('.'), "{text}");
    }
    // Whoever verifies, by whichever way, is told the same.
    assert_eq!(
        bip340::InvalidSignature.to_string(),
        SignatureError::InvalidSignature.to_string()
    );
}

#[test]
fn signatures_and_public_keys_show_their_bytes() {
    let key = SigningKey::random(&mut tki_testkit::rng("shown"));
    let (public, signature) = (key.public_key(), key.sign(&[7; 32]));
    assert_eq!(public.as_ref(), public.to_bytes());
    assert_eq!(signature.as_ref(), signature.to_bytes());
    let digits = hex::encode(signature.to_bytes());
    assert_eq!(format!("{signature:?}"), format!("Signature({digits})"));

    let key = scalar::<P256>(&"07".repeat(32));
    let made = sign(Scheme::EcdsaP256Sha256, &key, Input::Message(b"m")).unwrap();
    let shown = format!("{made:?}");
    assert!(shown.contains(&hex::encode(made.to_bytes())), "{shown}");
    assert!(shown.contains("recovery_id: Some("), "{shown}");
}

#[test]
fn equal_box_keys_hash_equally() {
    let hash = |key: &BoxPublicKey| {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        hasher.finish()
    };
    let mut rng = tki_testkit::rng("hashed");
    let [one, other] = [(), ()].map(|()| BoxSecretKey::random(&mut rng).public_key());
    let again = BoxPublicKey::from_bytes(&one.to_bytes()).unwrap();
    assert_eq!(hash(&again), hash(&one));
    assert_ne!(hash(&other), hash(&one));
}
