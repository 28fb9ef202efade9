//! The forms in which other programs keep a private key, by name.
//!
//! | name | what it is | curves | read and written |
//! |---|---|---|---|
//! | `hex` | hexadecimal digits | all | both |
//! | `pkcs8` | PKCS#8 in PEM; read in DER too | all | both |
//! | `sec1` | SEC 1 in PEM, `EC PRIVATE KEY` | P-256, secp256k1 | both |
//! | `jwk` | JSON Web Key | all | both |
//! | `wif` | Bitcoin's wallet import format, compressed | secp256k1 | both |
//! | `xprv` | extended private key of BIP-32, and a path | secp256k1 | read; written by [`ExtendedKey`] |
//! | `bip39` | phrase of BIP-39, and a path | all | read |
//! | `keystore` | Web3 keystore, version 3 | secp256k1 | both |
//! | `solana` | Solana's keypair as a JSON list | Ed25519 | both |
//! | `base58` | the same 64 bytes in base58 | Ed25519 | both |
//! | `openssh` | OpenSSH's own file, without passphrase | Ed25519, P-256 | both |
//!
//! An Ed25519 key of which the scalar alone is known has no form but `hex`: all others hold a seed.
//!
//! Specification: `docs/spec/formats.md`, sections 4 to 13.

use alloc::string::String;

use rand_core::CryptoRng;
use tki_seal::curve::CurveId;
use zeroize::Zeroizing;

use crate::derivation::{DerivationPath, ExtendedKey};
use crate::private_key::{PrivateKey, PrivateKeyError};

mod jwk;
mod keystore;
mod openssh;
mod phrase;
pub(crate) mod pkcs8;
mod sec1;
mod solana;
mod wif;
pub(crate) mod xprv;

/// A form in which a private key is kept.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum KeyFormat {
    /// The 64 bytes of a Solana keypair in base58, as wallets show them.
    Base58,
    /// A phrase of BIP-39, from which many keys follow.
    Bip39,
    /// Hexadecimal digits.
    Hex,
    /// JSON Web Key: RFC 7517, RFC 7518, RFC 8037, RFC 8812.
    Jwk,
    /// Web3 secret storage, version 3: a key of Ethereum under a passphrase.
    Keystore,
    /// The private key file of OpenSSH, without passphrase.
    OpenSsh,
    /// PKCS#8: RFC 5958.
    Pkcs8,
    /// SEC 1: RFC 5915, `EC PRIVATE KEY`.
    Sec1,
    /// The JSON list of Solana's own tools.
    Solana,
    /// Wallet import format of Bitcoin.
    Wif,
    /// Extended private key of BIP-32, from which many keys follow.
    Xprv,
}

/// Which of Bitcoin's networks something is for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Network {
    /// Where coins have a price.
    #[default]
    Main,
    /// Where they have none: testnet and signet.
    Test,
}

/// What a file does not say of the key in it.
///
/// # Examples
/// ```
/// use tki_formats::{KeyFormat, KeyInput, PrivateKey, derivation::DerivationPath};
///
/// let phrase = "test test test test test test test test test test test junk";
/// let path: DerivationPath = "m/44'/60'/0'/0/0".parse()?;
/// let input = KeyInput::new().path(&path);
/// let key = PrivateKey::read(KeyFormat::Bip39, phrase.as_bytes(), input)?;
/// assert_eq!(*key.to_hex(), "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
/// # Ok::<(), tki_formats::PrivateKeyError>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct KeyInput<'a> {
    pub(crate) curve: Option<CurveId>,
    pub(crate) passphrase: Option<&'a str>,
    pub(crate) path: Option<&'a DerivationPath>,
}

/// What a format wants to know beside the key.
#[derive(Clone, Copy, Default)]
pub struct KeyOutput<'a> {
    network: Network,
    passphrase: Option<&'a str>,
}

impl KeyFormat {
    /// Every format, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::Base58,
        Self::Bip39,
        Self::Hex,
        Self::Jwk,
        Self::Keystore,
        Self::OpenSsh,
        Self::Pkcs8,
        Self::Sec1,
        Self::Solana,
        Self::Wif,
        Self::Xprv,
    ];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base58 => "base58",
            Self::Bip39 => "bip39",
            Self::Hex => "hex",
            Self::Jwk => "jwk",
            Self::Keystore => "keystore",
            Self::OpenSsh => "openssh",
            Self::Pkcs8 => "pkcs8",
            Self::Sec1 => "sec1",
            Self::Solana => "solana",
            Self::Wif => "wif",
            Self::Xprv => "xprv",
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.name() == name)
    }

    /// What the file looks like. It may be damaged all the same; reading tells.
    ///
    /// # Security
    /// Looks at labels, lengths and kinds of characters; that much of a key is no secret.
    #[must_use]
    pub fn detect(file: &[u8]) -> Option<Self> {
        // Step 6.1: PEM says what it is; what is no text is DER.
        let trimmed = file.trim_ascii();
        let Ok(text) = str::from_utf8(trimmed) else {
            return trimmed.starts_with(&[0x30]).then_some(Self::Pkcs8);
        };
        if text.starts_with("-----BEGIN ") {
            return Some(match text.split("-----").nth(1) {
                Some("BEGIN EC PRIVATE KEY" | "BEGIN EC PARAMETERS") => Self::Sec1,
                Some("BEGIN OPENSSH PRIVATE KEY") => Self::OpenSsh,
                _ => Self::Pkcs8,
            });
        }
        // Step 6.2: JSON, by its first character and what it is about.
        if text.starts_with('[') {
            return Some(Self::Solana);
        }
        if text.starts_with('{') {
            let is_jwk = text.contains("\"kty\"");
            return Some(if is_jwk { Self::Jwk } else { Self::Keystore });
        }
        // Step 6.3: words, digits, base58.
        if text.starts_with("scalar:") || is_digits(text.strip_prefix("0x").unwrap_or(text)) {
            return Some(Self::Hex);
        }
        match text.len() {
            _ if text.split_whitespace().nth(1).is_some() => Some(Self::Bip39),
            111 | 112 if text.get(1..4) == Some("prv") => Some(Self::Xprv),
            111 | 112 if text.get(1..4) == Some("pub") => Some(Self::Xprv),
            51 | 52 => Some(Self::Wif),
            80..=90 => Some(Self::Base58),
            _ => None,
        }
    }
}

impl<'a> KeyInput<'a> {
    /// Nothing is known beside the file.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            curve: None,
            passphrase: None,
            path: None,
        }
    }

    /// The curve of the key: needed for hexadecimal digits and phrases, which are taken to be of
    /// secp256k1 else; where the file says it, it must be the same.
    #[must_use]
    pub const fn curve(mut self, curve: CurveId) -> Self {
        self.curve = Some(curve);
        self
    }

    /// The passphrase of a keystore, or what is added to a phrase of BIP-39.
    #[must_use]
    pub const fn passphrase(mut self, passphrase: &'a str) -> Self {
        self.passphrase = Some(passphrase);
        self
    }

    /// Which key of a phrase or an extended key.
    #[must_use]
    pub const fn path(mut self, path: &'a DerivationPath) -> Self {
        self.path = Some(path);
        self
    }
}

impl<'a> KeyOutput<'a> {
    /// For the main network, under no passphrase.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            network: Network::Main,
            passphrase: None,
        }
    }

    /// Which network a `wif` is for.
    #[must_use]
    pub const fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// The passphrase that a keystore is put under.
    #[must_use]
    pub const fn passphrase(mut self, passphrase: &'a str) -> Self {
        self.passphrase = Some(passphrase);
        self
    }
}

impl PrivateKey {
    /// Reads a private key in one of the [formats](KeyFormat).
    ///
    /// # Errors
    /// What is wrong with the file; [`OtherCurve`](PrivateKeyError::OtherCurve) if its key is of
    /// another curve than the input says; what is missing from the input.
    ///
    /// # Security
    /// The file is the caller's to wipe. Base58, JSON and words are not read in constant time.
    pub fn read(
        format: KeyFormat,
        file: &[u8],
        input: KeyInput<'_>,
    ) -> Result<Self, PrivateKeyError> {
        if file.len() > pkcs8::LIMIT {
            return Err(PrivateKeyError::TooLarge);
        }
        let text = || str::from_utf8(file.trim_ascii());
        let curve = input.curve.unwrap_or(CurveId::Secp256k1);
        let key = match format {
            KeyFormat::Base58 => solana::read_base58(text().map_err(|_| PrivateKeyError::Base58)?)?,
            KeyFormat::Bip39 => {
                let text = text().map_err(|_| PrivateKeyError::PhraseCount { found: 0 })?;
                let path = input.path.ok_or(PrivateKeyError::MissingPath)?;
                let seed = phrase::seed(text, input.passphrase.unwrap_or_default())?;
                let master = ExtendedKey::from_seed(curve, seed.as_slice())?;
                master.derive(path)?.into_key()
            }
            KeyFormat::Hex => Self::from_hex(curve, text().map_err(|_| PrivateKeyError::Hex)?)?,
            KeyFormat::Jwk => jwk::read(file)?,
            KeyFormat::Keystore => keystore::read(file, input.passphrase)?,
            KeyFormat::OpenSsh => openssh::read(file)?,
            KeyFormat::Pkcs8 => Self::from_pkcs8(file)?,
            KeyFormat::Sec1 => sec1::read(file)?,
            KeyFormat::Solana => {
                solana::read_list(text().map_err(|_| PrivateKeyError::SolanaKeypair)?)?
            }
            KeyFormat::Wif => wif::read(text().map_err(|_| PrivateKeyError::Base58)?)?,
            KeyFormat::Xprv => {
                let text = text().map_err(|_| PrivateKeyError::Xprv)?;
                let path = input.path.ok_or(PrivateKeyError::MissingPath)?;
                ExtendedKey::from_xprv(text)?.derive(path)?.into_key()
            }
        };
        match input.curve {
            Some(curve) if curve != key.curve() => Err(PrivateKeyError::OtherCurve),
            _ => Ok(key),
        }
    }

    /// Writes the key in one of the [formats](KeyFormat), ending in a line break.
    ///
    /// Randomness goes into the salt of a keystore and the check number of OpenSSH.
    ///
    /// # Errors
    /// [`NoForm`](PrivateKeyError::NoForm) where the format has none for keys of this curve, and
    /// for phrases and extended keys, which hold more than a key;
    /// [`NoSeed`](PrivateKeyError::NoSeed);
    /// [`MissingPassphrase`](PrivateKeyError::MissingPassphrase) for a keystore.
    pub fn write(
        &self,
        format: KeyFormat,
        output: KeyOutput<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Zeroizing<String>, PrivateKeyError> {
        match format {
            KeyFormat::Base58 => solana::write_base58(self).map(|text| line(&text)),
            KeyFormat::Bip39 | KeyFormat::Xprv => Err(PrivateKeyError::NoForm),
            KeyFormat::Hex => Ok(line(&self.to_hex())),
            KeyFormat::Jwk => jwk::write(self),
            KeyFormat::Keystore => keystore::write(self, output.passphrase, rng),
            KeyFormat::OpenSsh => openssh::write(self, rng),
            KeyFormat::Pkcs8 => self.to_pkcs8(),
            KeyFormat::Sec1 => sec1::write(self),
            KeyFormat::Solana => solana::write_list(self),
            KeyFormat::Wif => wif::write(self, output.network).map(|text| line(&text)),
        }
    }
}

impl core::fmt::Debug for KeyInput<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeyInput")
            .field("curve", &self.curve)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for KeyOutput<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeyOutput")
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

/// 64 or 128 hexadecimal digits and nothing else.
fn is_digits(text: &str) -> bool {
    matches!(text.len(), 64 | 128) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The text and a line break.
fn line(text: &str) -> Zeroizing<String> {
    let mut line = Zeroizing::new(String::with_capacity(text.len() + 1));
    line.push_str(text);
    line.push('\n');
    line
}
