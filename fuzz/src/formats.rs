//! What people write down and what other programs write: words, addresses, private keys.

use tki_formats::address;
use tki_formats::armour;
use tki_formats::words::{self, COUNT, WordsError};
use tki_formats::{PrivateKey, PrivateKeyError};
use tki_seal::curve::{CurveId, SealCurve as _, Secp256k1};

use crate::Target;
use crate::inputs::array;
use crate::memory::bounded;

pub(crate) const ADDRESSES: Target = Target {
    name: "formats_addresses",
    run: addresses,
    seeds: address_seeds,
};

pub(crate) const ARMOUR: Target = Target {
    name: "formats_armour",
    run: read_armour,
    seeds: armour_seeds,
};

pub(crate) const PRIVATE_KEYS: Target = Target {
    name: "formats_private_keys",
    run: private_keys,
    seeds: private_key_seeds,
};

pub(crate) const WORDS: Target = Target {
    name: "formats_words",
    run: read_words,
    seeds: word_seeds,
};

fn addresses(data: &[u8]) {
    let key: [u8; 33] = array(data);
    match address::evm(&key) {
        Ok(address) => {
            assert!(Secp256k1::uncompressed(&key).is_some());
            assert_eq!(address.len(), 42);
            assert!(address.starts_with("0x"));
        }
        Err(_) => assert_eq!(Secp256k1::uncompressed(&key), None),
    }
    let solana = address::solana(&array(data));
    assert!((32..=44).contains(&solana.len()));
}

/// Any bytes as text, and as content.
fn read_armour(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(read) = bounded(data.len(), || armour::decode(text))
    {
        let again = armour::encode(&read.kind, &read.content);
        let again = armour::decode(&again).expect("our own text");
        assert_eq!((again.kind, again.content), (read.kind, read.content));
    }
    let written = armour::encode("FUZZ", data);
    if written.len() <= armour::MAX_TEXT {
        let read = armour::decode(&written).expect("our own text");
        assert_eq!(read.content.as_slice(), data);
    }
}

fn armour_seeds() -> Vec<Vec<u8>> {
    [&b""[..], b"content", &[7; 100]]
        .map(|content| armour::encode("JOIN REQUEST", content).as_bytes().to_vec())
        .to_vec()
}

fn read_words(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match bounded(data.len(), || words::decode(&text)) {
        Ok(seed) => {
            let written = words::encode(&seed);
            assert_eq!(*words::decode(&written).expect("our own words"), *seed);
        }
        Err(WordsError::UnknownWord { position, near }) => {
            assert!(position >= 1 && near.len() <= 5);
            // What is suggested is in the list: alone, it is too few words and not an unknown one.
            for word in near {
                assert_eq!(
                    words::decode(word).err(),
                    Some(WordsError::WrongCount { found: 1 })
                );
            }
        }
        Err(WordsError::WrongCount { found }) => assert_ne!(found, COUNT),
        Err(_) => {}
    }
    // Looking for 24 words in the list is what an input costs, so long ones are read only once.
    if data.len() > 32 {
        return;
    }
    let seed: [u8; 32] = array(data);
    let written = words::encode(&seed);
    assert_eq!(written.split(' ').count(), COUNT);
    assert_eq!(*words::decode(&written).expect("our own words"), seed);
}

/// Any bytes as a file and, if they are a text, as digits.
fn private_keys(data: &[u8]) {
    // PEM is decoded into a buffer of its own, and a key is a few boxes.
    if let Ok(key) = bounded(data.len(), || PrivateKey::from_pkcs8(data)) {
        check_private_key(&key);
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for curve in CurveId::ALL.iter().copied() {
        if let Ok(key) = bounded(data.len(), || PrivateKey::from_hex(curve, text)) {
            assert_eq!(key.curve(), curve);
            check_private_key(&key);
            let digits = text.trim().trim_start_matches("scalar:");
            let digits = digits.trim_start_matches("0x").to_lowercase();
            let written = key.to_hex();
            assert!(digits.starts_with(written.trim_start_matches("scalar:")));
        }
    }
}

/// A key reads back from whatever it writes.
fn check_private_key(key: &PrivateKey) {
    let again = PrivateKey::from_hex(key.curve(), &key.to_hex()).expect("our own digits");
    assert_eq!(again.verifying_key(), key.verifying_key());
    assert_eq!(again.to_hex(), key.to_hex());
    match key.to_pkcs8() {
        Ok(file) => {
            let again = PrivateKey::from_pkcs8(file.as_bytes()).expect("our own file");
            assert_eq!(again.verifying_key(), key.verifying_key());
            assert_eq!(again.to_hex(), key.to_hex());
        }
        Err(error) => {
            assert_eq!(error, PrivateKeyError::NoSeed);
            assert!(key.is_scalar_only());
        }
    }
}

/// What stands between the lines of a PEM file.
fn der(pem: &str) -> Vec<u8> {
    let letters = pem.lines().filter(|line| !line.starts_with('-'));
    let mut bits = 0_u32;
    let mut count = 0;
    let mut bytes = Vec::new();
    for letter in letters.flat_map(str::bytes) {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

fn private_key_seeds() -> Vec<Vec<u8>> {
    let digits = "0000000000000000000000000000000000000000000000000000000000000007";
    let scalar = "scalar:0700000000000000000000000000000000000000000000000000000000000000";
    let mut seeds = vec![
        format!(" 0x{digits}\n").into_bytes(),
        scalar.as_bytes().to_vec(),
    ];
    for curve in [CurveId::Secp256k1, CurveId::Ed25519] {
        let key = PrivateKey::from_hex(curve, digits).expect("a key");
        let file = key.to_pkcs8().expect("its seed is known");
        assert!(PrivateKey::from_pkcs8(&der(&file)).is_ok());
        seeds.push(der(&file));
        seeds.push(file.as_bytes().to_vec());
    }
    seeds
}

fn address_seeds() -> Vec<Vec<u8>> {
    let key = crate::math::POINTS.seeds;
    key().into_iter().take(1).collect()
}

fn word_seeds() -> Vec<Vec<u8>> {
    let phrase = words::encode(&[7; 32]);
    let numbered: Vec<String> = phrase
        .split(' ')
        .zip(1..)
        .map(|(word, number)| format!("{number:>2}. {word}\n"))
        .collect();
    vec![
        phrase.as_bytes().to_vec(),
        phrase.to_uppercase().into_bytes(),
        format!("# tki\n{}", numbered.concat()).into_bytes(),
        phrase.replacen("scrub", "srcub", 1).into_bytes(),
    ]
}
