//! What a guardian keeps: for each account that he guards one file under a passphrase.

use std::path::PathBuf;

use tki::Joining;
use tki::metadata::PendingJoin;
use tki::seal::passphrase_file::{FileError, FileKey, FileKind, SealedFile};
use tki::seal::transcript::Tag;

use crate::error::{Failure, Kind};
use crate::machine;
use crate::progress::Progress;
use crate::session::Session;

const FILE: FileKind = FileKind::new(*b"TKI-GRDN", Tag::GuardianFile);

/// Largest file.
const MAX_FILE: u64 = 64 * 1024;

/// One guardianship, unlocked.
pub(crate) struct Guardianship {
    path: PathBuf,
    key: FileKey,
    pub(crate) joining: Joining,
}

impl Guardianship {
    /// A new one, stored when this returns.
    pub(crate) fn create(session: &Session, name: &str, joining: Joining) -> Result<Self, Failure> {
        let path = session.home.guardianship(name)?;
        if path.exists() {
            return Err(exists(name));
        }
        let passphrase = session.guardian_passphrase(true)?;
        let progress = Progress::start(session.output, "making the guardian's file");
        let params = machine::argon2_params();
        let key = FileKey::create(FILE, &passphrase, params, &mut machine::random()?);
        drop(progress);
        let made = Self {
            path,
            key: key.map_err(failure)?,
            joining,
        };
        let folder = session.home.guardianships();
        tki_file::create_folder(&folder)
            .map_err(|error| Failure::file("could not create the home", &error))?;
        let sealed = made.sealed()?;
        tki_file::write_new(&made.path, &sealed)
            .map_err(|error| Failure::file("could not write the guardian's file", &error))?;
        Ok(made)
    }

    /// Unlocks one.
    pub(crate) fn open(session: &Session, name: &str) -> Result<Self, Failure> {
        let path = session.home.guardianship(name)?;
        let content = tki_file::read(&path, MAX_FILE)
            .map_err(|error| Failure::file("could not read the guardian's file", &error))?;
        let content = content.ok_or_else(|| {
            let message = format!("this machine guards no account {name}");
            Failure::usage(message).next("tki guardian list shows those that it does")
        })?;
        let sealed = SealedFile::parse(FILE, &content).map_err(failure)?;
        let passphrase = session.guardian_passphrase(false)?;
        let progress = Progress::start(session.output, "unlocking the guardian's file");
        let key = sealed.derive_key(&passphrase).map_err(failure)?;
        drop(progress);
        let opened = sealed.open(&key).map_err(failure)?;
        let pending = PendingJoin::decode(&opened).map_err(|error| {
            let kind = if error.is_unsupported() {
                Kind::Unsupported
            } else {
                Kind::CorruptFile
            };
            Failure::new(kind, tki::with_causes(&error)).context("the guardian's file")
        })?;
        Ok(Self {
            path,
            key,
            joining: Joining::from_pending(pending),
        })
    }

    /// Keeps it as it is now.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        tki_file::write(&self.path, &self.sealed()?)
            .map_err(|error| Failure::file("could not write the guardian's file", &error))
    }

    fn sealed(&self) -> Result<Vec<u8>, Failure> {
        let content = crate::carried::decoded(self.joining.pending().encode())?;
        Ok(self.key.seal(&content, &mut machine::random()?))
    }
}

fn exists(name: &str) -> Failure {
    let message = format!("this machine guards an account {name} already");
    Failure::new(Kind::Exists, message).next("choose another name, or: tki guardian forget NAME")
}

fn failure(error: FileError) -> Failure {
    let kind = match error {
        FileError::Corrupt | FileError::OtherKind { .. } => Kind::CorruptFile,
        FileError::KeyDerivation(_) => Kind::Unavailable,
        FileError::Unsupported { .. } => Kind::Unsupported,
        FileError::WrongPassphrase => Kind::WrongPassphrase,
    };
    let failure = Failure::new(kind, tki::with_causes(&error)).context("the guardian's file");
    if kind == Kind::CorruptFile {
        return failure.next("restore the file from a copy");
    }
    failure
}
