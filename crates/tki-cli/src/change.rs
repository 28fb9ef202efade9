//! Carrying out a change, so that it is safe to be killed anywhere and to be run again.
//!
//! 1. The receipt is kept, as that of a change that was begun, and the device writes down what is
//!    about to happen, with the hash of the words' sheet.
//! 2. New words are handed to their owner.
//! 3. The change is committed.
//! 4. The result is printed, and only then does the device forget that it was pending: whoever
//!    did not see the result runs the command again and sees it then.

use tki::device::DeviceStore;
use tki::math::{Identifier, Threshold};
use tki::metadata::{Arrangement, HolderKind, Step};
use tki::{Committed, Device, ErrorKind, Factor, OfflineCopies, Opened, Prepared, Unverified};

use crate::asking;
use crate::delivery::Handout;
use crate::describe::Description;
use crate::error::Failure;
use crate::invites::Asked;
use crate::machine;
use crate::moving::Moving;
use crate::output;
use crate::receipt::Receipt;
use crate::receipts::{Proof, Receipts};
use crate::session::Session;

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
    pub(crate) structure: Option<&'f Arrangement>,
    pub(crate) refresh: bool,
    pub(crate) rename: Option<(Identifier, &'f str)>,
    /// What is done about the account's key.
    pub(crate) moving: Option<Moving>,
    /// Who is renewed, and what each becomes.
    pub(crate) renew: &'f [(Identifier, &'f dyn Factor)],
}

/// Whether to print what a change did beside what the account is. It is kept in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    Description,
    WithReceipt,
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
        let structure = self.structure.map(|arrangement| Step::SetStructure {
            arrangement: arrangement.clone(),
        });
        let refresh = self.refresh.then_some(Step::Refresh);
        let rename = self.rename.map(|(identifier, label)| Step::Rename {
            identifier,
            label: label.to_owned(),
        });
        let renew = self.renew.iter().map(|(identifier, _)| Step::Renew {
            identifier: *identifier,
        });
        add.into_iter()
            .chain(remove)
            .chain(threshold)
            .chain(structure)
            .chain(refresh)
            .chain(rename)
            .chain(renew)
            .chain(self.moving.map(Moving::step))
            .collect()
    }

    /// Makes the change to an opened account.
    pub(crate) async fn carry_out(
        self,
        session: &Session,
        opened: &Opened<'f>,
        recorder: Recorder<'_>,
        handouts: &[Handout<'_>],
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
        if let Some(arrangement) = self.structure {
            change = change.structure(arrangement.clone());
        }
        if self.refresh {
            change = change.refresh();
        }
        if let Some((identifier, label)) = self.rename {
            change = change.rename(identifier, label);
        }
        for (identifier, renewed) in self.renew {
            change = change.renew(*identifier, *renewed);
        }
        if let Some(moving) = self.moving {
            change = moving.put_into(change);
        }
        let storage = session.storage()?;
        let prepared = change
            .prepare(storage, machine::now(), &mut machine::random()?)
            .await?;
        commit(session, prepared, recorder, handouts, report).await
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
    Ok(if asking::confirm(&question)? {
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
    handouts: &[Handout<'_>],
    report: Report,
) -> Result<(), Failure> {
    let now = machine::now();
    let render = |handout: &Handout<'_>| handout.render(session, prepared.core(), now);
    let texts: Vec<_> = handouts.iter().map(render).collect::<Result<_, _>>()?;
    for handout in handouts {
        handout.clear_void(recorder.device)?;
    }
    // 1. What is about to happen.
    let receipt = Receipt::of(&prepared)?;
    let begun = Begun {
        session,
        recorder,
        receipt,
    };
    let written = handouts.iter().zip(&texts);
    let hashes = written.filter_map(|(handout, text)| handout.hash(text));
    begun.write_down(&prepared, hashes.collect())?;
    // 2. What their owner keeps.
    for (place, (handout, text)) in handouts.iter().zip(&texts).enumerate() {
        if let Err(failure) = handout.deliver(text) {
            begun.undo(handouts.get(..place).unwrap_or_default())?;
            return Err(failure);
        }
    }
    // 3. The change.
    let committed = match prepared.commit(session.storage()?).await {
        Ok(committed) => committed,
        Err(error) if is_clean(error.kind()) => {
            begun.undo(handouts)?;
            return Err(error.into());
        }
        Err(error) => {
            let next = "run the same command again: it finds out what happened and finishes";
            return Err(Failure::from(error).next(next));
        }
    };
    begun.finish(&committed, report).await
}

/// A change of which it is written down that it is about to happen.
struct Begun<'a> {
    session: &'a Session,
    recorder: Recorder<'a>,
    receipt: Receipt,
}

impl Begun<'_> {
    /// 1. Keeps the receipt, then tells the device, with the hashes of the files to be written.
    fn write_down(&self, prepared: &Prepared<'_>, hashes: Vec<[u8; 32]>) -> Result<(), Failure> {
        self.receipts().begin(&self.receipt)?;
        let Some(device) = self.recorder.device else {
            return Ok(());
        };
        let announced = prepared.announce(device, hashes, &mut machine::random()?);
        announced.map_err(|error| {
            // What is left of it would count for nothing; the error says what to do.
            self.receipts().drop_begun(&self.receipt).ok();
            error.into()
        })
    }

    /// 4. Prints what happened, then lets the device forget that it was pending.
    async fn finish(self, committed: &Committed<'_>, report: Report) -> Result<(), Failure> {
        let output = self.session.output;
        // First, so that whoever is killed from here on has forgotten them.
        Asked::remove_used(self.session);
        if let Err(failure) = self.receipts().settle(&committed.account, Proof::Opened) {
            // It is there, as that of a change that was begun; the next command looks at it again.
            output.detail(&failure.message);
        }
        let mut description = Description::of(&committed.account, self.session.home.account());
        if report == Report::WithReceipt {
            description = description.with_receipt(self.receipt);
        }
        output.result(&description, &description.text())?;
        if !committed.anchored {
            output.detail("the provider does not vouch for this version yet");
        }
        if self.recorder.leaves {
            if let Some(store) = self.recorder.store {
                store.remove()?;
            }
            output.say("This machine is no longer a device of the account.");
        } else if let Some(device) = self.recorder.device {
            let storage = self.session.storage()?;
            let mut rng = machine::random()?;
            let settled = device.settle(storage, &committed.account, &mut rng).await;
            settled.map_err(|error| {
                Failure::from(error)
                    .context("the change is made, but this device could not note it")
            })?;
        }
        Ok(())
    }

    /// After a clean failure: what was handed out first, so that a device that is killed in between
    /// still knows that it is void.
    fn undo(&self, handouts: &[Handout<'_>]) -> Result<(), Failure> {
        for handout in handouts {
            handout.take_back()?;
        }
        self.receipts().drop_begun(&self.receipt)?;
        if let Some(device) = self.recorder.device {
            device.forget_pending(&mut machine::random()?)?;
        }
        Ok(())
    }

    fn receipts(&self) -> Receipts {
        Receipts::of(&self.session.home)
    }
}

/// Whether nothing was written, for certain.
const fn is_clean(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::OutcomeUnknown | ErrorKind::Unavailable | ErrorKind::Bug
    )
}
