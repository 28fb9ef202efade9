//! What people write down and read out: words and addresses.

use tki_formats::address;
use tki_formats::words::{self, COUNT, WordsError};
use tki_seal::curve::Secp256k1;

use crate::Target;
use crate::inputs::array;
use crate::memory::bounded;

pub(crate) const ADDRESSES: Target = Target {
    name: "formats_addresses",
    run: addresses,
    seeds: address_seeds,
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
    let seed: [u8; 32] = array(data);
    let written = words::encode(&seed);
    assert_eq!(written.split(' ').count(), COUNT);
    assert_eq!(*words::decode(&written).expect("our own words"), seed);
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
