//! Files sealed under a passphrase: one layout for every kind of file. Bytes in, bytes out.
//!
//! ```text
//! key    = HKDF(Argon2id(passphrase, salt, params), tag ‖ "key")
//! header = magic (8) ‖ version 1 (1) ‖ params (12) ‖ salt (32)
//! sealed = symmetric seal(key, tag ‖ "body" ‖ header, content)
//! file   = header ‖ H(tag, "sealed", header, sealed) (32) ‖ sealed
//! ```
//!
//! The hash finds damage, before any key is derived; what is undamaged and does not open was sealed
//! under another passphrase, which is what the seal's key commitment proves. Whoever changes the
//! file on purpose can compute the hash, and then is taken for someone with another passphrase.
//!
//! Specification: `docs/spec/seal.md`, section 8.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::kdf;
use crate::password::{self, Argon2Params, PasswordError};
use crate::symmetric::{self, SymmetricKey};
use crate::transcript::{Tag, Transcript};

/// A kind of file: the bytes that it begins with, and the tag that its key, its seal and its hash
/// are derived under.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FileKind {
    magic: [u8; MAGIC_BYTES],
    tag: Tag,
}

impl FileKind {
    /// The kind with this magic and tag. A tag is one kind's alone; its owner may use it for other
    /// things with labels other than `key`, `body` and `sealed`.
    #[must_use]
    pub const fn new(magic: [u8; MAGIC_BYTES], tag: Tag) -> Self {
        Self { magic, tag }
    }

    fn transcript(self, label: &[u8]) -> Transcript {
        Transcript::new(self.tag).bytes(label)
    }
}

/// A key derived from a passphrase, with the header of the files that it seals and opens.
///
/// Deriving one is slow on purpose, so whoever opens or seals more than once keeps it. Not `Clone`.
pub struct FileKey {
    header: Header,
    key: SymmetricKey,
}

impl FileKey {
    /// The key of a new file, with a fresh salt.
    ///
    /// # Errors
    ///
    /// [`FileError::KeyDerivation`].
    pub fn create(
        kind: FileKind,
        passphrase: &[u8],
        params: Argon2Params,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, FileError> {
        // Step 8.1: the salt is random.
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        Self::derive(Header { kind, params, salt }, passphrase)
    }

    /// Step 8.2: key = HKDF(Argon2id(passphrase, salt, params)).
    fn derive(header: Header, passphrase: &[u8]) -> Result<Self, FileError> {
        let stretched = password::derive(passphrase, &header.salt, header.params)
            .map_err(FileError::KeyDerivation)?;
        let info = header.kind.transcript(b"key");
        let key = kdf::derive_key(stretched.as_slice(), &[], info);
        Ok(Self {
            header,
            key: SymmetricKey::from_bytes(key),
        })
    }

    /// The file that holds `content`. Every seal has fresh randomness of its own.
    ///
    /// # Security
    ///
    /// As [`symmetric::seal`]: the length of `content` shows.
    #[must_use]
    pub fn seal(&self, content: &[u8], rng: &mut (impl CryptoRng + ?Sized)) -> Vec<u8> {
        // Step 8.3: the content, sealed in the context of the header.
        let sealed = symmetric::seal(&self.key, self.header.context(), content, rng);

        // Step 8.4: header ‖ hash ‖ sealed.
        let mut file = self.header.encode();
        file.extend_from_slice(&self.header.hash(&sealed));
        file.extend_from_slice(&sealed);
        file
    }
}

// The header is public, and the key wipes itself.
impl ZeroizeOnDrop for FileKey {}

impl core::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FileKey").finish_non_exhaustive()
    }
}

/// An undamaged file that is not opened yet.
#[derive(Clone, Copy, Debug)]
pub struct SealedFile<'a> {
    header: Header,
    sealed: &'a [u8],
}

impl<'a> SealedFile<'a> {
    /// Takes a file apart, and checks all that can be checked without the passphrase.
    ///
    /// # Errors
    ///
    /// [`FileError::OtherKind`], [`FileError::Unsupported`], [`FileError::Corrupt`].
    pub fn parse(kind: FileKind, file: &'a [u8]) -> Result<Self, FileError> {
        // Step 8.5: magic, version, parameters, hash.
        let (magic, rest) = file.split_first_chunk().ok_or(FileError::Corrupt)?;
        if *magic != kind.magic {
            return Err(FileError::OtherKind { magic: *magic });
        }
        let rest = match rest.split_first().ok_or(FileError::Corrupt)? {
            (&VERSION, rest) => rest,
            (&version, _) => return Err(FileError::Unsupported { version }),
        };
        let (params, rest) = rest.split_first_chunk().ok_or(FileError::Corrupt)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(FileError::Corrupt)?;
        let (hash, sealed) = rest.split_first_chunk().ok_or(FileError::Corrupt)?;
        let header = Header {
            kind,
            params: Argon2Params::from_bytes(params).map_err(|_| FileError::Corrupt)?,
            salt: *salt,
        };
        // Before any key is derived: damaged parameters might cost a gigabyte.
        if *hash != header.hash(sealed) {
            return Err(FileError::Corrupt);
        }
        Ok(Self { header, sealed })
    }

    /// Whether `key` was derived for this file: from whatever passphrase, but with the file's own
    /// salt and parameters.
    #[must_use]
    pub fn is_for(&self, key: &FileKey) -> bool {
        self.header == key.header
    }

    /// Derives the key that opens this file, if the passphrase is the right one.
    ///
    /// # Errors
    ///
    /// [`FileError::KeyDerivation`].
    pub fn derive_key(&self, passphrase: &[u8]) -> Result<FileKey, FileError> {
        FileKey::derive(self.header, passphrase)
    }

    /// The content.
    ///
    /// # Errors
    ///
    /// [`FileError::WrongPassphrase`].
    pub fn open(&self, key: &FileKey) -> Result<Zeroizing<Vec<u8>>, FileError> {
        // Step 8.6: an undamaged file that does not open has another passphrase.
        symmetric::open(&key.key, self.header.context(), self.sealed)
            .map_err(|_| FileError::WrongPassphrase)
    }
}

/// Why a file was not sealed or opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "each kind of file turns every reason into one of its own"
)]
pub enum FileError {
    /// The file is damaged, or too short to tell what it is.
    Corrupt,
    /// No key could be derived from the passphrase.
    KeyDerivation(PasswordError),
    /// The file begins with other bytes than its kind does.
    OtherKind {
        /// The bytes that it begins with.
        magic: [u8; MAGIC_BYTES],
    },
    /// The file is of a format version that this release does not know.
    Unsupported {
        /// The version found.
        version: u8,
    },
    /// The passphrase is not the one that the file was sealed under.
    WrongPassphrase,
}

impl core::fmt::Display for FileError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Corrupt => "file is damaged",
            Self::KeyDerivation(_) => "could not derive a key from the passphrase",
            Self::OtherKind { .. } => "file is of another kind",
            Self::Unsupported { version } => {
                return write!(
                    f,
                    "file has format version {version}, which this release does not know"
                );
            }
            Self::WrongPassphrase => "wrong passphrase",
        })
    }
}

impl core::error::Error for FileError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::KeyDerivation(source) => Some(source),
            Self::Corrupt
            | Self::OtherKind { .. }
            | Self::Unsupported { .. }
            | Self::WrongPassphrase => None,
        }
    }
}

/// What a key is derived from besides the passphrase. Public.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Header {
    kind: FileKind,
    params: Argon2Params,
    salt: [u8; SALT_BYTES],
}

impl Header {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.kind.magic.to_vec();
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.params.to_bytes());
        bytes.extend_from_slice(&self.salt);
        bytes
    }

    fn hash(&self, sealed: &[u8]) -> [u8; HASH_BYTES] {
        let transcript = self.kind.transcript(b"sealed");
        transcript.bytes(&self.encode()).bytes(sealed).digest()
    }

    /// What the content is sealed in the context of.
    fn context(&self) -> Transcript {
        self.kind.transcript(b"body").bytes(&self.encode())
    }
}

/// Bytes that a file is longer than its content: header, hash, seal.
pub const OVERHEAD: usize =
    MAGIC_BYTES + 1 + Argon2Params::BYTES + SALT_BYTES + HASH_BYTES + symmetric::OVERHEAD;

/// Bytes of a magic.
pub const MAGIC_BYTES: usize = 8;

/// The format version of every kind of file.
const VERSION: u8 = 1;
const SALT_BYTES: usize = 32;
const HASH_BYTES: usize = 32;
