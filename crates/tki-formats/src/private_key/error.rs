//! Why something is no private key.

use thiserror::Error;

use crate::derivation::DerivationError;

/// Why bytes or digits are not a private key, or a key has no such form.
///
/// Nothing here says which byte is wrong, or repeats what was read.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PrivateKeyError {
    /// No base58, or another number of bytes than the format has.
    #[error("the text is no private key in base58")]
    Base58,
    /// The checksum of base58 is another's: a letter is wrong or missing.
    #[error("the checksum is wrong: a letter is wrong or missing")]
    Checksum,
    /// No key follows at this path.
    #[error(transparent)]
    Derivation(#[from] DerivationError),
    /// The file is under a passphrase, which is not read here.
    #[error("the private key is under a passphrase: take it off first")]
    Encrypted,
    /// Other characters than hexadecimal digits, or another number of them.
    #[error("not the hexadecimal digits of a private key")]
    Hex,
    /// No JSON Web Key of a private key, or damaged.
    #[error("the file is no private key as a JSON Web Key")]
    Jwk,
    /// No Web3 keystore of version 3, or damaged.
    #[error("the file is no keystore of version 3, or is damaged")]
    Keystore,
    /// The keystore asks for more work or memory than any honest one.
    #[error("opening the keystore would cost more than 1 GiB of memory or minutes of work")]
    KeystoreCost,
    /// The passphrase is wrong, or the keystore is damaged: they cannot be told apart.
    #[error("the passphrase is wrong, or the keystore is damaged")]
    KeystorePassphrase,
    /// A phrase or an extended key stands for many keys.
    #[error("which key of the tree? a path is needed, such as m/44'/60'/0'/0/0")]
    MissingPath,
    /// The file is under a passphrase, and none was given.
    #[error("a passphrase is needed")]
    MissingPassphrase,
    /// The format has no keys of this curve.
    #[error("the format has no form for a key of this curve")]
    NoForm,
    /// The format wants the seed of an Ed25519 key of which the scalar alone is known.
    #[error("the seed of this key is not known, and the format has no form for its scalar")]
    NoSeed,
    /// No OpenSSH private key, or damaged.
    #[error("the file is no private key of OpenSSH, or is damaged")]
    OpenSsh,
    /// A key for something else, such as RSA or another curve.
    #[error("the private key is of none of secp256k1, P-256 and Ed25519")]
    OtherAlgorithm,
    /// The key is of another curve than the one that was asked for.
    #[error("the private key is of another curve")]
    OtherCurve,
    /// Another kind of PEM.
    #[error("the file holds something else than this kind of private key")]
    OtherPem,
    /// Zero, or not less than the order of the curve.
    #[error("the number is no private key of this curve")]
    OutOfRange,
    /// The words are all in the list and do not fit together.
    #[error("the words do not fit together: one of them is wrong, or their order is")]
    PhraseChecksum,
    /// A phrase of BIP-39 has 12, 15, 18, 21 or 24 words.
    #[error("found {found} words instead of 12, 15, 18, 21 or 24")]
    PhraseCount {
        /// How many there are.
        found: usize,
    },
    /// The words are shares of SLIP-39.
    #[error("these are words of SLIP-39, not of BIP-39: they are read as shares")]
    PhraseSlip39,
    /// A word is not in the English list of BIP-39.
    #[error("word {position} is not in the word list")]
    PhraseWord {
        /// Which word, counted from 1.
        position: usize,
    },
    /// No PKCS#8, or damaged.
    #[error("the file is no private key in PKCS#8, or is damaged")]
    Pkcs8,
    /// It is a public key, with which nobody signs.
    #[error("it is a public key")]
    PublicKey,
    /// The public key or address beside it is another's.
    #[error("the public key in the file is not that of the private key")]
    PublicKeyMismatch,
    /// No SEC 1 key, or damaged.
    #[error("the file is no EC PRIVATE KEY, or is damaged")]
    Sec1,
    /// The secret that shares of SLIP-39 hold is no private key; a wallet's needs a path.
    #[error(
        "what the shares hold is not one private key of 32 bytes; if they are a wallet's, a path \
         is needed, such as m/44'/60'/0'/0/0"
    )]
    Slip39Length,
    /// No list of the 64 numbers of a Solana keypair.
    #[error("the file is no keypair of Solana: a list of 64 numbers below 256")]
    SolanaKeypair,
    /// Longer than any private key.
    #[error("the file is too large for a private key")]
    TooLarge,
    /// The key of this text is used with uncompressed public keys, which have other addresses.
    #[error("the key is for uncompressed public keys, whose addresses are not made here")]
    Uncompressed,
    /// The formats do not tell what this is.
    #[error("the file is a private key in no format that is known here")]
    UnknownFormat,
    /// No extended private key of BIP-32, or damaged.
    #[error("the text is no extended private key (xprv or tprv)")]
    Xprv,
}
