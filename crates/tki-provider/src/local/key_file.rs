//! The file that keeps a local provider's one secret.
//!
//! It is laid out as [`tki_seal::passphrase_file`] says, with the secret as content, written once
//! and never changed.
//!
//! Specification: `docs/spec/provider.md`, section 2.

use std::path::Path;

use rand_core::CryptoRng;
use tki_seal::passphrase_file::{FileKey, FileKind, SealedFile};
use tki_seal::password::Argon2Params;
use tki_seal::transcript::Tag;
use zeroize::Zeroizing;

use super::error::LocalError;

/// Makes a secret and the file that keeps it.
pub(super) fn create(
    path: &Path,
    passphrase: &[u8],
    params: Argon2Params,
    rng: &mut dyn CryptoRng,
) -> Result<Zeroizing<[u8; SECRET_BYTES]>, LocalError> {
    // Step 2.1: p is random.
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    rng.fill_bytes(secret.as_mut_slice());

    // Step 2.2: p, sealed under the passphrase, in a file that was not there.
    let key = FileKey::create(KIND, passphrase, params, rng)?;
    let file = key.seal(secret.as_slice(), rng);
    tki_file::write_new(path, &file).map_err(|error| {
        if matches!(error, tki_file::Error::AlreadyExists) {
            LocalError::AlreadyExists
        } else {
            LocalError::File(error)
        }
    })?;
    Ok(secret)
}

/// Opens a file.
pub(super) fn open(
    path: &Path,
    passphrase: &[u8],
) -> Result<Zeroizing<[u8; SECRET_BYTES]>, LocalError> {
    let file = match tki_file::read(path, FILE_BYTES) {
        Ok(file) => file.ok_or(LocalError::Missing)?,
        Err(tki_file::Error::TooLarge { .. }) => return Err(LocalError::Corrupt),
        Err(error) => return Err(LocalError::File(error)),
    };
    // Step 2.3: undamaged, opened by the passphrase, and of the right length.
    let file = SealedFile::parse(KIND, &file)?;
    let opened = file.open(&file.derive_key(passphrase)?)?;
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    if opened.len() != secret.len() {
        return Err(LocalError::Corrupt);
    }
    secret.copy_from_slice(&opened);
    Ok(secret)
}

const KIND: FileKind = FileKind::new(*b"TKI-PROV", Tag::ProviderFile);
const SECRET_BYTES: usize = 32;
/// No file of any version is larger.
const FILE_BYTES: u64 = 1024;
