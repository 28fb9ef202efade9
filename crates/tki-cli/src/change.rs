//! Carrying out a change, so that it is safe to be killed anywhere and to be run again.
//!
//! 1. The device writes down what is about to happen, with the hash of the words' sheet.
//! 2. New words are handed to their owner.
//! 3. The change is committed.
//! 4. The result is printed, and only then does the device forget that it was pending: whoever
//!    did not see the result runs the command again and sees it then.

use std::path::{Path, PathBuf};

use tki::device::DeviceStore;
use tki::math::{Identifier, Threshold};
use tki::metadata::{HolderKind, Step};
use tki::{
    Committed, Device, ErrorKind, Factor, OfflineCopies, Opened, Prepared, SeedFactor, Unverified,
};
use zeroize::Zeroizing;

use crate::describe::Description;
use crate::error::{Failure, Kind};
use crate::machine;
use crate::output;
use crate::secret_input;
use crate::session::Session;
use crate::words_file;

/// How new words reach their owner.
#[derive(Clone, Debug)]
pub(crate) enum Delivery {
    File(PathBuf),
    Terminal,
}

/// New words, and how they reach their owner.
pub(crate) struct Sheet<'a> {
    pub(crate) words: &'a SeedFactor<'static>,
    pub(crate) delivery: &'a Delivery,
}

/// The device that writes down what happens, if this machine has one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Recorder<'a> {
    pub(crate) device: Option<&'a Device<'a>>,
    pub(crate) store: Option<&'a dyn DeviceStore>,
    /// The change removes this very device.
    pub(crate) leaves: bool,
}

/// What to change.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wish<'f> {
    pub(crate) add: Option<&'f dyn Factor>,
    pub(crate) remove: Option<Identifier>,
    pub(crate) threshold: Option<u16>,
    pub(crate) refresh: bool,
}

/// Whether to print what a change did beside what the account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    Description,
    WithReceipt,
}

impl Delivery {
    /// A file if one is named, else the terminal if there is one. The file must be new, or what an
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
        if is_taken(file, void_hash(device))? {
            let message = format!("{} exists and is not overwritten", file.display());
            return Err(
                Failure::new(Kind::Exists, message).next("name a new file: --recovery-out FILE")
            );
        }
        Ok(Self::File(file.to_path_buf()))
    }

    /// Hands the sheet over.
    fn deliver(&self, sheet: &str) -> Result<(), Failure> {
        match self {
            Self::File(path) => tki_file::write_new(path, sheet.as_bytes()).map_err(|error| {
                // The sheet may be there all the same, and then it is void.
                if error.is_outcome_unknown() {
                    tki_file::remove(path).ok();
                }
                Failure::file("could not write the words", &error)
            }),
            Self::Terminal => {
                output::complain(sheet);
                secret_input::ask("Press Enter when you have written them down.").map(drop)
            }
        }
    }

    fn take_back(&self) -> Result<(), Failure> {
        let Self::File(path) = self else {
            output::complain("The words above are void.");
            return Ok(());
        };
        tki_file::remove(path)
            .map(drop)
            .map_err(|error| Failure::file("could not remove the void words", &error))
    }
}

/// The hash of a sheet that is void, because the operation that wrote it did not happen.
fn void_hash(device: Option<&Device<'_>>) -> Option<[u8; 32]> {
    device
        .and_then(Device::pending)
        .and_then(|pending| pending.recovery_hash)
}

/// Words for this step of an operation: those of its first attempt, if there was one that did not
/// happen, so that what was written down already is right; else new ones.
pub(crate) fn words_for(
    device: Option<&Device<'_>>,
    steps: &[Step],
    label: &str,
) -> Result<SeedFactor<'static>, Failure> {
    let pending = device
        .and_then(Device::pending)
        .filter(|pending| pending.steps == steps);
    let mut seeds = pending.iter().flat_map(|pending| &pending.seeds);
    match seeds.find(|seed| seed.kind == HolderKind::Words) {
        Some(known) => Ok(SeedFactor::new(
            HolderKind::Words,
            label,
            known.seed.clone(),
        )),
        None => Ok(SeedFactor::generate(
            HolderKind::Words,
            label,
            &mut machine::random()?,
        )),
    }
}

/// The largest sheet that could be ours.
const MAX_SHEET: u64 = 64 * 1024;

/// Whether a file is there that is not a void sheet of our own.
fn is_taken(path: &Path, void: Option<[u8; 32]>) -> Result<bool, Failure> {
    if path.symlink_metadata().is_err() {
        return Ok(false);
    }
    match void {
        Some(hash) => Ok(!is_sheet(path, &hash)?),
        None => Ok(true),
    }
}

/// Whether a file is the sheet with this hash.
pub(crate) fn is_sheet(path: &Path, hash: &[u8; 32]) -> Result<bool, Failure> {
    match tki_file::read(path, MAX_SHEET) {
        Ok(content) => {
            let content = content.map(Zeroizing::new);
            Ok(content.is_some_and(|content| words_file::hash(&content) == *hash))
        }
        Err(tki_file::Error::TooLarge { .. }) => Ok(false),
        Err(error) => Err(Failure::file(
            "could not look at the file for the words",
            &error,
        )),
    }
}

impl<'f> Wish<'f> {
    /// What the device writes down, and by which it knows the operation again.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let add = self
            .add
            .map(|factor| add_step(factor.kind(), factor.label()));
        let remove = self.remove.map(|identifier| Step::Remove { identifier });
        let threshold = self.threshold.and_then(|t| Threshold::new(t).ok());
        let threshold = threshold.map(|threshold| Step::SetThreshold { threshold });
        let refresh = self.refresh.then_some(Step::Refresh);
        add.into_iter()
            .chain(remove)
            .chain(threshold)
            .chain(refresh)
            .collect()
    }

    /// Makes the change to an opened account.
    pub(crate) async fn carry_out(
        self,
        session: &Session,
        opened: &Opened<'f>,
        recorder: Recorder<'_>,
        sheet: Option<Sheet<'_>>,
        report: Report,
    ) -> Result<(), Failure> {
        let mut change = opened.change().unverified(unverified(session, opened)?);
        if let Some(factor) = self.add {
            change = change.add(factor, OfflineCopies::Keep);
        }
        if let Some(identifier) = self.remove {
            change = change.remove(identifier);
        }
        if let Some(threshold) = self.threshold {
            change = change.threshold(threshold);
        }
        if self.refresh {
            change = change.refresh();
        }
        let storage = session.storage()?;
        let prepared = change
            .prepare(storage, machine::now(), &mut machine::random()?)
            .await?;
        commit(session, prepared, recorder, sheet, report).await
    }
}

/// Adding a factor as it is written down.
pub(crate) fn add_step(kind: HolderKind, label: &str) -> Step {
    Step::Add {
        kind,
        label: label.into(),
        offline: kind.is_offline_by_default(),
    }
}

/// Whether to change an account that may not be the newest: the option decides, or a person.
fn unverified(session: &Session, opened: &Opened<'_>) -> Result<Unverified, Failure> {
    if session.global.accept_unverified {
        return Ok(Unverified::Accept);
    }
    let account = opened.account();
    if account.freshness().is_vouched_for() || !output::is_interactive() {
        return Ok(Unverified::Refuse);
    }
    let question = format!(
        "Nothing here vouches that version {} is the newest. Is no higher one printed beside your \
         words, or shown on another device?",
        account.version()
    );
    Ok(if secret_input::confirm(&question)? {
        Unverified::Accept
    } else {
        Unverified::Refuse
    })
}

/// The four parts of a change, in their order.
pub(crate) async fn commit(
    session: &Session,
    prepared: Prepared<'_>,
    recorder: Recorder<'_>,
    sheet: Option<Sheet<'_>>,
    report: Report,
) -> Result<(), Failure> {
    let mut rng = machine::random()?;
    let name = session.home.account();
    let text = match &sheet {
        Some(sheet) => Some(words_file::render(
            sheet.words,
            prepared.core(),
            name,
            machine::now(),
        )?),
        None => None,
    };
    clear_void_sheet(&recorder, sheet.as_ref())?;
    // 1. What is about to happen.
    if let Some(device) = recorder.device {
        let delivered = sheet.as_ref().zip(text.as_ref());
        let hash = delivered
            .filter(|(sheet, _)| matches!(sheet.delivery, Delivery::File(_)))
            .map(|(_, text)| words_file::hash(text.as_bytes()));
        prepared.announce(device, hash, &mut rng)?;
    }
    // 2. The words.
    if let (Some(sheet), Some(text)) = (&sheet, &text)
        && let Err(failure) = sheet.delivery.deliver(text)
    {
        undo(recorder, None, &mut rng)?;
        return Err(failure);
    }
    // 3. The change.
    let committed = match prepared.commit(session.storage()?).await {
        Ok(committed) => committed,
        Err(error) if is_clean(error.kind()) => {
            undo(recorder, sheet.as_ref(), &mut rng)?;
            return Err(error.into());
        }
        Err(error) => {
            let next = "run the same command again: it finds out what happened and finishes";
            return Err(Failure::from(error).next(next));
        }
    };
    finish(session, &committed, recorder, report).await
}

/// 4. Prints what happened, then lets the device forget that it was pending.
async fn finish(
    session: &Session,
    committed: &Committed<'_>,
    recorder: Recorder<'_>,
    report: Report,
) -> Result<(), Failure> {
    let mut description = Description::of(&committed.account, session.home.account());
    if report == Report::WithReceipt {
        description = description.with_receipt(&committed.receipt);
    }
    session.output.result(&description, &description.text())?;
    if !committed.anchored {
        session
            .output
            .detail("the provider does not vouch for this version yet");
    }
    if recorder.leaves {
        if let Some(store) = recorder.store {
            store.remove()?;
        }
        session
            .output
            .say("This machine is no longer a device of the account.");
    } else if let Some(device) = recorder.device {
        let settled = device
            .settle(
                session.storage()?,
                &committed.account,
                &mut machine::random()?,
            )
            .await;
        settled.map_err(|error| {
            Failure::from(error).context("the change is made, but this device could not note it")
        })?;
    }
    Ok(())
}

/// A sheet that an operation of this device wrote, which did not happen, makes room.
fn clear_void_sheet(recorder: &Recorder<'_>, sheet: Option<&Sheet<'_>>) -> Result<(), Failure> {
    let Some(Sheet {
        delivery: Delivery::File(path),
        ..
    }) = sheet
    else {
        return Ok(());
    };
    if !path.exists() || is_taken(path, void_hash(recorder.device))? {
        return Ok(());
    }
    tki_file::remove(path)
        .map(drop)
        .map_err(|error| Failure::file("could not remove the void words", &error))
}

/// Whether nothing was written, for certain.
const fn is_clean(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::OutcomeUnknown | ErrorKind::Unavailable | ErrorKind::Bug
    )
}

/// After a clean failure: the words first, so that a device that is killed in between still knows
/// that they are void.
fn undo(
    recorder: Recorder<'_>,
    sheet: Option<&Sheet<'_>>,
    rng: &mut rand_chacha::ChaCha20Rng,
) -> Result<(), Failure> {
    if let Some(sheet) = sheet {
        sheet.delivery.take_back()?;
    }
    if let Some(device) = recorder.device {
        device.forget_pending(rng)?;
    }
    Ok(())
}
