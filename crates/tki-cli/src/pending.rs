//! Finding out what became of an operation that was begun and whose end was not seen.

use std::path::Path;

use tki::device::DeviceStore;
use tki::metadata::Step;
use tki::{Account, Device, ErrorKind, Outcome};

use crate::change;
use crate::describe::Description;
use crate::error::{Failure, Kind};
use crate::factors;
use crate::machine;
use crate::session::Session;

/// What a device's write-ahead note turned out to mean.
pub(crate) enum Resolved {
    /// There was none, or without the storage nothing can be said.
    Nothing,
    /// The operation happened, and the device knows it now.
    Finished(Box<Finished>),
    /// It did not happen. The note is still there: the operation is done again, or replaced by
    /// another, and only then forgotten.
    Undone,
}

/// An operation that was begun before and is done.
pub(crate) struct Finished {
    steps: Vec<Step>,
    recovery_hash: Option<[u8; 32]>,
    /// The account after it; absent if this device removed itself.
    pub(crate) description: Option<Description>,
}

impl Finished {
    /// Whether its words went to this file: else the same words of a command mean another sheet.
    pub(crate) fn wrote(&self, file: Option<&Path>) -> Result<bool, Failure> {
        match (file, self.recovery_hash) {
            (None, _) => Ok(true),
            (Some(file), Some(hash)) => change::is_sheet(file, &hash),
            (Some(_), None) => Ok(false),
        }
    }
}

impl Resolved {
    /// The finished operation, if it is the one that is asked for again.
    pub(crate) fn finished(&self, steps: &[Step]) -> Option<&Finished> {
        match self {
            Self::Finished(finished) if finished.steps == steps => Some(finished),
            Self::Nothing | Self::Finished(_) | Self::Undone => None,
        }
    }
}

/// Loads this machine's device, if it has one, and finds out what became of what it had begun.
pub(crate) async fn begin<'s>(
    session: &Session,
    store: Option<&'s dyn DeviceStore>,
) -> Result<(Option<Device<'s>>, Resolved), Failure> {
    match (store, factors::load_device(session, store)?) {
        (Some(store), Some(device)) => resolve(session, store, device).await,
        _ => Ok((None, Resolved::Nothing)),
    }
}

/// Looks at the account with the device alone, and settles the device if its operation happened.
pub(crate) async fn resolve<'s>(
    session: &Session,
    store: &'s dyn DeviceStore,
    device: Device<'s>,
) -> Result<(Option<Device<'s>>, Resolved), Failure> {
    let (steps, recovery_hash) = match device.pending() {
        Some(pending) if !session.global.offline => (pending.steps.clone(), pending.recovery_hash),
        _ => return Ok((Some(device), Resolved::Nothing)),
    };
    let storage = session.storage()?;
    let factor = device.factor("");
    let settled = match Account::read(storage, &[&factor], session.read_options(None)).await {
        Ok(account) if device.outcome(&account) == Some(Outcome::Happened) => {
            let settled = note(session, store, &device, &account).await?;
            let description = Description::of(&account, session.home.account());
            Some((Some(settled), Some(description)))
        }
        Ok(_) => None,
        // It was to be part of the account and is not.
        Err(error) if is_absent(&device, error.kind()) => None,
        Err(error) if error.kind() == ErrorKind::Removed && removes_itself(&device, &steps) => {
            store.remove()?;
            Some((None, None))
        }
        Err(error) => return Err(error.into()),
    };
    drop(factor);
    match settled {
        None => {
            session
                .output
                .detail("an operation that was begun here did not happen");
            Ok((Some(device), Resolved::Undone))
        }
        Some((device, description)) => {
            session
                .output
                .say("finished the operation that was begun before");
            Ok((
                device,
                Resolved::Finished(Box::new(Finished {
                    steps,
                    recovery_hash,
                    description,
                })),
            ))
        }
    }
}

/// Notes that the operation happened. What a device alone has read is not proven by the key: one
/// that knows its account keeps what it knows, and takes the new state over at the next opening.
async fn note<'s>(
    session: &Session,
    store: &'s dyn DeviceStore,
    device: &Device<'s>,
    account: &Account<'_>,
) -> Result<Device<'s>, Failure> {
    let mut rng = machine::random()?;
    if device.membership().is_none() {
        return Ok(device.settle(session.storage()?, account, &mut rng).await?);
    }
    device.forget_pending(&mut rng)?;
    let kept = Device::load(store)?;
    kept.ok_or_else(|| Failure::new(Kind::Internal, "a package that was just written is gone"))
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
