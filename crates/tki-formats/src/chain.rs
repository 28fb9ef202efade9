//! The chains whose addresses a key has here, and where in a tree of keys wallets look for theirs.
//!
//! | name | curve | path of number i | address |
//! |---|---|---|---|
//! | `bitcoin` | secp256k1 | m/84'/0'/0'/0/i | Segwit, `bc1q…` |
//! | `bitcoin-taproot` | secp256k1 | m/86'/0'/0'/0/i | Taproot, `bc1p…` |
//! | `evm` | secp256k1 | m/44'/60'/0'/0/i | `0x…` |
//! | `solana` | Ed25519 | m/44'/501'/i'/0' | base58 |
//!
//! On Bitcoin's test network the second number is 1.
//!
//! Reference: BIP-44, BIP-84, BIP-86, SLIP-0044; Solana's as its wallets have it.
//! Specification: `docs/spec/formats.md`, section 16.

use alloc::string::String;

use tki_seal::curve::CurveId;

use crate::address;
use crate::derivation::{DerivationError, DerivationPath, HARDENED};
use crate::key_formats::Network;
use crate::private_key::PrivateKey;

/// A chain, and on Bitcoin a kind of address.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Chain {
    /// Bitcoin by Segwit version 0.
    Bitcoin(Network),
    /// Bitcoin by Taproot, one key and no scripts.
    BitcoinTaproot(Network),
    /// Ethereum and its kin.
    Evm,
    /// Solana.
    Solana,
}

impl Chain {
    /// Every chain, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::Bitcoin(Network::Main),
        Self::BitcoinTaproot(Network::Main),
        Self::BitcoinTaproot(Network::Test),
        Self::Bitcoin(Network::Test),
        Self::Evm,
        Self::Solana,
    ];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bitcoin(Network::Main) => "bitcoin",
            Self::Bitcoin(Network::Test) => "bitcoin-test",
            Self::BitcoinTaproot(Network::Main) => "bitcoin-taproot",
            Self::BitcoinTaproot(Network::Test) => "bitcoin-taproot-test",
            Self::Evm => "evm",
            Self::Solana => "solana",
        }
    }

    /// The chain of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|chain| chain.name() == name)
    }

    /// The curve of its keys.
    #[must_use]
    pub const fn curve(self) -> CurveId {
        match self {
            Self::Bitcoin(_) | Self::BitcoinTaproot(_) | Self::Evm => CurveId::Secp256k1,
            Self::Solana => CurveId::Ed25519,
        }
    }

    /// Where wallets look for the key of this number, counted from 0.
    ///
    /// # Errors
    /// [`Path`](DerivationError::Path) for 2³¹ and more.
    pub fn path(self, index: u32) -> Result<DerivationPath, DerivationError> {
        const HARD: u32 = HARDENED;
        if index >= HARD {
            return Err(DerivationError::Path);
        }
        // Step 16.1: purpose, coin, account; change and number, or the account alone on Solana.
        let (purpose, coin) = match self {
            Self::Bitcoin(network) => (84, coin(network)),
            Self::BitcoinTaproot(network) => (86, coin(network)),
            Self::Evm => (44, 60),
            Self::Solana => (44, 501),
        };
        let (purpose, coin) = (HARD | purpose, HARD | coin);
        match self {
            Self::Solana => DerivationPath::from_numbers(&[purpose, coin, HARD | index, HARD]),
            Self::Bitcoin(_) | Self::BitcoinTaproot(_) | Self::Evm => {
                DerivationPath::from_numbers(&[purpose, coin, HARD, 0, index])
            }
        }
    }

    /// The key that signs on this chain for a key of the tree: the key itself, and with Taproot the
    /// output key.
    ///
    /// # Errors
    /// [`Curve`](DerivationError::Curve) for a key of another curve.
    pub fn signing_key(self, key: PrivateKey) -> Result<PrivateKey, DerivationError> {
        if key.curve() != self.curve() {
            return Err(DerivationError::Curve);
        }
        match self {
            Self::BitcoinTaproot(_) => address::taproot_output_key(&key),
            Self::Bitcoin(_) | Self::Evm | Self::Solana => Ok(key),
        }
    }

    /// The address of a [signing key](Self::signing_key).
    ///
    /// # Errors
    /// [`Curve`](DerivationError::Curve) for a key of another curve.
    pub fn address(self, verifying_key: &[u8]) -> Result<String, DerivationError> {
        let wrong = DerivationError::Curve;
        let point = || verifying_key.try_into().map_err(|_| wrong);
        match self {
            Self::Bitcoin(network) => address::bitcoin_segwit(point()?, network),
            Self::BitcoinTaproot(network) => address::bitcoin_taproot(point()?, network),
            Self::Evm => address::evm(point()?),
            Self::Solana => {
                let key = verifying_key.try_into().map_err(|_| wrong)?;
                return Ok(address::solana(key));
            }
        }
        .map_err(|_| wrong)
    }
}

/// SLIP-0044: Bitcoin, and every test network.
const fn coin(network: Network) -> u32 {
    match network {
        Network::Main => 0,
        Network::Test => 1,
    }
}
