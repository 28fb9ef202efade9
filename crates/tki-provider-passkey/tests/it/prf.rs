//! The function, against published cases and pinned ones.

use alloc::collections::BTreeSet;

use tki_provider_passkey::{
    OPENING_INPUT, Passkey, Prf, PrfAuthenticator as _, SoftwareAuthenticator, hmac_secret,
    prf_salt,
};
use tki_seal::kdf;
use tki_seal::transcript::{Tag, Transcript};

fn bytes(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

/// The cases of WebAuthn level 3, section 16.17.1: input, salt, output for one `CredRandom`.
const CRED_RANDOM: &str = "437e065e723a98b2f08f39d8baf7c53ecb3c363c5e5104bdaaf5d5ca2e028154";
const PUBLISHED: &[(u8, &str, &str)] = &[
    (
        2,
        "527413ebb48293772df30f031c5ac4650c7de14bf9498671ae163447b6a772b3",
        "3c33e07d202c3b029cc21f1722767021bf27d595933b3d2b6a1b9d5dddc77fae",
    ),
    (
        3,
        "d68ac03329a10ee5e0ec834492bb9a96a0e547baf563bf78ccbe8789b22e776b",
        "a62a8773b19cda90d7ed4ef72a80a804320dbd3997e2f663805ad1fd3293d50b",
    ),
];

#[test]
fn the_published_cases_of_webauthn_hold() {
    for (number, salt, output) in PUBLISHED {
        let mut input = b"WebAuthn PRF test vectors".to_vec();
        input.push(*number);
        assert_eq!(prf_salt(&input), bytes(salt));
        assert_eq!(
            *hmac_secret(&bytes(CRED_RANDOM), &bytes(salt)),
            bytes(output)
        );
    }
}

/// Computed with Python's `hashlib` and `hmac`: `CredRandom` of 32 equal bytes, input, output.
const PINNED: &[(u8, &[u8], &str)] = &[
    (
        0x00,
        b"",
        "1f798e25a2b73774247bc031549d5ec36f7e6536695ddd848a852332ab1b1a2f",
    ),
    (
        0x01,
        b"tki/v1/opening",
        "b3effcfbf0dc7e28db897069360be233e1e0d78f5129a1230de1fe82c71c4654",
    ),
    (
        0xff,
        b"tki/v1/opening",
        "e52a0a216f0a7d4c7c9e5cfb05cf95d60c8e7e22fa42e37c735aaeae72ec7fc8",
    ),
    (
        0x42,
        b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f !\x22#$%&'()*+,-./0123456789:;<=>?",
        "c085d25eacb8a4e04e9e20a9546db77575e38544e0966cf557fdffa204d95ecf",
    ),
];

#[test]
fn pinned_outputs_stay() {
    for (byte, input, output) in PINNED {
        assert_eq!(*hmac_secret(&[*byte; 32], &prf_salt(input)), bytes(output));
    }
}

#[test]
fn salts_of_different_inputs_differ() {
    let inputs: [&[u8]; 5] = [b"", b"\0", b"a", b"a\0", OPENING_INPUT];
    let salts: BTreeSet<[u8; 32]> = inputs.into_iter().map(prf_salt).collect();
    assert_eq!(salts.len(), inputs.len());
}

/// The specification once more: the seed follows from the output by one derivation.
#[tokio::test]
async fn the_opening_seed_is_what_the_specification_says() {
    let mut rng = tki_testkit::rng("opening seed");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passkeys");
    let keys = SoftwareAuthenticator::create(&path, None, Prf::Available, &mut rng).unwrap();
    let made = Passkey::make(&keys, "one", &mut rng).await.unwrap();

    let output = keys.evaluate(&made.credential, b"tki/v1/opening");
    let output = output.await.unwrap();
    let info = Transcript::new(Tag::PasskeySeed);
    let seed = kdf::derive_key(output.as_slice(), b"", info);
    assert_eq!(made.seed.expose_secret(), &*seed);
}
