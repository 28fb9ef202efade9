//! Why no key follows.

use thiserror::Error;

/// Why a path is none, or there is no key at it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum DerivationError {
    /// The chain has keys of another curve.
    #[error("the chain has keys of another curve")]
    Curve,
    /// Ed25519 has hardened children alone.
    #[error("on ed25519 every step of a path is hardened: write 0' instead of 0")]
    Hardened,
    /// What follows from chain code and number is no key, or a seed is none.
    #[error("there is no key at this number: take another")]
    NoKey,
    /// Children of an Ed25519 key follow from its seed, and the scalar alone is known.
    #[error("the seed of this key is not known, and its scalar has no tree of keys")]
    NoSeed,
    /// No path, such as m/44'/60'/0'/0/0.
    #[error(
        "not a path such as m/44'/60'/0'/0/0: numbers below 2147483648 after m, ' for hardened"
    )]
    Path,
    /// A seed has 16 to 64 bytes.
    #[error("a seed of a tree has 16 to 64 bytes")]
    SeedLength,
    /// A tree has at most 255 levels below its top.
    #[error("the path goes more than 255 levels down")]
    TooDeep,
}
