//! Finding out what became of an operation that was begun and whose end was not seen.

use std::path::Path;

use serde::Serialize;
use tki::device::DeviceStore;
use tki::metadata::{Pending, Step};
use tki::{Account, Device, ErrorKind, HolderName, Outcome};

use crate::change::Report;
use crate::delivery;
use crate::describe::Description;
use crate::error::{Failure, Kind};
use crate::factors;
use crate::invites::Asked;
use crate::machine;
use crate::moving::Move;
use crate::output::SCHEMA;
use crate::receipt::Receipt;
use crate::receipts::{Proof, Receipts};
use crate::session::Session;
use crate::structure;

/// What a device's write-ahead note turned out to mean.
pub(crate) enum Resolved {
    /// There was none, or without the storage nothing can be said.
    Nothing,
    /// The operation happened. The note is still there, until the result is shown.
    Finished(Box<Finished>),
    /// It did not happen. The note is still there: the operation is done again, or replaced by
    /// another, and only then forgotten.
    Undone,
}

/// An operation that was begun before and is done.
pub(crate) struct Finished {
    steps: Vec<Step>,
    recovery_hashes: Vec<[u8; 32]>,
    /// The account after it; absent if this device removed itself.
    pub(crate) description: Option<Description>,
    /// What it did, unless the receipt was lost.
    receipt: Option<Receipt>,
    /// The factors of the account after it.
    names: Vec<HolderName>,
}

impl Finished {
    /// Prints what the operation would have printed when it was begun.
    pub(crate) fn print(&self, session: &Session, report: Report) -> Result<(), Failure> {
        self.print_as(session, self.description.clone(), report)
    }

    /// The same with what is known of the account now.
    pub(crate) fn print_as(
        &self,
        session: &Session,
        description: Option<Description>,
        report: Report,
    ) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Left<'r> {
            schema: u32,
            receipt: Option<&'r Receipt>,
        }

        Asked::remove_used(session);
        let receipt = self
            .receipt
            .clone()
            .filter(|_| report == Report::WithReceipt);
        match (description, receipt) {
            (Some(description), Some(receipt)) => {
                let description = description.with_receipt(receipt);
                session.output.result(&description, &description.text())
            }
            (Some(description), None) => session.output.result(&description, &description.text()),
            (None, receipt) => {
                let text = receipt.as_ref().map_or_else(String::new, Receipt::text);
                let left = Left {
                    schema: SCHEMA,
                    receipt: receipt.as_ref(),
                };
                session.output.result(&left, &text)
            }
        }
    }

    /// What it did about the account's key, if its receipt says so.
    pub(crate) fn moved(&self) -> Option<&Move> {
        self.receipt.as_ref()?.moved.as_ref()
    }

    /// Whether its words went to this file: else the same words of a command mean another sheet.
    pub(crate) fn wrote(&self, file: Option<&Path>) -> Result<bool, Failure> {
        let Some(file) = file else { return Ok(true) };
        for hash in &self.recovery_hashes {
            if delivery::is_sheet(file, hash)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Resolved {
    /// The finished operation, if it is the one that is asked for again.
    pub(crate) fn finished(&self, is_same: impl FnOnce(&[Step]) -> bool) -> Option<&Finished> {
        match self {
            Self::Finished(finished) if is_same(&finished.steps) => Some(finished),
            Self::Nothing | Self::Finished(_) | Self::Undone => None,
        }
    }

    /// The factors of the account after the operation that happened.
    pub(crate) fn names(&self) -> &[HolderName] {
        match self {
            Self::Finished(finished) => &finished.names,
            Self::Nothing | Self::Undone => &[],
        }
    }

    /// Notes on the device that its operation happened, and gives it as it is then stored. What a
    /// device alone has read is not proven by the key: one that knows its account keeps what it
    /// knows, and takes the new state over at the next opening.
    pub(crate) async fn note<'s>(
        &self,
        session: &Session,
        store: Option<&'s dyn DeviceStore>,
        device: Option<Device<'s>>,
    ) -> Result<Option<Device<'s>>, Failure> {
        let (Self::Finished(finished), Some(store), Some(known)) = (self, store, &device) else {
            return Ok(device);
        };
        if finished.description.is_none() {
            store.remove()?;
            return Ok(None);
        }
        let mut rng = machine::random()?;
        if known.membership().is_some() {
            known.forget_pending(&mut rng)?;
            return Ok(Device::load(store)?);
        }
        let factor = known.factor("");
        let storage = session.storage()?;
        let account = Account::read(storage, &[&factor], session.read_options(None)).await?;
        Ok(Some(known.settle(storage, &account, &mut rng).await?))
    }
}

/// Refuses what would make a machine that has asked to join one account a device of another: who
/// answers its request has a claim to the address of its mailbox.
pub(crate) fn check_asked_nobody(device: Option<&Device<'_>>) -> Result<(), Failure> {
    let joining = device.map_or(Ok(None), Device::joining)?;
    if joining.is_none() {
        return Ok(());
    }
    let message = "this machine has asked to join an account";
    Err(Failure::new(Kind::Exists, message).next(
        "when it is approved: tki device finish; to make another account: --account NAME; \
         to ask for nothing any more: tki accounts remove NAME",
    ))
}

/// Loads this machine's device, if it has one, and finds out what became of what it had begun.
pub(crate) async fn begin<'s>(
    session: &Session,
    store: Option<&'s dyn DeviceStore>,
) -> Result<(Option<Device<'s>>, Resolved), Failure> {
    match (store, factors::load_device(session, store)?) {
        (Some(_), Some(device)) => resolve(session, device).await,
        _ => Ok((None, Resolved::Nothing)),
    }
}

/// Looks at the account with the device alone. Nothing is noted: whoever asks for the same again is
/// shown the result first.
pub(crate) async fn resolve<'s>(
    session: &Session,
    device: Device<'s>,
) -> Result<(Option<Device<'s>>, Resolved), Failure> {
    let pending = match device.pending() {
        Some(pending) if !session.global.offline => pending.clone(),
        _ => return Ok((Some(device), Resolved::Nothing)),
    };
    let resolved = match look(session, &device, &pending).await? {
        None => {
            session
                .output
                .detail("an operation that was begun here did not happen");
            Resolved::Undone
        }
        Some(finished) => {
            session
                .output
                .say("finished the operation that was begun before");
            Resolved::Finished(Box::new(finished))
        }
    };
    Ok((Some(device), resolved))
}

/// The operation, if it happened.
async fn look(
    session: &Session,
    device: &Device<'_>,
    pending: &Pending,
) -> Result<Option<Finished>, Failure> {
    let receipts = Receipts::of(&session.home);
    let factor = device.factor("");
    let options = session.read_options(None);
    let (description, receipt, names) =
        match Account::read(session.storage()?, &[&factor], options).await {
            Ok(account) if device.outcome(&account) == Some(Outcome::Happened) => {
                receipts.settle(&account, Proof::Read)?;
                let base = pending.base_version;
                let version = base.map_or(0, |base| base.saturating_add(1));
                let receipt = receipts.of_version(&account.id().to_string(), version)?;
                let description = Description::of(&account, session.home.account());
                (Some(description), receipt, structure::names(account.core()))
            }
            Ok(_) => return Ok(None),
            // It was to be part of the account and is not.
            Err(error) if is_absent(device, error.kind()) => return Ok(None),
            Err(error)
                if error.kind() == ErrorKind::Removed && removes_itself(device, &pending.steps) =>
            {
                let receipt = receipts.confirm_operation(&pending.operation.to_string())?;
                (None, receipt, Vec::new())
            }
            Err(error) => return Err(error.into()),
        };
    Ok(Some(Finished {
        steps: pending.steps.clone(),
        recovery_hashes: pending.recovery_hashes().collect(),
        description,
        receipt,
        names,
    }))
}

fn is_absent(device: &Device<'_>, kind: ErrorKind) -> bool {
    kind == ErrorKind::NotFound && device.membership().is_none()
}

fn removes_itself(device: &Device<'_>, steps: &[Step]) -> bool {
    let own = own_identifier(device);
    steps
        .iter()
        .any(|step| matches!(step, Step::Remove { identifier } if Some(*identifier) == own))
}

/// The identifier of this device in its account.
pub(crate) fn own_identifier(device: &Device<'_>) -> Option<tki::math::Identifier> {
    device.membership()?.holder()?.identifier()
}
