//! The account as the storage shows it, held against what this device remembers.

use tki::metadata::{Core, Holder};
use tki::record::Address;
use tki::{Account, Culprit, Error, Factor};

use super::{Examination, Patient};

/// The account as the storage shows it.
pub(super) struct Known {
    pub(super) core: Core,
    /// Hash of its sealed document.
    pub(super) hash: [u8; 32],
    /// Where that is.
    pub(super) document: Address,
}

/// Reads the account with this device, and every mailbox of it.
pub(super) async fn look_at(patient: &Patient<'_>, examination: &mut Examination) -> Option<Known> {
    let (device, storage) = (patient.device.as_ref()?, patient.storage()?);
    let membership = device.membership()?;
    let factor = device.factor("");
    let factors: [&dyn Factor; 1] = [&factor];
    let options = patient.session.read_options(None);
    let account = match Account::read(storage, &factors, options).await {
        Ok(account) => account,
        Err(error) => {
            explain(&error, examination);
            return None;
        }
    };
    let (version, seen) = (account.version(), membership.seen.version);
    examination.looked_at(format!("version {version} of the account"));
    if version > seen {
        examination.note(
            "device-behind",
            format!("this device knows version {seen}, and the storage has version {version}"),
            "offline it would open what the account was before",
            "tki open",
        );
    }
    if let Err(error) = account.backup(storage).await {
        explain_mailbox(&error, account.core(), examination);
    }
    Some(Known {
        core: account.core().clone(),
        hash: *account.version_hash(),
        document: account.document_address(),
    })
}

/// Why the account cannot be read.
fn explain(error: &Error, examination: &mut Examination) {
    let what = tki::with_causes(error);
    let restore = "tki restore FILE, from the newest backup; until then: tki open --offline";
    let other = "tki doctor --storage redb:PATH, with the storage that you know; until then: tki \
                 open --offline";
    match error.name() {
        "removed" => examination.fault(
            "device-removed",
            what,
            "this device is no factor of the account any more",
            "tki recover",
        ),
        "rolled-back" => examination.fault(
            "storage-rolled-back",
            what,
            "the storage shows an old state: factors that were removed count in it",
            restore,
        ),
        "forked" => examination.fault(
            "storage-forked",
            what,
            "somebody went on from an old state: there are two accounts of one name",
            other,
        ),
        "withheld" => examination.fault(
            "record-missing",
            what,
            "it is another storage, or records were lost",
            restore,
        ),
        "wrong-writer" | "binding-mismatch" | "other-account" => examination.fault(
            "record-foreign",
            what,
            "somebody else wrote it, or it is of another account",
            other,
        ),
        "unsupported" => examination.fault(
            "record-unsupported",
            what,
            "a newer tki wrote it",
            "tki --version, and use a newer one",
        ),
        "storage" | "provider" | "device" => examination.fault(
            "account-unavailable",
            what,
            "the account cannot be read now",
            "tki open --offline",
        ),
        _ => examination.fault(
            "record-damaged",
            what,
            "what is stored is not what was written",
            restore,
        ),
    }
}

/// Why the mailbox of another factor is not what the document says.
fn explain_mailbox(error: &Error, core: &Core, examination: &mut Examination) {
    let culprits = error.culprits();
    let holder = culprits.iter().find_map(|culprit| {
        let Culprit::Mailbox(identifier) = culprit else {
            return None;
        };
        core.holder(*identifier)
    });
    let identifier = holder.and_then(Holder::identifier);
    let id = identifier.map_or_else(|| "ID".into(), |identifier| identifier.to_string());
    let what = tki::with_causes(error);
    if error.name() == "mailbox-hash-mismatch" {
        examination.fault(
            "mailbox-old",
            what,
            "that factor opens nothing until the account is changed once",
            "tki refresh",
        );
    } else {
        examination.fault(
            "mailbox-damaged",
            what,
            "that factor opens nothing any more",
            format!(
                "tki restore FILE, from the newest backup; without one: tki factor replace {id}, \
                 or: tki factor remove {id}"
            ),
        );
    }
}
