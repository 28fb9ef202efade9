//! Addresses and standard paths of chains, by other implementations' values.

use tki_formats::address::{self, InvalidPoint};
use tki_formats::chain::Chain;
use tki_formats::derivation::DerivationError;
use tki_formats::{KeyFormat, KeyInput, Network, PrivateKey};
use tki_seal::curve::CurveId;

const ABANDON: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
    abandon abandon about";

fn key_at(chain: Chain, index: u32) -> PrivateKey {
    let path = chain.path(index).unwrap();
    let input = KeyInput::new().curve(chain.curve()).path(&path);
    PrivateKey::read(KeyFormat::Bip39, ABANDON.as_bytes(), input).unwrap()
}

/// Chain, number, path, address.
#[rustfmt::skip]
const ADDRESSES: &[(Chain, u32, &str, &str)] = &[
        (
            Chain::Bitcoin(Network::Main),
            0,
            "m/84'/0'/0'/0/0",
            "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
        ),
        (
            Chain::Bitcoin(Network::Main),
            1,
            "m/84'/0'/0'/0/1",
            "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g",
        ),
        (
            Chain::Bitcoin(Network::Test),
            0,
            "m/84'/1'/0'/0/0",
            "tb1q6rz28mcfaxtmd6v789l9rrlrusdprr9pqcpvkl",
        ),
        (
            Chain::BitcoinTaproot(Network::Main),
            0,
            "m/86'/0'/0'/0/0",
            "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
        ),
        (
            Chain::BitcoinTaproot(Network::Main),
            1,
            "m/86'/0'/0'/0/1",
            "bc1p4qhjn9zdvkux4e44uhx8tc55attvtyu358kutcqkudyccelu0was9fqzwh",
        ),
        (
            Chain::BitcoinTaproot(Network::Test),
            0,
            "m/86'/1'/0'/0/0",
            "tb1p8wpt9v4frpf3tkn0srd97pksgsxc5hs52lafxwru9kgeephvs7rqlqt9zj",
        ),
        (
            Chain::BitcoinTaproot(Network::Test),
            1,
            "m/86'/1'/0'/0/1",
            "tb1p90h6z3p36n9hrzy7580h5l429uwchyg8uc9sz4jwzhdtuhqdl5eqmpwq6n",
        ),
        (
            Chain::Evm,
            0,
            "m/44'/60'/0'/0/0",
            "0x9858EfFD232B4033E47d90003D41EC34EcaEda94",
        ),
        (
            Chain::Evm,
            1,
            "m/44'/60'/0'/0/1",
            "0x6Fac4D18c912343BF86fa7049364Dd4E424Ab9C0",
        ),
        (
            Chain::Solana,
            0,
            "m/44'/501'/0'/0'",
            "HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk",
        ),
        (
            Chain::Solana,
            1,
            "m/44'/501'/1'/0'",
            "Hh8QwFUA6MtVu1qAoq12ucvFHNwCcVTV7hpWjeY1Hztb",
        ),
];

/// The first and second of each are those of BIP-84 and BIP-86; all by `bip_utils` 2.12.
#[test]
fn a_phrase_has_the_addresses_that_wallets_show() {
    for (chain, index, path, expected) in ADDRESSES.iter().copied() {
        assert_eq!(chain.path(index).unwrap().to_string(), path);
        let key = chain.signing_key(key_at(chain, index)).unwrap();
        assert_eq!(chain.address(&key.verifying_key()).unwrap(), expected);
    }
}

/// BIP-86: internal key, output key.
#[test]
fn output_keys_of_taproot_are_those_of_bip_86() {
    let chain = Chain::BitcoinTaproot(Network::Main);
    for (index, internal, output) in [
        (
            0,
            "cc8a4bc64d897bddc5fbc2f670f7a8ba0b386779106cf1223c6fc5d7cd6fc115",
            "a60869f0dbcf1dc659c9cecbaf8050135ea9e8cdc487053f1dc6880949dc684c",
        ),
        (
            1,
            "83dfe85a3151d2517290da461fe2815591ef69f2b18a2ce63f01697a8b313145",
            "a82f29944d65b86ae6b5e5cc75e294ead6c59391a1edc5e016e3498c67fc7bbb",
        ),
    ] {
        let key = key_at(chain, index);
        assert_eq!(hex::encode(&key.verifying_key()[1..]), internal);
        let key = address::taproot_output_key(&key).unwrap();
        assert_eq!(hex::encode(&key.verifying_key()[1..]), output);
    }
}

#[test]
fn a_key_of_another_curve_has_no_address_there() {
    let ed = PrivateKey::from_ed25519_seed(&[7; 32]);
    let p256 = PrivateKey::from_hex(CurveId::P256, &"07".repeat(32)).unwrap();
    for chain in Chain::ALL {
        assert_eq!(Chain::from_name(chain.name()), Some(*chain));
        let wrong = if chain.curve() == CurveId::Ed25519 {
            &p256
        } else {
            &ed
        };
        let refused = chain.address(&wrong.verifying_key());
        assert_eq!(refused, Err(DerivationError::Curve));
        let wrong = PrivateKey::from_hex(wrong.curve(), &wrong.to_hex()).unwrap();
        let refused = chain.signing_key(wrong);
        assert_eq!(refused.err(), Some(DerivationError::Curve));
        assert_eq!(chain.path(1 << 31), Err(DerivationError::Path));
    }
    let refused = address::taproot_output_key(&p256);
    assert_eq!(refused.err(), Some(DerivationError::Curve));
}

#[test]
fn what_is_no_point_has_no_address_of_bitcoin() {
    for key in [[0; 33], [4; 33], [2; 33].map(|_| 0xff)] {
        assert_eq!(
            address::bitcoin_segwit(&key, Network::Main),
            Err(InvalidPoint)
        );
        assert_eq!(
            address::bitcoin_taproot(&key, Network::Main),
            Err(InvalidPoint)
        );
    }
}
