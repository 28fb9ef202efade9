//! The official vectors of BIP-39 (trezor/python-mnemonic, MIT) and SLIP-0039
//! (trezor/python-shamir-mnemonic, MIT), where they can be had: the folder of foreign vectors is
//! named by `TKI_VECTORS`.

use std::path::PathBuf;

use tki_formats::derivation::ExtendedKey;
use tki_formats::slip39::{self, WordShare};
use tki_formats::words;
use tki_seal::curve::CurveId;

#[expect(
    clippy::disallowed_methods,
    reason = "the folder of foreign vectors is given from outside"
)]
#[expect(clippy::print_stdout, reason = "says what did not run")]
fn vectors() -> Option<PathBuf> {
    let folder = std::env::var_os("TKI_VECTORS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped, because TKI_VECTORS is not set");
    }
    folder
}

#[test]
fn words_of_bip_39_are_ours() {
    let Some(folder) = vectors() else { return };
    let text = std::fs::read_to_string(folder.join("bip39/vectors.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();

    let mut checked = 0;
    for vector in all["english"].as_array().unwrap() {
        let entropy = hex::decode(vector[0].as_str().unwrap()).unwrap();
        let phrase = vector[1].as_str().unwrap();
        // Ours are 24 words; what is shorter is refused as such.
        let Ok(seed) = <[u8; 32]>::try_from(entropy) else {
            let found = phrase.split(' ').count();
            assert_eq!(
                words::decode(phrase),
                Err(words::WordsError::WrongCount { found })
            );
            continue;
        };
        assert_eq!(*words::encode(&seed), phrase);
        assert_eq!(*words::decode(phrase).unwrap(), seed);
        checked += 1;
    }
    assert_eq!(checked, 8, "vectors of 24 words");
}

#[test]
fn shares_of_slip_39_open() {
    let Some(folder) = vectors() else { return };
    let text = std::fs::read_to_string(folder.join("slip39/vectors.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();

    let (mut opened, mut refused) = (0, 0);
    for vector in all.as_array().unwrap() {
        let name = vector[0].as_str().unwrap();
        let words = vector[1].as_array().unwrap().iter();
        let shares: Result<Vec<WordShare>, _> = words
            .map(|words| WordShare::decode(words.as_str().unwrap()))
            .collect();
        let secret = shares.and_then(|shares| slip39::open(&shares, "TREZOR"));
        let expected = hex::decode(vector[2].as_str().unwrap()).unwrap();
        if expected.is_empty() {
            assert!(secret.is_err(), "{name}");
            refused += 1;
            continue;
        }
        let secret = secret.expect(name);
        assert_eq!(*secret, expected, "{name}");
        let master = ExtendedKey::from_seed(CurveId::Secp256k1, &secret).unwrap();
        let xprv = master.to_xprv(tki_formats::Network::Main).unwrap();
        assert_eq!(*xprv, vector[3].as_str().unwrap(), "{name}");
        opened += 1;
    }
    assert_eq!((opened, refused), (15, 30), "vectors of both kinds");
}
