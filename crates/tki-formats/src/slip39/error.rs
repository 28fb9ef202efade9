//! Why shares of SLIP-0039 are none, or do not open.

use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

/// Why a text is no share, or shares do not give a secret. Says nothing of the words, but for near
/// words.
#[derive(Clone, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Slip39Error {
    /// They are a phrase of BIP-39.
    #[error(
        "these are words of BIP-39, not a share of SLIP-39: a wallet's phrase, or recovery words \
         of this program"
    )]
    Bip39,
    /// The words are all in the list and do not fit together.
    #[error("the words do not fit together: one of them is wrong, or their order is")]
    Checksum,
    /// Two shares have the same number and differ.
    #[error("two shares have the same number and are not the same")]
    Conflict,
    /// Deriving from the passphrase would take more than ten million rounds.
    #[error("the shares ask for minutes of work for each passphrase")]
    Cost,
    /// A share contradicts itself, though its checksum fits: no program wrote it so.
    #[error("the share is malformed")]
    Malformed,
    /// Not from the same sharing as the first.
    #[error("share {position} is not from the same sharing as the first")]
    OtherSet {
        /// Which share, counted from 1.
        position: usize,
    },
    /// SLIP-0039 knows passphrases of printable ASCII alone.
    #[error("a passphrase of SLIP-39 has only letters, digits and signs of ASCII, and blanks")]
    Passphrase,
    /// The secret has fewer than 16 or more than 64 bytes, or an odd number of them.
    #[error("a secret of SLIP-39 has 16 to 64 bytes, and an even number of them")]
    SecretLength,
    /// The digest inside is wrong: a share is of another key, or was made wrongly.
    #[error("the shares do not fit together")]
    SharesDiffer,
    /// No sharing has this threshold and this count.
    #[error("a sharing has 2 to 16 shares and a threshold of 2 or more of them, or is 1 of 1")]
    Sharing,
    /// There are groups, and not enough of them are whole.
    #[error("{whole} groups of shares are whole, and {needed} are needed")]
    TooFewGroups {
        /// Groups with as many shares as they need.
        whole: usize,
        /// Groups that are needed.
        needed: usize,
    },
    /// More shares are needed.
    #[error("found {found} different shares, and {needed} are needed")]
    TooFewShares {
        /// Different shares.
        found: usize,
        /// Shares that are needed.
        needed: usize,
    },
    /// A word is not in the list.
    #[error("word {position} is not in the word list")]
    UnknownWord {
        /// Which word, counted from 1.
        position: usize,
        /// The nearest words of the list, nearest first; at most five, often none. As good as the
        /// word itself: show them to whoever typed it and to nobody else.
        near: Vec<&'static str>,
    },
    /// No share has so many words.
    #[error("found {found} words; a share has 20 or 33, seldom another number")]
    WrongCount {
        /// How many there are.
        found: usize,
    },
}

impl fmt::Debug for Slip39Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bip39 => f.write_str("Bip39"),
            Self::Checksum => f.write_str("Checksum"),
            Self::Conflict => f.write_str("Conflict"),
            Self::Cost => f.write_str("Cost"),
            Self::Malformed => f.write_str("Malformed"),
            Self::OtherSet { position } => write!(f, "OtherSet {{ position: {position} }}"),
            Self::Passphrase => f.write_str("Passphrase"),
            Self::SecretLength => f.write_str("SecretLength"),
            Self::SharesDiffer => f.write_str("SharesDiffer"),
            Self::Sharing => f.write_str("Sharing"),
            Self::TooFewGroups { whole, needed } => {
                write!(f, "TooFewGroups {{ whole: {whole}, needed: {needed} }}")
            }
            Self::TooFewShares { found, needed } => {
                write!(f, "TooFewShares {{ found: {found}, needed: {needed} }}")
            }
            Self::UnknownWord { position, near: _ } => {
                write!(f, "UnknownWord {{ position: {position}, .. }}")
            }
            Self::WrongCount { found } => write!(f, "WrongCount {{ found: {found} }}"),
        }
    }
}
