//! Private keys in the formats of other programs, and trees of them.

use std::str::FromStr as _;

use tki_formats::chain::Chain;
use tki_formats::derivation::{DerivationPath, ExtendedKey};
use tki_formats::{KeyFormat, KeyInput, KeyOutput, Network, PrivateKey, PrivateKeyError};
use tki_seal::curve::CurveId;

use crate::Target;
use crate::inputs::{array, rng};
use crate::memory::bounded;

pub(crate) const KEY_FILES: Target = Target {
    name: "formats_key_files",
    run: key_files,
    seeds: key_file_seeds,
};

pub(crate) const TREES: Target = Target {
    name: "formats_trees",
    run: trees,
    seeds: tree_seeds,
};

/// Any bytes as a file of any format; what is read is written and read again.
fn key_files(data: &[u8]) {
    let path = DerivationPath::from_numbers(&[1 << 31]).expect("a path");
    for format in KeyFormat::ALL.iter().copied() {
        // A phrase costs 2048 rounds: only one that looks like it.
        if format == KeyFormat::Bip39 && KeyFormat::detect(data) != Some(format) {
            continue;
        }
        // Without its passphrase a keystore is read up to the work that it asks for.
        let input = KeyInput::new().path(&path);
        match bounded(data.len(), || PrivateKey::read(format, data, input)) {
            Ok(key) => check(&key),
            Err(PrivateKeyError::MissingPassphrase) => assert_eq!(format, KeyFormat::Keystore),
            Err(error) => assert_ne!(error, PrivateKeyError::MissingPath),
        }
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let format = KeyFormat::from_name(text);
        assert!(format.is_none_or(|format| format.name() == text));
        let chain = Chain::from_name(text);
        assert!(chain.is_none_or(|chain| chain.name() == text));
    }
}

/// A key reads back from every file that it has.
fn check(key: &PrivateKey) {
    let input = KeyInput::new().curve(key.curve());
    for format in KeyFormat::ALL.iter().copied() {
        // A keystore takes a second.
        if format == KeyFormat::Keystore {
            continue;
        }
        if let Ok(file) = key.write(format, KeyOutput::new(), &mut rng(7)) {
            assert_eq!(KeyFormat::detect(file.as_bytes()), Some(format));
            let again = PrivateKey::read(format, file.as_bytes(), input).expect("our own file");
            assert_eq!(again.to_hex(), key.to_hex());
        }
    }
}

/// Any text as a path and as an extended key, any bytes as a seed.
fn trees(data: &[u8]) {
    let numbers: Vec<u32> = data
        .chunks_exact(4)
        .map(|chunk| u32::from_be_bytes(array(chunk)))
        .collect();
    if let Ok(path) = DerivationPath::from_numbers(&numbers) {
        assert_eq!(DerivationPath::from_str(&path.to_string()), Ok(path));
    }
    for curve in CurveId::ALL.iter().copied() {
        let made = ExtendedKey::from_seed(curve, data);
        assert_eq!(made.is_ok(), (16..=64).contains(&data.len()));
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(path) = bounded(data.len(), || DerivationPath::from_str(text)) {
        assert_eq!(DerivationPath::from_str(&path.to_string()), Ok(path));
    }
    if let Ok(key) = bounded(data.len(), || ExtendedKey::from_xprv(text)) {
        let main = key.to_xprv(Network::Main).expect("of secp256k1");
        let test = key.to_xprv(Network::Test).expect("of secp256k1");
        assert!(text.trim() == *main || text.trim() == *test);
    }
}

fn key_file_seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        b"test test test test test test test test test test test junk".to_vec(),
        b"5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf".to_vec(),
        XPRV.as_bytes().to_vec(),
        KEYSTORE.as_bytes().to_vec(),
    ];
    for curve in CurveId::ALL.iter().copied() {
        let key = PrivateKey::from_hex(curve, &"07".repeat(32)).expect("a key");
        for format in KeyFormat::ALL.iter().copied() {
            if format == KeyFormat::Keystore {
                continue;
            }
            if let Ok(file) = key.write(format, KeyOutput::new(), &mut rng(7)) {
                seeds.push(file.as_bytes().to_vec());
            }
        }
    }
    seeds
}

fn tree_seeds() -> Vec<Vec<u8>> {
    let texts = ["m/44'/60'/0'/0/0", "m/84h/0H/2147483647'/1", XPRV];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

/// BIP-32, test vector 1.
const XPRV: &str = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";

/// The second vector of the definition of Web3's secret storage.
const KEYSTORE: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},"ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","kdf":"scrypt","kdfparams":{"dklen":32,"n":262144,"p":8,"r":1,"salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},"mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},"version":3}"#;
