//! How new words, and other factors to keep, reach their owner: once, on the terminal or in a file that was not there.

use std::path::{Path, PathBuf};

use tki::metadata::Core;
use tki::{Device, SeedFactor};
use zeroize::Zeroizing;

use crate::asking;
use crate::error::{Failure, Kind};
use crate::factor_files::FileForm;
use crate::output;
use crate::session::Session;
use crate::words_file;
use crate::words_page;

/// How new words reach their owner.
#[derive(Clone, Debug)]
pub(crate) enum Delivery {
    File(PathBuf),
    Terminal,
}

/// A new factor whose seed its owner is given to keep, and how it reaches him.
#[derive(Clone, Copy)]
pub(crate) struct Handout<'a> {
    pub(crate) factor: &'a SeedFactor<'static>,
    pub(crate) delivery: &'a Delivery,
    pub(crate) form: &'a Form,
}

/// What is handed out.
pub(crate) enum Form {
    File(FileForm),
    Words {
        /// On the terminal a code stands beside the words.
        with_code: bool,
    },
}

impl Handout<'_> {
    /// What its owner is given, for an account as it will be.
    pub(crate) fn render(
        &self,
        session: &Session,
        core: &Core,
        now: u64,
    ) -> Result<Zeroizing<String>, Failure> {
        let name = session.home.account();
        match (self.form, self.delivery) {
            (Form::File(form), _) => form.render(session, self.factor, core),
            (Form::Words { .. }, Delivery::File(path)) if words_page::is_wanted(path) => {
                words_page::render(self.factor, core, name, now)
            }
            (Form::Words { with_code: true }, Delivery::Terminal) => {
                let sheet = words_file::render(self.factor, core, name, now)?;
                words_file::with_code(&sheet, self.factor)
            }
            (Form::Words { .. }, _) => words_file::render(self.factor, core, name, now),
        }
    }

    /// The hash of the file that it goes to.
    pub(crate) fn hash(&self, text: &str) -> Option<[u8; 32]> {
        let goes_to_file = matches!(self.delivery, Delivery::File(_));
        goes_to_file.then(|| words_file::hash(text.as_bytes()))
    }

    /// A file that an operation of this device wrote, which did not happen, makes room.
    pub(crate) fn clear_void(&self, device: Option<&Device<'_>>) -> Result<(), Failure> {
        let Delivery::File(path) = self.delivery else {
            return Ok(());
        };
        if !path.exists() || is_taken(path, &void_hashes(device))? {
            return Ok(());
        }
        self.remove_void(path)
    }

    /// Hands it over.
    pub(crate) fn deliver(&self, text: &str) -> Result<(), Failure> {
        match self.delivery {
            Delivery::File(path) => tki_file::write_new(path, text.as_bytes()).map_err(|error| {
                // It may be there all the same, and then it is void.
                if error.is_outcome_unknown() {
                    tki_file::remove(path).ok();
                }
                Failure::file(&format!("could not write the {}", self.form.name()), &error)
            }),
            Delivery::Terminal => {
                output::complain(text);
                let written = asking::ask("Press Enter when you have written them down.");
                written.map(drop).inspect_err(|_| self.call_void())
            }
        }
    }

    pub(crate) fn take_back(&self) -> Result<(), Failure> {
        let Delivery::File(path) = self.delivery else {
            self.call_void();
            return Ok(());
        };
        self.remove_void(path)
    }

    /// What was shown counts for nothing.
    fn call_void(&self) {
        output::complain(&format!("The {} above are void.", self.form.name()));
    }

    fn remove_void(&self, path: &Path) -> Result<(), Failure> {
        let what = format!("could not remove the void {}", self.form.name());
        tki_file::remove(path)
            .map(drop)
            .map_err(|error| Failure::file(&what, &error))
    }
}

impl Form {
    /// What a failure calls it.
    const fn name(&self) -> &'static str {
        match self {
            Self::File(_) => "factor file",
            Self::Words { .. } => "words",
        }
    }
}

impl Delivery {
    /// For words: a file if one is named, else the terminal if there is one. The file must be new, or what an
    /// operation of this device wrote that did not happen.
    pub(crate) fn choose(
        file: Option<&Path>,
        device: Option<&Device<'_>>,
    ) -> Result<Self, Failure> {
        let Some(file) = file else {
            if output::is_interactive() {
                return Ok(Self::Terminal);
            }
            return Err(
                Failure::usage("new words need a terminal or a file to go to")
                    .next("name a new file: --recovery-out FILE"),
            );
        };
        Self::to_new(file, "--recovery-out FILE", device)
    }

    /// A file, which is named by `option`.
    pub(crate) fn to_new(
        file: &Path,
        option: &str,
        device: Option<&Device<'_>>,
    ) -> Result<Self, Failure> {
        if is_taken(file, &void_hashes(device))? {
            let message = format!("{} exists and is not overwritten", file.display());
            let next = format!("name a new file: {option}");
            return Err(Failure::new(Kind::Exists, message).next(next));
        }
        Ok(Self::File(file.to_path_buf()))
    }
}

/// The hashes of files that are void, because the operation that wrote them did not happen.
fn void_hashes(device: Option<&Device<'_>>) -> Vec<[u8; 32]> {
    let pending = device.and_then(Device::pending);
    pending.map_or_else(Vec::new, |pending| pending.recovery_hashes().collect())
}

/// The largest file that could be ours.
const MAX_SHEET: u64 = 64 * 1024;

/// Whether a file is there that is not a void one of our own.
fn is_taken(path: &Path, void: &[[u8; 32]]) -> Result<bool, Failure> {
    if path.symlink_metadata().is_err() {
        return Ok(false);
    }
    for hash in void {
        if is_sheet(path, hash)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a file is the one with this hash.
pub(crate) fn is_sheet(path: &Path, hash: &[u8; 32]) -> Result<bool, Failure> {
    match tki_file::read(path, MAX_SHEET) {
        Ok(content) => {
            let content = content.map(Zeroizing::new);
            Ok(content.is_some_and(|content| words_file::hash(&content) == *hash))
        }
        Err(tki_file::Error::TooLarge { .. }) => Ok(false),
        Err(error) => {
            let what = format!("could not look at {}", path.display());
            Err(Failure::file(&what, &error))
        }
    }
}
