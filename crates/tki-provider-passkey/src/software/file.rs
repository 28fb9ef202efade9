//! The file of a software authenticator.
//!
//! ```text
//! without a passphrase = "TKI-PKEY" ‖ version 1 (1) ‖ H(PasskeyFile, "open", content) (32) ‖ content
//! with one             = a file under a passphrase, magic "TKI-PKYS", of the content
//! ```
//!
//! Specification: `docs/spec/passkey.md`, section 2.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_seal::passphrase_file::{FileKey, FileKind, SealedFile};
use tki_seal::password::Argon2Params;
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use super::content::Content;
use crate::error::Error;

/// No file of any version is larger.
pub(super) const MAX_FILE: u64 = 16 * 1024;

const OPEN_MAGIC: &[u8; 8] = b"TKI-PKEY";
const SEALED_MAGIC: &[u8; 8] = b"TKI-PKYS";
const KIND: FileKind = FileKind::new(*SEALED_MAGIC, Tag::PasskeyFile);
const VERSION: u8 = 1;

/// The key of a new file.
pub(super) fn new_key(
    passphrase: &[u8],
    params: Argon2Params,
    rng: &mut (dyn CryptoRng + Send),
) -> Result<FileKey, Error> {
    Ok(FileKey::create(KIND, passphrase, params, rng)?)
}

/// Whether the file is under a passphrase.
pub(super) fn is_sealed(bytes: &[u8]) -> Result<bool, Error> {
    let (magic, rest) = bytes.split_first_chunk().ok_or(Error::Corrupt)?;
    match magic {
        OPEN_MAGIC => open_content(rest).map(|_| false),
        SEALED_MAGIC => Ok(SealedFile::parse(KIND, bytes).map(|_| true)?),
        _ => Err(Error::Corrupt),
    }
}

/// The key of this file, if it has one.
pub(super) fn derive_key(
    bytes: &[u8],
    passphrase: Option<&[u8]>,
) -> Result<Option<FileKey>, Error> {
    match (is_sealed(bytes)?, passphrase) {
        (true, Some(passphrase)) => {
            let key = SealedFile::parse(KIND, bytes)?.derive_key(passphrase)?;
            Ok(Some(key))
        }
        (true, None) => Err(Error::PassphraseNeeded),
        (false, Some(_)) => Err(Error::WrongPassphrase),
        (false, None) => Ok(None),
    }
}

/// The file that keeps this content.
pub(super) fn encode(
    content: &Content,
    key: Option<&FileKey>,
    rng: &mut (dyn CryptoRng + Send),
) -> Result<Zeroizing<Vec<u8>>, Error> {
    // Step 2.3: sealed, or with the hash that finds damage.
    let content = content.encode().ok_or(Error::Full)?;
    if let Some(key) = key {
        return Ok(Zeroizing::new(key.seal(&content, rng)));
    }
    let size = OPEN_MAGIC.len() + 1 + 32 + content.len();
    let mut file = Zeroizing::new(Vec::with_capacity(size));
    file.extend_from_slice(OPEN_MAGIC);
    file.push(VERSION);
    file.extend_from_slice(&hash(&content));
    file.extend_from_slice(&content);
    Ok(file)
}

/// The content of a file, given its key.
pub(super) fn decode(bytes: &[u8], key: Option<&FileKey>) -> Result<Content, Error> {
    let content = match (is_sealed(bytes)?, key) {
        (true, Some(key)) => SealedFile::parse(KIND, bytes)?.open(key)?,
        (true, None) => return Err(Error::PassphraseNeeded),
        (false, Some(_)) => return Err(Error::Corrupt),
        (false, None) => {
            let rest = bytes.strip_prefix(OPEN_MAGIC).ok_or(Error::Corrupt)?;
            Zeroizing::new(open_content(rest)?.into())
        }
    };
    Content::decode(&content).ok_or(Error::Corrupt)
}

/// What follows the magic of a file without a passphrase: version, hash, content.
fn open_content(rest: &[u8]) -> Result<&[u8], Error> {
    let rest = match rest.split_first().ok_or(Error::Corrupt)? {
        (&VERSION, rest) => rest,
        (&version, _) => return Err(Error::Unsupported { version }),
    };
    let (expected, content) = rest.split_first_chunk().ok_or(Error::Corrupt)?;
    if *expected != hash(content) {
        return Err(Error::Corrupt);
    }
    Ok(content)
}

fn hash(content: &[u8]) -> [u8; 32] {
    Transcript::new(Tag::PasskeyFile)
        .bytes(b"open")
        .bytes(content)
        .digest()
}
