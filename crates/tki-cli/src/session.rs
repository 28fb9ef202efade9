//! One run of a command: its options, its home, what it may ask for.

use core::cell::RefCell;
use std::path::{Path, PathBuf};

use tki::ReadOptions;
use tki::device::{DeviceStore, PassphraseFile, PlainFile, StoreKind};
use tki::provider::{LocalBlindEvaluator, LocalError, LocalProvider};
use tki::storage::Storage;
use tki_file::Lock;
use zeroize::Zeroizing;

use crate::args::{Global, StoreArg};
use crate::error::{Failure, Kind};
use crate::home::{self, Home};
use crate::invites;
use crate::machine;
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::sealed_package::SealedPackage;
use crate::secret_input::{self, StandardInput};
use crate::storage::{self, Place};

/// What a command does to the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Makes a home, a storage and a provider where there are none, also to restore into.
    Create,
    /// Makes a home for a new device of an account that is elsewhere.
    Join,
    /// Uses what is there.
    Use,
}

/// One run of a command in a home, alone in it.
pub(crate) struct Session {
    pub(crate) global: Global,
    pub(crate) output: Output,
    pub(crate) home: Home,
    pub(crate) input: StandardInput,
    /// Where the records are.
    pub(crate) place: Place,
    /// The requests for help whose answers are used.
    pub(crate) answered: RefCell<Vec<[u8; 32]>>,
    storage: Option<Box<dyn Storage>>,
    lock: Option<Lock>,
}

impl Session {
    /// Finds and locks the home, and opens the storage.
    pub(crate) async fn begin(global: &Global, purpose: Purpose) -> Result<Self, Failure> {
        let home = Home::find(global)?;
        if let Some(url) = &global.provider {
            // Before anything else, whether it will be needed or not.
            home::strip_scheme("provider", url, "local")?;
        }
        if let Some(url) = &global.evaluator {
            home::strip_scheme("evaluator", url, "local")?;
        }
        let place = Place::find(global, &home)?;
        if purpose != Purpose::Use {
            home.create_folder()?;
        }
        let lock = match home.exists().then(|| home.lock()).transpose() {
            // Then nothing is written, and a copy on a read-only disk will do.
            Err(failure) if reads_only(global, &place) && failure.kind == Kind::ReadOnly => None,
            lock => lock?,
        };
        let mut session = Self {
            global: global.clone(),
            output: Output::new(global),
            home,
            input: StandardInput::default(),
            place,
            answered: RefCell::default(),
            storage: None,
            lock,
        };
        if !session.reads_only() {
            session.remove_expired();
        }
        if !global.offline {
            let is_named = global.storage.is_some();
            session.storage = session
                .place
                .open(purpose, is_named, session.output)
                .await?;
            if purpose != Purpose::Use {
                session.place.note(&session.home)?;
            }
        }
        Ok(session)
    }

    /// A run that only looks: nothing is locked, opened or made, and nothing that has expired is
    /// removed.
    pub(crate) fn looking(global: &Global) -> Result<Self, Failure> {
        let home = Home::find(global)?;
        let place = Place::find(global, &home)?;
        let global = Global {
            offline: true,
            ..global.clone()
        };
        Ok(Self {
            output: Output::new(&global),
            global,
            home,
            input: StandardInput::default(),
            place,
            answered: RefCell::default(),
            storage: None,
            lock: None,
        })
    }

    /// The same without a storage, for what needs none.
    pub(crate) async fn begin_apart(global: &Global, purpose: Purpose) -> Result<Self, Failure> {
        let apart = Global {
            offline: true,
            ..global.clone()
        };
        let session = Self::begin(&apart, purpose).await?;
        if !global.offline {
            session.remove_expired();
        }
        Ok(session)
    }

    /// Whatever has expired is forgotten by the next command, whichever it is.
    fn remove_expired(&self) {
        if self.lock.is_some() {
            invites::remove_expired(&self.home);
        }
    }

    /// Whether the command leaves device, provider and receipts as they are: it does not see the
    /// storage itself.
    pub(crate) fn reads_only(&self) -> bool {
        reads_only(&self.global, &self.place)
    }

    /// Refuses a change to what can only be read.
    pub(crate) fn check_changeable(&self) -> Result<(), Failure> {
        let Place::Bundle(file) = &self.place else {
            return Ok(());
        };
        let file = file.display();
        Err(
            Failure::usage("a backup is only read, and not changed").next(format!(
                "restore it first: tki restore {file} --storage redb:PATH; then use that storage"
            )),
        )
    }

    /// The storage, unless the command works without it.
    pub(crate) fn storage(&self) -> Result<&dyn Storage, Failure> {
        if self.global.offline {
            return Err(Failure::usage("this needs the storage").next("leave out --offline"));
        }
        self.storage.as_deref().ok_or_else(|| {
            Failure::new(
                Kind::Unavailable,
                "there is no storage at the default place",
            )
            .next("say where the records are: --storage redb:PATH; or use --offline")
        })
    }

    /// Reads the records from another place from now on.
    pub(crate) async fn move_to(&mut self, place: Place) -> Result<(), Failure> {
        self.storage = place.open(Purpose::Use, true, self.output).await?;
        place.note(&self.home)?;
        self.place = place;
        Ok(())
    }

    /// Restores the backup that stands in for the storage into the home's own storage, which is used
    /// from now on.
    pub(crate) async fn restore_backup(&mut self) -> Result<(), Failure> {
        let Place::Bundle(file) = &self.place else {
            return Ok(());
        };
        let bundle = storage::read_bundle(file)?;
        let own = Place::Redb(self.home.default_storage());
        let storage = own.open(Purpose::Create, false, self.output).await?;
        let storage = storage.ok_or_else(|| Failure::new(Kind::Internal, "no storage was made"))?;
        storage::restore(storage.as_ref(), &bundle).await?;
        self.storage = Some(storage);
        self.place = own;
        Ok(())
    }

    /// Where the records are read from, as a person would name it.
    pub(crate) fn place_name(&self) -> String {
        if self.global.offline {
            "none: the copies on this device".into()
        } else {
            self.place.name()
        }
    }

    /// What the account is held against.
    pub(crate) fn read_options(&self, printed_version: Option<u64>) -> ReadOptions {
        let mut options = ReadOptions::default();
        options.account = self.global.account_id;
        options.at_least_version = self.global.at_least_version.max(printed_version);
        options
    }

    /// Where the provider is.
    pub(crate) fn provider_path(&self, url: Option<&str>) -> Result<PathBuf, Failure> {
        match url.or(self.global.provider.as_deref()) {
            Some(url) => Ok(home::strip_scheme("provider", url, "local")?.to_path_buf()),
            None => Ok(self.home.default_provider()),
        }
    }

    /// Opens the provider, making its key file if it is to be and is not there.
    pub(crate) fn provider(
        &self,
        url: Option<&str>,
        purpose: Purpose,
    ) -> Result<LocalProvider, Failure> {
        let path = self.provider_path(url)?;
        let is_there = path.exists();
        if !is_there && purpose != Purpose::Create {
            let message = format!("there is no provider key file at {}", path.display());
            return Err(Failure::new(Kind::NoProvider, message));
        }
        let passphrase = self.provider_passphrase(is_there)?;
        let rng = machine::random()?;
        if is_there {
            let _progress = Progress::start(self.output, "unlocking the provider");
            return LocalProvider::open(&path, &passphrase, rng).map_err(|e| local_failure(&e));
        }
        let progress = Progress::start(self.output, "making a provider key");
        let made = LocalProvider::create(&path, &passphrase, machine::argon2_params(), rng);
        drop(progress);
        let provider = made.map_err(|error| local_failure(&error))?;
        self.output
            .say(&format!("made a local provider: {}", path.display()));
        Ok(provider)
    }

    fn provider_passphrase(&self, is_there: bool) -> Result<Zeroizing<Vec<u8>>, Failure> {
        if let Some(file) = &self.global.provider_passphrase_file {
            return self.input.passphrase(file, "provider passphrase");
        }
        if !output::is_interactive() {
            return Err(Failure::usage("the provider needs its passphrase")
                .next("give it in a file: --provider-passphrase-file FILE"));
        }
        if is_there {
            let typed = secret_input::prompt("passphrase of the provider")?;
            return Ok(Zeroizing::new(typed.as_bytes().to_vec()));
        }
        secret_input::prompt_new("new passphrase for the provider")
    }

    /// Opens the evaluator of answers, if one is named, making its key file if it is to be and is
    /// not there.
    pub(crate) fn evaluator(
        &self,
        purpose: Purpose,
    ) -> Result<Option<LocalBlindEvaluator>, Failure> {
        self.evaluator_at(None, purpose)
    }

    /// The same at another place, if there is one.
    pub(crate) fn evaluator_at(
        &self,
        url: Option<&str>,
        purpose: Purpose,
    ) -> Result<Option<LocalBlindEvaluator>, Failure> {
        let Some(url) = url.or(self.global.evaluator.as_deref()) else {
            return Ok(None);
        };
        let path = home::strip_scheme("evaluator", url, "local")?;
        if path.exists() || purpose != Purpose::Create {
            let opened = LocalBlindEvaluator::open(path);
            return opened.map(Some).map_err(|e| evaluator_failure(&e, path));
        }
        let made = LocalBlindEvaluator::create(path, EVALUATIONS, &mut machine::random()?);
        let made = made.map_err(|error| evaluator_failure(&error, path))?;
        self.output.say(&format!(
            "made an evaluator, which grants {EVALUATIONS} evaluations: {}\n\
             Keep it where whoever has the account's records does not come: beside them it is worth \
             nothing.",
            path.display()
        ));
        Ok(Some(made))
    }

    /// Whether there is a provider to use: one that is named, or the home's own if nothing has to
    /// be asked for that cannot be had.
    pub(crate) fn has_provider(&self) -> bool {
        if self.global.provider.is_some() {
            return true;
        }
        let can_unlock = self.global.provider_passphrase_file.is_some() || output::is_interactive();
        can_unlock && self.provider_path(None).is_ok_and(|path| path.exists())
    }

    /// The store of this machine's device package, if there is one.
    pub(crate) fn device_store(&self) -> Result<Option<Box<dyn DeviceStore>>, Failure> {
        let path = self.home.package();
        let plain = PlainFile::new(&path);
        match plain.load() {
            Ok(None) => Ok(None),
            Ok(Some(_)) => Ok(Some(Box::new(plain))),
            Err(tki::device::Error::OtherStore {
                found: StoreKind::Passphrase,
            }) => {
                let passphrase = self.device_passphrase(false)?;
                Ok(Some(Box::new(self.sealed_package(&path, &passphrase))))
            }
            Err(tki::device::Error::OtherStore {
                found: StoreKind::Keyring,
            }) => keyring_file(&path).map(Some),
            Err(error) => Err(Failure::from(error).context("the device package")),
        }
    }

    /// A store for a new device package.
    pub(crate) fn new_device_store(&self) -> Result<Box<dyn DeviceStore>, Failure> {
        self.home.create()?;
        let path = self.home.package();
        match self.global.device_store {
            #[cfg(feature = "keyring")]
            StoreArg::Keyring => keyring_file(&path),
            StoreArg::Plain => Ok(Box::new(PlainFile::new(path))),
            StoreArg::Passphrase => {
                let passphrase = self.device_passphrase(true)?;
                Ok(Box::new(self.sealed_package(&path, &passphrase)))
            }
        }
    }

    fn sealed_package(&self, path: &Path, passphrase: &[u8]) -> SealedPackage {
        SealedPackage {
            file: PassphraseFile::new(path, passphrase, machine::argon2_params()),
            output: self.output,
        }
    }

    /// The passphrase of a guardian's file.
    pub(crate) fn guardian_passphrase(&self, is_new: bool) -> Result<Zeroizing<Vec<u8>>, Failure> {
        if let Some(file) = &self.global.passphrase_file {
            return self.input.passphrase(file, "guardian's passphrase");
        }
        if !output::is_interactive() {
            return Err(Failure::usage("a guardian's file needs its passphrase")
                .next("give it in a file: --passphrase-file FILE"));
        }
        if is_new {
            return secret_input::prompt_new("new passphrase for the guardian's file");
        }
        let typed = secret_input::prompt("passphrase of the guardian's file")?;
        Ok(Zeroizing::new(typed.as_bytes().to_vec()))
    }

    fn device_passphrase(&self, is_new: bool) -> Result<Zeroizing<Vec<u8>>, Failure> {
        if let Some(file) = &self.global.passphrase_file {
            return self.input.passphrase(file, "device passphrase");
        }
        if !output::is_interactive() {
            let next = if is_new {
                NEW_PACKAGE
            } else {
                "give it in a file: --passphrase-file FILE"
            };
            return Err(Failure::usage("this device needs its passphrase").next(next));
        }
        if is_new {
            return secret_input::prompt_new("new passphrase for this device");
        }
        let typed = secret_input::prompt("passphrase of this device")?;
        Ok(Zeroizing::new(typed.as_bytes().to_vec()))
    }
}

#[cfg(feature = "keyring")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the same shape as without the feature"
)]
fn keyring_file(path: &Path) -> Result<Box<dyn DeviceStore>, Failure> {
    let keyring = tki::device::OsKeyring::new();
    Ok(Box::new(tki::device::KeyringFile::new(path, keyring)))
}

#[cfg(not(feature = "keyring"))]
fn keyring_file(_path: &Path) -> Result<Box<dyn DeviceStore>, Failure> {
    let message = "the key of this device package is in a keyring, and this tki knows none";
    Err(Failure::new(Kind::Unsupported, message).next("use a tki built with the feature keyring"))
}

/// What to do where a new package has no passphrase.
const NEW_PACKAGE: &str = if cfg!(feature = "keyring") {
    "give one in a file: --passphrase-file FILE; or use this system's keyring: \
     --device-store keyring; or keep it plain: --device-store plain"
} else {
    "give one in a file: --passphrase-file FILE; or keep it plain: --device-store plain"
};

/// Offline, and with a backup in place of the storage.
const fn reads_only(global: &Global, place: &Place) -> bool {
    global.offline || matches!(place, Place::Bundle(_))
}

/// How many combinations may be tried until the right answers are given.
const EVALUATIONS: u32 = 100;

fn evaluator_failure(error: &LocalError, path: &Path) -> Failure {
    let place = path.display();
    if let LocalError::File(error) = error {
        Failure::file("the evaluator's file", error)
    } else if matches!(error, LocalError::Corrupt) {
        let message = format!("{place} is damaged, or no evaluator's file");
        Failure::new(Kind::CorruptFile, message).next(
            "restore the file from a copy; without one, use other factors, and give new answers: \
             tki factor replace ID --with answers:FILE --evaluator local:NEW",
        )
    } else if let LocalError::Unsupported { version } = error {
        let message = format!(
            "the evaluator's file {place} has format version {version}, which this release does \
             not know"
        );
        Failure::new(Kind::Unsupported, message)
    } else {
        let message = format!("there is no evaluator at {place}");
        Failure::new(Kind::Unavailable, message)
            .next("say where it is: --evaluator local:PATH; or use other factors")
    }
}

fn local_failure(error: &LocalError) -> Failure {
    let message = tki::with_causes(error);
    let kind = if matches!(error, LocalError::WrongPassphrase) {
        Kind::WrongPassphrase
    } else if matches!(error, LocalError::Corrupt) {
        Kind::CorruptFile
    } else if matches!(error, LocalError::Unsupported { .. }) {
        Kind::Unsupported
    } else if matches!(error, LocalError::AlreadyExists) {
        Kind::Exists
    } else if let LocalError::File(error) = error {
        return Failure::file("the provider's key file", error);
    } else {
        Kind::Unavailable
    };
    Failure::new(kind, message).context("the provider")
}
