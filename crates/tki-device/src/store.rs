//! The one trait, and what its implementations share.

use core::fmt;

use rand_core::CryptoRng;
use tki_seal::passphrase_file::MAGIC_BYTES;
use zeroize::Zeroizing;

use crate::error::Error;

/// The largest package: 16 MiB. A package holds a document, a mailbox and the few mailboxes that
/// are kept for offline use, each of which is at most 1 MiB and as a rule a few KiB.
pub const MAX_PACKAGE: usize = 16 * 1024 * 1024;

/// Where one device keeps its one package.
///
/// A package is an opaque, secret byte string. Everything said here holds across processes and
/// crashes for stores on disk. Whoever reads, changes and saves a package holds a lock of its own
/// meanwhile: a store does not tell two writers of one device apart.
pub trait DeviceStore: Send + Sync {
    /// The package as last saved; `None` if there is none, because none was ever saved or it was
    /// removed. Anything else that is not exactly a saved package is an error, never `None`.
    ///
    /// # Errors
    /// - [`Error::WrongPassphrase`], [`Error::Corrupt`], [`Error::OtherStore`],
    ///   [`Error::Unsupported`], [`Error::TooLarge`], [`Error::KeyDerivation`]: there is something,
    ///   which this store cannot give.
    /// - [`Error::Keyring`], [`Error::NoKey`]: there is something, and what opens it is not at hand.
    /// - [`Error::File`]: nothing is known.
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Error>;

    /// Makes `package` what [`load`](Self::load) returns, all of it or nothing, and durably.
    ///
    /// Replaces only what this store could load, so that neither passphrase nor kind of store
    /// changes unnoticed; anything else that is to go is removed first.
    ///
    /// # Errors
    /// [`Error::TooLarge`], and those of [`load`](Self::load). What was saved before stays, unless
    /// [`Error::is_outcome_unknown`].
    fn save(&self, package: &[u8], rng: &mut dyn CryptoRng) -> Result<(), Error>;

    /// Removes whatever is there, readable or not. Nothing there is no error.
    ///
    /// # Errors
    /// [`Error::File`].
    fn remove(&self) -> Result<(), Error>;
}

/// A kind of store, as a file tells it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StoreKind {
    /// A file sealed under a key that a keyring holds.
    Keyring,
    /// A file sealed under a passphrase.
    Passphrase,
    /// A file that is not encrypted.
    Plain,
}

impl StoreKind {
    /// `keyring`, `passphrase` or `plain`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Passphrase => "passphrase",
            Self::Plain => "plain",
        }
    }

    /// The bytes that every file of this kind begins with.
    pub(crate) const fn magic(self) -> [u8; MAGIC_BYTES] {
        match self {
            Self::Keyring => *b"TKI-DEVK",
            Self::Passphrase => *b"TKI-DEVS",
            Self::Plain => *b"TKI-DEVP",
        }
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a file is that begins with this magic, which is not the one that was looked for.
pub(crate) fn other_kind(magic: [u8; MAGIC_BYTES]) -> Error {
    [StoreKind::Keyring, StoreKind::Passphrase, StoreKind::Plain]
        .into_iter()
        .find(|kind| kind.magic() == magic)
        .map_or(Error::Corrupt, |found| Error::OtherStore { found })
}

/// Refuses a package that could not be loaded again.
pub(crate) const fn check_size(package: &[u8]) -> Result<(), Error> {
    if package.len() > MAX_PACKAGE {
        Err(Error::TooLarge)
    } else {
        Ok(())
    }
}

/// The largest file: the largest package and less than 1 KiB of header.
pub(crate) const MAX_FILE: u64 = MAX_PACKAGE as u64 + 1024;
