//! The package of this machine's device.

use tki::Device;
use tki::device::DeviceStore;

use super::{Examination, quoted};
use crate::error::{Failure, Kind};
use crate::factors;
use crate::session::Session;

/// The store of the package, if there is one whose kind is known.
pub(super) fn store(
    session: &Session,
    examination: &mut Examination,
) -> Option<Box<dyn DeviceStore>> {
    match session.device_store() {
        Ok(Some(store)) => Some(store),
        Ok(None) => {
            let name = session.home.account();
            examination.note(
                "package-missing",
                format!("this machine has no device package of account {name}"),
                "it is no device of the account, and can vouch for nothing",
                "tki recover",
            );
            None
        }
        Err(failure) => {
            explain(session, &failure, examination);
            None
        }
    }
}

/// Whether the package opens, and what it was about to do.
pub(super) fn look_at<'s>(
    session: &Session,
    store: Option<&'s dyn DeviceStore>,
    examination: &mut Examination,
) -> Option<Device<'s>> {
    let store = store?;
    let device = match factors::load_device(session, Some(store)) {
        Ok(device) => device?,
        Err(failure) => {
            explain(session, &failure, examination);
            return None;
        }
    };
    examination.looked_at("the device package");
    if factors::is_joining(&device) {
        examination.note(
            "joining",
            "this machine has asked to join an account",
            "it is no device of the account before its request is approved",
            "tki device finish",
        );
    } else if device.membership().is_none() {
        examination.fault(
            "creation-unfinished",
            "the account was begun here and never finished",
            "whether it was made is not known before the same command is run again",
            "run the command that was interrupted again: tki create, or tki recover",
        );
    } else if device.pending().is_some() && !examination.has("change-unfinished") {
        examination.fault(
            "change-unfinished",
            "a change was begun here and not seen to end",
            "it happened or it did not; the account itself knows",
            "run the same command again; to see what there is: tki open",
        );
    }
    Some(device)
}

/// Why it does not open.
fn explain(session: &Session, failure: &Failure, examination: &mut Examination) {
    let path = session.home.package();
    let (shown, account) = (path.display(), session.home.account());
    let said = &failure.message;
    if matches!(failure.kind, Kind::Usage) {
        examination.note(
            "package-locked",
            "this device's package is under a passphrase that was not given",
            "what it remembers of the newest version could not be held against the storage",
            "tki doctor --passphrase-file FILE",
        );
    } else if matches!(failure.kind, Kind::WrongPassphrase) {
        examination.fault(
            "package-passphrase",
            format!("the passphrase does not open {shown}"),
            "this device cannot be used without the right one",
            "tki doctor --passphrase-file FILE",
        );
    } else if matches!(failure.kind, Kind::Unsupported) {
        examination.fault(
            "package-unsupported",
            format!("{shown}: {said}"),
            "a newer tki wrote it, or this one was built without what it needs",
            "tki --version",
        );
    } else if matches!(failure.kind, Kind::CorruptFile) {
        examination.fault(
            "package-damaged",
            format!("{shown}: {said}"),
            "this device's part of the account cannot be read; the others still open it",
            format!(
                "put back a copy of it, if there is one; else: tki accounts remove {account}; \
                 tki recover --use words:FILE --use provider"
            ),
        );
    } else if matches!(failure.kind, Kind::ReadOnly) {
        examination.fault(
            "package-unreadable",
            format!("{shown}: {said}"),
            "this user cannot read it",
            format!("chmod 600 {}", quoted(&path)),
        );
    } else {
        examination.fault(
            "package-unavailable",
            format!("{shown}: {said}"),
            "this device cannot be used until its package opens",
            failure.next.clone(),
        );
    }
}
