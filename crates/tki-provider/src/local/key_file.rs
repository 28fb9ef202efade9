//! The file that keeps a local provider's one secret.
//!
//! ```text
//! key    = HKDF(Argon2id(passphrase, salt, params), ProviderFile ‖ "key")
//! header = "TKI-PROV" ‖ version 1 (1) ‖ params (12) ‖ salt (32)
//! sealed = symmetric seal(key, ProviderFile ‖ "body" ‖ header, p)
//! file   = header ‖ H(ProviderFile, "sealed", header, sealed) (32) ‖ sealed
//! ```
//!
//! The hash finds damage, before any key is derived; what is undamaged and does not open was sealed
//! under another passphrase. The file is written once and never changed.
//!
//! Specification: `docs/spec/provider.md`, section 2.

use std::path::Path;

use rand_core::CryptoRng;
use tki_seal::kdf;
use tki_seal::password::{self, Argon2Params};
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use super::error::LocalError;

/// Makes a secret and the file that keeps it.
pub(super) fn create(
    path: &Path,
    passphrase: &[u8],
    params: Argon2Params,
    rng: &mut dyn CryptoRng,
) -> Result<Zeroizing<[u8; SECRET_BYTES]>, LocalError> {
    // Step 2.1: p and the salt.
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    rng.fill_bytes(secret.as_mut_slice());
    let mut salt = [0; SALT_BYTES];
    rng.fill_bytes(&mut salt);
    let header = Header { params, salt };

    // Step 2.2: p, sealed in the context of the header.
    let key = header.derive_key(passphrase)?;
    let sealed = symmetric::seal(&key, header.context(), secret.as_slice(), rng);

    // Step 2.3: header ‖ hash ‖ sealed.
    let mut file = header.encode();
    file.extend_from_slice(&header.hash(&sealed));
    file.extend_from_slice(&sealed);
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
    // Step 2.4: magic, version, parameters, hash.
    let (header, sealed) = Header::split(&file)?;

    // Step 2.5: an undamaged file that does not open has another passphrase.
    let key = header.derive_key(passphrase)?;
    let opened =
        symmetric::open(&key, header.context(), sealed).map_err(|_| LocalError::WrongPassphrase)?;
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    if opened.len() != secret.len() {
        return Err(LocalError::Corrupt);
    }
    secret.copy_from_slice(&opened);
    Ok(secret)
}

/// What the key is derived from besides the passphrase. Public.
struct Header {
    params: Argon2Params,
    salt: [u8; SALT_BYTES],
}

impl Header {
    fn derive_key(&self, passphrase: &[u8]) -> Result<SymmetricKey, LocalError> {
        let stretched = password::derive(passphrase, &self.salt, self.params)
            .map_err(LocalError::KeyDerivation)?;
        let key = kdf::derive_key(stretched.as_slice(), &[], tagged(b"key"));
        Ok(SymmetricKey::from_bytes(key))
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.params.to_bytes());
        bytes.extend_from_slice(&self.salt);
        bytes
    }

    fn hash(&self, sealed: &[u8]) -> [u8; HASH_BYTES] {
        tagged(b"sealed")
            .bytes(&self.encode())
            .bytes(sealed)
            .digest()
    }

    fn context(&self) -> Transcript {
        tagged(b"body").bytes(&self.encode())
    }

    /// Takes an undamaged file apart.
    fn split(file: &[u8]) -> Result<(Self, &[u8]), LocalError> {
        let rest = file.strip_prefix(&MAGIC).ok_or(LocalError::Corrupt)?;
        let rest = match rest.split_first().ok_or(LocalError::Corrupt)? {
            (&VERSION, rest) => rest,
            (&version, _) => return Err(LocalError::Unsupported { version }),
        };
        let (params, rest) = rest.split_first_chunk().ok_or(LocalError::Corrupt)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(LocalError::Corrupt)?;
        let (hash, sealed) = rest.split_first_chunk().ok_or(LocalError::Corrupt)?;
        let params = Argon2Params::from_bytes(params).map_err(|_| LocalError::Corrupt)?;
        let header = Self {
            params,
            salt: *salt,
        };
        // Before any key is derived: damaged parameters might cost a gigabyte.
        if *hash != header.hash(sealed) {
            return Err(LocalError::Corrupt);
        }
        Ok((header, sealed))
    }
}

fn tagged(label: &[u8]) -> Transcript {
    Transcript::new(Tag::ProviderFile).bytes(label)
}

const MAGIC: [u8; 8] = *b"TKI-PROV";
const VERSION: u8 = 1;
const SALT_BYTES: usize = 32;
const HASH_BYTES: usize = 32;
const SECRET_BYTES: usize = 32;
/// No file of any version is larger.
const FILE_BYTES: u64 = 1024;
