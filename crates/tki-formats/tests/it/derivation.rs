//! Trees of keys: the vectors of BIP-32 and SLIP-10, and what is refused.

use tki_formats::derivation::{ChainCode, DerivationError, DerivationPath, ExtendedKey};
use tki_formats::{KeyFormat, KeyInput, Network, PrivateKey, PrivateKeyError};
use tki_seal::curve::CurveId;

const SEED_1: &str = "000102030405060708090a0b0c0d0e0f";
const SEED_2: &str = "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a\
    8784817e7b7875726f6c696663605d5a5754514e4b484542";

fn path(text: &str) -> DerivationPath {
    text.parse().unwrap()
}

fn derive(curve: CurveId, seed: &str, at: &str) -> Result<ExtendedKey, DerivationError> {
    let seed = hex::decode(seed).unwrap_or_default();
    ExtendedKey::from_seed(curve, &seed)?.derive(&path(at))
}

/// Private key and chain code.
fn halves(key: &ExtendedKey) -> (String, String) {
    let chain_code = hex::encode(key.chain_code().expose_secret());
    (key.key().to_hex().to_string(), chain_code)
}

/// BIP-32, test vectors 1 and 2: seed, path, extended private key.
#[rustfmt::skip]
const BIP_32: &[(&str, &str, &str)] = &[
        (
            SEED_1,
            "m",
            "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
        ),
        (
            SEED_1,
            "m/0'",
            "xprv9uHRZZhk6KAJC1avXpDAp4MDc3sQKNxDiPvvkX8Br5ngLNv1TxvUxt4cV1rGL5hj6KCesnDYUhd7oWgT11eZG7XnxHrnYeSvkzY7d2bhkJ7",
        ),
        (
            SEED_1,
            "m/0'/1",
            "xprv9wTYmMFdV23N2TdNG573QoEsfRrWKQgWeibmLntzniatZvR9BmLnvSxqu53Kw1UmYPxLgboyZQaXwTCg8MSY3H2EU4pWcQDnRnrVA1xe8fs",
        ),
        (
            SEED_1,
            "m/0'/1/2'",
            "xprv9z4pot5VBttmtdRTWfWQmoH1taj2axGVzFqSb8C9xaxKymcFzXBDptWmT7FwuEzG3ryjH4ktypQSAewRiNMjANTtpgP4mLTj34bhnZX7UiM",
        ),
        (
            SEED_1,
            "m/0'/1/2'/2",
            "xprvA2JDeKCSNNZky6uBCviVfJSKyQ1mDYahRjijr5idH2WwLsEd4Hsb2Tyh8RfQMuPh7f7RtyzTtdrbdqqsunu5Mm3wDvUAKRHSC34sJ7in334",
        ),
        (
            SEED_1,
            "m/0'/1/2'/2/1000000000",
            "xprvA41z7zogVVwxVSgdKUHDy1SKmdb533PjDz7J6N6mV6uS3ze1ai8FHa8kmHScGpWmj4WggLyQjgPie1rFSruoUihUZREPSL39UNdE3BBDu76",
        ),
        (
            SEED_2,
            "m",
            "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U",
        ),
        (
            SEED_2,
            "m/0",
            "xprv9vHkqa6EV4sPZHYqZznhT2NPtPCjKuDKGY38FBWLvgaDx45zo9WQRUT3dKYnjwih2yJD9mkrocEZXo1ex8G81dwSM1fwqWpWkeS3v86pgKt",
        ),
        (
            SEED_2,
            "m/0/2147483647'",
            "xprv9wSp6B7kry3Vj9m1zSnLvN3xH8RdsPP1Mh7fAaR7aRLcQMKTR2vidYEeEg2mUCTAwCd6vnxVrcjfy2kRgVsFawNzmjuHc2YmYRmagcEPdU9",
        ),
        (
            SEED_2,
            "m/0/2147483647'/1",
            "xprv9zFnWC6h2cLgpmSA46vutJzBcfJ8yaJGg8cX1e5StJh45BBciYTRXSd25UEPVuesF9yog62tGAQtHjXajPPdbRCHuWS6T8XA2ECKADdw4Ef",
        ),
        (
            SEED_2,
            "m/0/2147483647'/1/2147483646'",
            "xprvA1RpRA33e1JQ7ifknakTFpgNXPmW2YvmhqLQYMmrj4xJXXWYpDPS3xz7iAxn8L39njGVyuoseXzU6rcxFLJ8HFsTjSyQbLYnMpCqE2VbFWc",
        ),
        (
            SEED_2,
            "m/0/2147483647'/1/2147483646'/2",
            "xprvA2nrNbFZABcdryreWet9Ea4LvTJcGsqrMzxHx98MMrotbir7yrKCEXw7nadnHM8Dq38EGfSh6dqA9QWTyefMLEcBYJUuekgW4BYPJcr9E7j",
        ),
];

#[test]
fn the_extended_keys_of_bip_32_are_derived() {
    for (seed, at, xprv) in BIP_32.iter().copied() {
        let derived = derive(CurveId::Secp256k1, seed, at).unwrap();
        assert_eq!(*derived.to_xprv(Network::Main).unwrap(), xprv, "{at}");
        let read = ExtendedKey::from_xprv(xprv).unwrap();
        assert_eq!(halves(&read), halves(&derived));
        assert_eq!(*read.to_xprv(Network::Main).unwrap(), xprv);
        // The same for the test network is another text of the same key.
        let test = derived.to_xprv(Network::Test).unwrap();
        assert!(test.starts_with("tprv"));
        assert_eq!(
            halves(&ExtendedKey::from_xprv(&test).unwrap()),
            halves(&derived)
        );
    }
}

/// SLIP-0010: curve, seed, path, chain code, private key.
#[rustfmt::skip]
const SLIP_10: &[(CurveId, &str, &str, &str, &str)] = &[
        (
            CurveId::P256,
            SEED_1,
            "m",
            "beeb672fe4621673f722f38529c07392fecaa61015c80c34f29ce8b41b3cb6ea",
            "612091aaa12e22dd2abef664f8a01a82cae99ad7441b7ef8110424915c268bc2",
        ),
        (
            CurveId::P256,
            SEED_1,
            "m/0'",
            "3460cea53e6a6bb5fb391eeef3237ffd8724bf0a40e94943c98b83825342ee11",
            "6939694369114c67917a182c59ddb8cafc3004e63ca5d3b84403ba8613debc0c",
        ),
        (
            CurveId::P256,
            SEED_1,
            "m/0'/1",
            "4187afff1aafa8445010097fb99d23aee9f599450c7bd140b6826ac22ba21d0c",
            "284e9d38d07d21e4e281b645089a94f4cf5a5a81369acf151a1c3a57f18b2129",
        ),
        (
            CurveId::P256,
            SEED_1,
            "m/0'/1/2'",
            "98c7514f562e64e74170cc3cf304ee1ce54d6b6da4f880f313e8204c2a185318",
            "694596e8a54f252c960eb771a3c41e7e32496d03b954aeb90f61635b8e092aa7",
        ),
        (
            CurveId::P256,
            SEED_1,
            "m/0'/1/2'/2",
            "ba96f776a5c3907d7fd48bde5620ee374d4acfd540378476019eab70790c63a0",
            "5996c37fd3dd2679039b23ed6f70b506c6b56b3cb5e424681fb0fa64caf82aaa",
        ),
        (
            CurveId::P256,
            SEED_1,
            "m/0'/1/2'/2/1000000000",
            "b9b7b82d326bb9cb5b5b121066feea4eb93d5241103c9e7a18aad40f1dde8059",
            "21c4f269ef0a5fd1badf47eeacebeeaa3de22eb8e5b0adcd0f27dd99d34d0119",
        ),
        (
            CurveId::P256,
            SEED_2,
            "m/0/2147483647'/1/2147483646'/2",
            "3bfb29ee8ac4484f09db09c2079b520ea5616df7820f071a20320366fbe226a7",
            "bb0a77ba01cc31d77205d51d08bd313b979a71ef4de9b062f8958297e746bd67",
        ),
        // I_L is no key: another I is taken.
        (
            CurveId::P256,
            SEED_1,
            "m/28578'",
            "e94c8ebe30c2250a14713212f6449b20f3329105ea15b652ca5bdfc68f6c65c2",
            "06f0db126f023755d0b8d86d4591718a5210dd8d024e3e14b6159d63f53aa669",
        ),
        (
            CurveId::P256,
            SEED_1,
            "m/28578'/33941",
            "9e87fe95031f14736774cd82f25fd885065cb7c358c1edf813c72af535e83071",
            "092154eed4af83e078ff9b84322015aefe5769e31270f62c3f66c33888335f3a",
        ),
        (
            CurveId::P256,
            "a7305bc8df8d0951f0cb224c0e95d7707cbdf2c6ce7e8d481fec69c7ff5e9446",
            "m",
            "7762f9729fed06121fd13f326884c82f59aa95c57ac492ce8c9654e60efd130c",
            "3b8c18469a4634517d6d0b65448f8e6c62091b45540a1743c5846be55d47d88f",
        ),
        (
            CurveId::Ed25519,
            SEED_1,
            "m",
            "90046a93de5380a72b5e45010748567d5ea02bbf6522f979e05c0d8d8ca9fffb",
            "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7",
        ),
        (
            CurveId::Ed25519,
            SEED_1,
            "m/0'",
            "8b59aa11380b624e81507a27fedda59fea6d0b779a778918a2fd3590e16e9c69",
            "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3",
        ),
        (
            CurveId::Ed25519,
            SEED_1,
            "m/0'/1'/2'",
            "2e69929e00b5ab250f49c3fb1c12f252de4fed2c1db88387094a0f8c4c9ccd6c",
            "92a5b23c0b8a99e37d07df3fb9966917f5d06e02ddbd909c7e184371463e9fc9",
        ),
        (
            CurveId::Ed25519,
            SEED_1,
            "m/0'/1'/2'/2'",
            "8f6d87f93d750e0efccda017d662a1b31a266e4a6f5993b15f5c1f07f74dd5cc",
            "30d1dc7e5fc04c31219ab25a27ae00b50f6fd66622f6e9c913253d6511d1e662",
        ),
        (
            CurveId::Ed25519,
            SEED_1,
            "m/0'/1'/2'/2'/1000000000'",
            "68789923a0cac2cd5a29172a475fe9e0fb14cd6adb5ad98a3fa70333e7afa230",
            "8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793",
        ),
        (
            CurveId::Ed25519,
            SEED_2,
            "m",
            "ef70a74db9c3a5af931b5fe73ed8e1a53464133654fd55e7a66f8570b8e33c3b",
            "171cb88b1b3c1db25add599712e36245d75bc65a1a5c9e18d76f9f2b1eab4012",
        ),
        (
            CurveId::Ed25519,
            SEED_2,
            "m/0'/2147483647'/1'/2147483646'/2'",
            "5d70af781f3a37b829f0d060924d5e960bdc02e85423494afc0b1a41bbe196d4",
            "551d333177df541ad876a60ea71f00447931c0a9da16f227c11ea080d7391b8d",
        ),
];

#[test]
fn the_keys_of_slip_10_are_derived() {
    for (curve, seed, at, chain_code, private) in SLIP_10.iter().copied() {
        let derived = derive(curve, seed, at).unwrap();
        let expected = (private.to_owned(), chain_code.to_owned());
        assert_eq!(halves(&derived), expected, "{curve} {at}");
    }
}

#[test]
fn a_phrase_gives_the_seed_of_bip_39() {
    // The first vector of trezor/python-mnemonic, whose passphrase is TREZOR; the other three by
    // another implementation: bip_utils 2.12.
    let abandon = "abandon ".repeat(11);
    for (phrase, passphrase, at, digits) in [
        (
            format!("{abandon}about"),
            "",
            "m/84'/0'/0'/0/0",
            "4604b4b710fe91f584fff084e1a9159fe4f8408fff380596a604948474ce4fa3",
        ),
        (
            format!("1. {}2. ABOUT", abandon.to_uppercase()),
            "",
            "m/84'/0'/0'/0/1",
            "2fd0affa51529f940a358ec0c50de81267d0bf5158ca61887347676946362c5b",
        ),
    ] {
        let at = path(at);
        let input = KeyInput::new().path(&at).passphrase(passphrase);
        let key = PrivateKey::read(KeyFormat::Bip39, phrase.as_bytes(), input).unwrap();
        assert_eq!(*key.to_hex(), digits);
    }
    for (passphrase, seed) in [
        (
            "TREZOR",
            "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04",
        ),
        // Composed, with a ligature, a square and a voiced kana: taken apart.
        (
            "Äﬁ㍍ガ",
            "85747c736f55db5c045b66c3b6109e9328ae5a5cccfc58b029c136708b54f17c6b151928aa1e27e1dd687e3f86b4bd23832d20cc754323d4a308b4b53b3a99aa",
        ),
    ] {
        let at = path("m/1'");
        let input = KeyInput::new().path(&at).passphrase(passphrase);
        let phrase = format!("{abandon}about");
        let key = PrivateKey::read(KeyFormat::Bip39, phrase.as_bytes(), input).unwrap();
        let expected = derive(CurveId::Secp256k1, seed, "m/1'").unwrap();
        assert_eq!(key.to_hex(), expected.key().to_hex());
    }
}

#[test]
fn phrases_of_every_length_are_read_and_checked() {
    let at = path("m");
    let input = KeyInput::new().path(&at);
    let read = |phrase: &str| {
        PrivateKey::read(KeyFormat::Bip39, phrase.as_bytes(), input).map(|key| key.verifying_key())
    };
    // Entropy of zeros; the last words are those of the vectors of BIP-39 and, for 15 and 21, of
    // bip_utils.
    for (count, last) in [
        (12, "about"),
        (15, "address"),
        (18, "agent"),
        (21, "admit"),
        (24, "art"),
    ] {
        let zeros = "abandon ".repeat(count - 1);
        assert!(read(&format!("{zeros}{last}")).is_ok(), "{count}");
        for wrong in ["abandon", "zoo", "ability"] {
            let refused = read(&format!("{zeros}{wrong}"));
            assert_eq!(refused, Err(PrivateKeyError::PhraseChecksum), "{count}");
        }
        let found = count - 1;
        assert_eq!(read(&zeros), Err(PrivateKeyError::PhraseCount { found }));
    }
    assert_eq!(
        read("abandon abandn"),
        Err(PrivateKeyError::PhraseWord { position: 2 })
    );
    assert_eq!(
        read(&"zoo ".repeat(27)),
        Err(PrivateKeyError::PhraseCount { found: 27 })
    );
    assert_eq!(read(""), Err(PrivateKeyError::PhraseCount { found: 0 }));
}

/// BIP-32, test vector 5: what is no extended private key.
#[test]
fn hostile_extended_keys_are_refused() {
    for (xprv, expected) in [
        // A public key in a private version, and the reverse.
        (
            "xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFGTQQD3dC4H2D5GBj7vWvSQaaBv5cxi9gafk7NF3pnBju6dwKvH",
            PrivateKeyError::Xprv,
        ),
        (
            "xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6LBpB85b3D2yc8sfvZU521AAwdZafEz7mnzBBsz4wKY5fTtTQBm",
            PrivateKeyError::PublicKey,
        ),
        // Prefixes 4 and 1 of the key.
        (
            "xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFGpWnsj83BHtEy5Zt8CcDr1UiRXuWCmTQLxEK9vbz5gPstX92JQ",
            PrivateKeyError::Xprv,
        ),
        (
            "xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFAzHGBP2UuGCqWLTAPLcMtD9y5gkZ6Eq3Rjuahrv17fEQ3Qen6J",
            PrivateKeyError::Xprv,
        ),
        // A master with a parent, and with a number.
        (
            "xprv9s2SPatNQ9Vc6GTbVMFPFo7jsaZySyzk7L8n2uqKXJen3KUmvQNTuLh3fhZMBoG3G4ZW1N2kZuHEPY53qmbZzCHshoQnNf4GvELZfqTUrcv",
            PrivateKeyError::Xprv,
        ),
        (
            "xprv9s21ZrQH4r4TsiLvyLXqM9P7k1K3EYhA1kkD6xuquB5i39AU8KF42acDyL3qsDbU9NmZn6MsGSUYZEsuoePmjzsB3eFKSUEh3Gu1N3cqVUN",
            PrivateKeyError::Xprv,
        ),
        // An unknown version.
        (
            "DMwo58pR1QLEFihHiXPVykYB6fJmsTeHvyTp7hRThAtCX8CvYzgPcn8XnmdfHPmHJiEDXkTiJTVV9rHEBUem2mwVbbNfvT2MTcAqj3nesx8uBf9",
            PrivateKeyError::Xprv,
        ),
        // Zero, and the order.
        (
            "xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzF93Y5wvzdUayhgkkFoicQZcP3y52uPPxFnfoLZB21Teqt1VvEHx",
            PrivateKeyError::OutOfRange,
        ),
        (
            "xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzFAzHGBP2UuGCqWLTAPLcMtD5SDKr24z3aiUvKr9bJpdrcLg1y3G",
            PrivateKeyError::OutOfRange,
        ),
        (
            "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHL",
            PrivateKeyError::Checksum,
        ),
        ("", PrivateKeyError::Base58),
    ] {
        let refused = ExtendedKey::from_xprv(xprv).err();
        assert_eq!(refused, Some(expected), "{xprv}");
    }
}

#[test]
fn ed25519_has_hardened_children_alone() {
    let derived = derive(CurveId::Ed25519, SEED_1, "m/0'/1");
    assert_eq!(derived.err(), Some(DerivationError::Hardened));
}

#[test]
fn a_scalar_without_its_seed_has_no_tree() {
    let scalar = format!("scalar:{}01", "00".repeat(31)).replacen("00", "01", 1);
    let key = PrivateKey::from_hex(CurveId::Ed25519, &scalar).unwrap();
    let tree = ExtendedKey::new(key, ChainCode::from_bytes(&[7; 32]));
    assert_eq!(tree.err(), Some(DerivationError::NoSeed));
}

#[test]
fn only_keys_of_bitcoins_curve_are_written_as_xprv() {
    let key = derive(CurveId::P256, SEED_1, "m").unwrap();
    let refused = key.to_xprv(Network::Main).err();
    assert_eq!(refused, Some(PrivateKeyError::NoForm));
}

#[test]
fn a_seed_has_16_to_64_bytes() {
    for (length, good) in [(15, false), (16, true), (64, true), (65, false)] {
        let made = ExtendedKey::from_seed(CurveId::Secp256k1, &vec![7; length]);
        assert_eq!(made.is_ok(), good, "{length}");
    }
}

#[test]
fn a_tree_ends_at_depth_255() {
    let deep = |levels: usize| format!("m{}", "/0'".repeat(levels));
    assert!(derive(CurveId::Ed25519, SEED_1, &deep(255)).is_ok());
    let text = deep(256);
    assert_eq!(
        text.parse::<DerivationPath>(),
        Err(DerivationError::TooDeep)
    );
    let key = derive(CurveId::Ed25519, SEED_1, &deep(200)).unwrap();
    let deeper = key.derive(&path(&deep(56)));
    assert_eq!(deeper.err(), Some(DerivationError::TooDeep));
}

#[test]
fn paths_are_read_and_printed() {
    for (text, printed, numbers) in [
        ("m", "m", &[][..]),
        ("m/0", "m/0", &[0]),
        (
            " M/0h/1H/2' ",
            "m/0'/1'/2'",
            &[1 << 31, (1 << 31) + 1, (1 << 31) + 2],
        ),
        ("m/2147483647'", "m/2147483647'", &[u32::MAX]),
    ] {
        let read = path(text);
        assert_eq!(read.numbers(), numbers);
        assert_eq!(read.to_string(), printed);
        assert_eq!(path(printed), read);
        assert_eq!(DerivationPath::from_numbers(numbers), Ok(read));
    }
    for bad in [
        "",
        "0",
        "/0",
        "m/",
        "m//0",
        "m/'",
        "m/-1",
        "m/+1",
        "m/1''",
        "m/2147483648",
        "m/1 /2",
        "m/x",
        "44'/60'",
        "m/99999999999999999999",
        "m.0",
        "n/0",
        "m/\u{0661}",
    ] {
        let read = bad.parse::<DerivationPath>();
        assert_eq!(read, Err(DerivationError::Path), "{bad}");
    }
    for (text, protects) in [
        ("m", false),
        ("m/0", false),
        ("m/0/0'", false),
        ("m/0'/0", true),
    ] {
        assert_eq!(path(text).protects_its_top(), protects, "{text}");
    }
}
