//! Addresses of well-known keys.

use tki_formats::address::{InvalidPoint, evm, solana};

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    hex::decode(hex).unwrap().try_into().unwrap()
}

#[test]
fn evm_addresses_are_those_of_known_keys() {
    for (key, address) in [
        // Secrets 1, 2 and 3.
        (
            "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
        ),
        (
            "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
            "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF",
        ),
        (
            "02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",
            "0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69",
        ),
        // The first account of every Hardhat and Anvil network, with an odd y.
        (
            "038318535b54105d4a7aae60c08fc45f9687181b4fdfc625bd1a753fa7397fed75",
            "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        ),
    ] {
        assert_eq!(evm(&bytes(key)).as_deref(), Ok(address));
    }
}

#[test]
fn what_is_no_compressed_point_has_no_evm_address() {
    let generator: [u8; 33] =
        bytes("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    for prefix in [0, 1, 4, 5, 6, 7, 0xff] {
        let mut key = generator;
        key[0] = prefix;
        assert_eq!(evm(&key), Err(InvalidPoint), "prefix {prefix}");
    }
    // The identity, an x that is on the twist, and x = p, which is not reduced.
    for key in [
        "000000000000000000000000000000000000000000000000000000000000000000",
        "020000000000000000000000000000000000000000000000000000000000000005",
        "02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
    ] {
        assert_eq!(evm(&bytes(key)), Err(InvalidPoint), "{key}");
    }
}

#[test]
fn solana_addresses_are_those_of_known_programs() {
    for (key, address) in [
        (
            "0000000000000000000000000000000000000000000000000000000000000000",
            "11111111111111111111111111111111",
        ),
        (
            "06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9",
            "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
        ),
    ] {
        assert_eq!(solana(&bytes(key)), address);
    }
}
