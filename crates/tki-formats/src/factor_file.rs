//! The file of a factor of kind *file*: an opening seed in armour, with a passphrase or without.
//!
//! ```text
//! content = version 1 (1) ‖ 0 (1) ‖ seed (32) ‖ account's version (8, big-endian)
//!         | version 1 (1) ‖ 1 (1) ‖ file under a passphrase, of seed ‖ account's version
//! text    = armour "FACTOR FILE" of content
//! ```
//!
//! It says nothing of the account that it belongs to: whoever finds it learns that it is a factor of
//! one, and no more. The account's version is a witness: the account cannot be older than its file.
//!
//! Specification: `docs/spec/factor-file.md`.

use alloc::{string::String, vec::Vec};
use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;
use tki_seal::passphrase_file::{FileError, FileKey, FileKind, SealedFile};
use tki_seal::password::Argon2Params;
use tki_seal::transcript::Tag;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::armour::{self, ArmourError};
use crate::word_lists;

/// What the armour says it is.
pub const KIND: &str = "FACTOR FILE";

/// Files under a passphrase begin so.
const FILE: FileKind = FileKind::new(*b"TKI-FACT", Tag::FactorFile);

const VERSION: u8 = 1;
const PLAIN: u8 = 0;
const SEALED: u8 = 1;

/// Bytes of seed and version.
const INNER: usize = 40;

/// What a factor's file holds.
///
/// # Security
/// The seed is secret, and wiped when dropped.
pub struct FactorSeed {
    seed: Zeroizing<[u8; 32]>,
    account_version: u64,
}

/// A factor's file that was read and perhaps not opened yet.
#[derive(Debug)]
pub struct FactorFile {
    content: Content,
}

enum Content {
    Plain(FactorSeed),
    /// Under a passphrase: undamaged when it was read.
    Sealed(Vec<u8>),
}

/// Why a text is no factor's file, or does not open.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum FactorFileError {
    /// No armour, or damaged.
    #[error(transparent)]
    Armour(#[from] ArmourError),
    /// The armour is undamaged, and what is in it is not.
    #[error("the file is damaged")]
    Damaged,
    /// No key could be derived from the passphrase.
    #[error("no key could be derived from the passphrase")]
    KeyDerivation,
    /// It is under a passphrase, and none was given.
    #[error("the file is under a passphrase")]
    MissingPassphrase,
    /// The armour holds something else, such as an invite.
    #[error("the file holds something else than a factor")]
    OtherKind,
    /// A later release wrote it.
    #[error("the file is of format version {version}, which this release does not know")]
    Unsupported {
        /// The version found.
        version: u8,
    },
    /// They are words, which are another kind of factor.
    #[error("these are words, and no factor's file")]
    Words,
    /// The passphrase is not the one that the file was written under.
    #[error("wrong passphrase")]
    WrongPassphrase,
}

impl FactorSeed {
    /// For a seed, of an account at this version.
    #[must_use]
    pub fn new(seed: &[u8; 32], account_version: u64) -> Self {
        Self {
            seed: Zeroizing::new(*seed),
            account_version,
        }
    }

    /// The opening seed.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The version of the account when the file was written; it is not older.
    #[must_use]
    pub const fn account_version(&self) -> u64 {
        self.account_version
    }

    /// The file, which whoever reads it can use.
    ///
    /// # Examples
    /// ```
    /// use tki_formats::factor_file::{FactorFile, FactorSeed};
    ///
    /// let text = FactorSeed::new(&[7; 32], 3).encode();
    /// let read = FactorFile::decode(&text)?.open(None)?;
    /// assert_eq!((read.expose_secret(), read.account_version()), (&[7; 32], 3));
    /// # Ok::<(), tki_formats::factor_file::FactorFileError>(())
    /// ```
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        // Step 1.1: in the clear.
        let mut content = Zeroizing::new(Vec::with_capacity(2 + INNER));
        content.extend_from_slice(&[VERSION, PLAIN]);
        content.extend_from_slice(&*self.inner());
        armour::encode(KIND, &content)
    }

    /// The file under a passphrase.
    ///
    /// # Errors
    /// [`FactorFileError::KeyDerivation`].
    ///
    /// # Security
    /// Whoever has the file can try passphrases; `params` say what each try costs.
    pub fn encode_sealed(
        &self,
        passphrase: &[u8],
        params: Argon2Params,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Zeroizing<String>, FactorFileError> {
        // Step 1.2: sealed.
        let key = FileKey::create(FILE, passphrase, params, rng).map_err(sealed_error)?;
        let sealed = key.seal(&*self.inner(), rng);
        let mut content = Vec::with_capacity(2 + sealed.len());
        content.extend_from_slice(&[VERSION, SEALED]);
        content.extend_from_slice(&sealed);
        Ok(armour::encode(KIND, &content))
    }

    fn inner(&self) -> Zeroizing<[u8; INNER]> {
        let mut inner = Zeroizing::new([0; INNER]);
        let bytes = self.seed.iter().copied();
        let bytes = bytes.chain(self.account_version.to_be_bytes());
        for (place, byte) in inner.iter_mut().zip(bytes) {
            *place = byte;
        }
        inner
    }

    /// Step 2.3: seed and version, and nothing after them.
    fn from_inner(inner: &[u8]) -> Result<Self, FactorFileError> {
        let (seed, version) = inner.split_first_chunk().ok_or(FactorFileError::Damaged)?;
        let version = <[u8; 8]>::try_from(version).map_err(|_| FactorFileError::Damaged)?;
        Ok(Self::new(seed, u64::from_be_bytes(version)))
    }
}

impl FactorFile {
    /// Reads a file: one armoured part, with anything before and after it.
    ///
    /// # Errors
    /// - [`FactorFileError::Words`] if there is no armour, but words.
    /// - [`FactorFileError::Armour`], [`FactorFileError::OtherKind`],
    ///   [`FactorFileError::Unsupported`], [`FactorFileError::Damaged`].
    pub fn decode(text: &str) -> Result<Self, FactorFileError> {
        // Step 2.1: the armour, and its kind.
        let armoured = armour::decode(text).map_err(|error| {
            let words = word_lists::is_bip39(text) || word_lists::is_slip39(text);
            if error == ArmourError::NoArmour && words {
                FactorFileError::Words
            } else {
                error.into()
            }
        })?;
        if armoured.kind != KIND {
            return Err(FactorFileError::OtherKind);
        }
        // Step 2.2: the version, and whether there is a passphrase.
        let content = match armoured.content.as_slice() {
            [VERSION, PLAIN, inner @ ..] => Content::Plain(FactorSeed::from_inner(inner)?),
            [VERSION, SEALED, sealed @ ..] => {
                SealedFile::parse(FILE, sealed).map_err(sealed_error)?;
                Content::Sealed(sealed.to_vec())
            }
            [VERSION, ..] | [] => return Err(FactorFileError::Damaged),
            [version, ..] => return Err(FactorFileError::Unsupported { version: *version }),
        };
        Ok(Self { content })
    }

    /// Whether a passphrase is needed.
    #[must_use]
    pub const fn is_sealed(&self) -> bool {
        matches!(self.content, Content::Sealed(_))
    }

    /// What is in it. A passphrase that is not needed does not matter.
    ///
    /// # Errors
    /// [`FactorFileError::MissingPassphrase`], [`FactorFileError::WrongPassphrase`],
    /// [`FactorFileError::KeyDerivation`], [`FactorFileError::Damaged`].
    pub fn open(self, passphrase: Option<&[u8]>) -> Result<FactorSeed, FactorFileError> {
        let sealed = match self.content {
            Content::Plain(seed) => return Ok(seed),
            Content::Sealed(sealed) => sealed,
        };
        // Step 2.4: with the passphrase.
        let passphrase = passphrase.ok_or(FactorFileError::MissingPassphrase)?;
        let file = SealedFile::parse(FILE, &sealed).map_err(sealed_error)?;
        let key = file.derive_key(passphrase).map_err(sealed_error)?;
        FactorSeed::from_inner(&file.open(&key).map_err(sealed_error)?)
    }
}

/// Whether a text has a factor's file in it, undamaged or not.
#[must_use]
pub fn is_like(text: &str) -> bool {
    text.contains("-----BEGIN TKI FACTOR FILE-----")
}

// The seed is wiped by its own type.
impl ZeroizeOnDrop for FactorSeed {}

impl fmt::Debug for FactorSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FactorSeed").finish_non_exhaustive()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain(..)",
            Self::Sealed(_) => "Sealed(..)",
        })
    }
}

const fn sealed_error(error: FileError) -> FactorFileError {
    match error {
        FileError::Corrupt | FileError::OtherKind { .. } => FactorFileError::Damaged,
        FileError::KeyDerivation(_) => FactorFileError::KeyDerivation,
        FileError::Unsupported { version } => FactorFileError::Unsupported { version },
        FileError::WrongPassphrase => FactorFileError::WrongPassphrase,
    }
}
