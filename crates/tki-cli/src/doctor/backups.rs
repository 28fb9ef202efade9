//! Backups that were named.

use std::path::{Path, PathBuf};

use tki::storage::MemoryStorage;
use tki::{Account, Factor};

use super::{Examination, Patient, quoted};
use crate::error::Kind;
use crate::storage;

/// Whether each can be read, and is of the newest version that this device knows.
pub(super) async fn look_at(
    patient: &Patient<'_>,
    backups: &[PathBuf],
    examination: &mut Examination,
) {
    for path in backups {
        look_at_one(patient, path, examination).await;
    }
}

async fn look_at_one(patient: &Patient<'_>, path: &Path, examination: &mut Examination) {
    let shown = path.display();
    if !path.is_file() {
        examination.fault(
            "backup-missing",
            format!("there is no backup at {shown}"),
            "the account cannot be brought back from it",
            format!("tki backup {}", quoted(path)),
        );
        return;
    }
    examination.looked_at(format!("the backup {shown}"));
    let view = match storage::read_bundle(path) {
        Ok(bundle) => storage::view(path, &bundle).await,
        Err(failure) => Err(failure),
    };
    let view = match view {
        Ok(view) => view,
        Err(failure) if failure.kind == Kind::Unsupported => {
            examination.fault(
                "backup-unsupported",
                failure.message,
                "a newer tki wrote it",
                "tki --version, and use a newer one",
            );
            return;
        }
        Err(failure) => {
            examination.fault(
                "backup-damaged",
                failure.message,
                "the account cannot be brought back from it",
                "tki backup NEW-FILE",
            );
            return;
        }
    };
    compare(patient, path, &view, examination).await;
}

/// Whether a backup is of the newest version that this device knows.
async fn compare(
    patient: &Patient<'_>,
    path: &Path,
    view: &MemoryStorage,
    examination: &mut Examination,
) {
    let Some(device) = patient.device.as_ref().filter(|d| d.membership().is_some()) else {
        return;
    };
    let factor = device.factor("");
    let factors: [&dyn Factor; 1] = [&factor];
    let options = patient.session.read_options(None);
    let Err(error) = Account::read(view, &factors, options).await else {
        return;
    };
    let what = format!("{}: {}", path.display(), tki::with_causes(&error));
    if error.name() == "rolled-back" {
        examination.fault(
            "backup-old",
            what,
            "factors that were removed since still count in it, and new ones do not",
            "tki backup NEW-FILE; then destroy the old one",
        );
    } else {
        examination.fault(
            "backup-foreign",
            what,
            "it is of another account, or does not agree with what this device knows",
            "tki backup NEW-FILE",
        );
    }
}
