//! The login: its key file, what it vouches for, and the evaluator of answers.

use std::path::Path;

use tki::metadata::HolderKind;
use tki::provider::{
    Anchor as _, AnchorEntry, Error, LocalAnchor, LocalBlindEvaluator, LocalError, LocalProvider,
};

use super::account::Known;
use super::{Examination, Patient, Severity, quoted};
use crate::factors;
use crate::home;
use crate::machine;
use crate::session::Session;

/// How many accounts of a login are looked through.
const SLOTS: u32 = 64;

/// Whether the key file is there, is one, is that of this account, and vouches for this version.
pub(super) async fn look_at(
    patient: &Patient<'_>,
    known: Option<&Known>,
    examination: &mut Examination,
) {
    let session = patient.session;
    let Ok(path) = session.provider_path(None) else {
        return;
    };
    let shown = path.display();
    if !path.exists() {
        let membership = patient.device.as_ref().and_then(tki::Device::membership);
        let holders = membership.map(|membership| &membership.document.core.holders);
        let has_login = holders.is_some_and(|holders| {
            let mut holders = holders.iter();
            holders.any(|holder| holder.kind == HolderKind::Provider)
        });
        // A login may well be elsewhere, where nothing says that it was here.
        let was_here = LocalAnchor::open(&path).path().exists();
        let severity = if session.global.provider.is_some() || was_here {
            Severity::Fault
        } else {
            Severity::Note
        };
        if has_login || severity == Severity::Fault {
            let why = "the account has a login, and this machine cannot use it";
            let next = "tki doctor --provider local:PATH; if it is lost: tki factor replace ID";
            let what = format!("there is no provider key file at {shown}");
            examination.find(severity, "login-missing", what, (why, next.into()));
        }
        return;
    }
    examination.looked_at(format!("the login {shown}"));
    if !look_at_key(patient, &path, known, examination).await {
        return;
    }
    look_at_anchors(&path, known, examination).await;
}

/// Whether the key file can be read, and, if its passphrase is at hand, whose it is.
async fn look_at_key(
    patient: &Patient<'_>,
    path: &Path,
    known: Option<&Known>,
    examination: &mut Examination,
) -> bool {
    let session = patient.session;
    let file = session.global.provider_passphrase_file.as_ref();
    let passphrase =
        file.and_then(|file| session.input.passphrase(file, "provider passphrase").ok());
    // Without a passphrase all that can be seen is that it is a key file.
    let typed = passphrase
        .as_ref()
        .map_or(&[][..], |typed| typed.as_slice());
    let Ok(rng) = machine::random() else {
        return true;
    };
    let provider = match LocalProvider::open(path, typed, rng) {
        Ok(provider) => provider,
        Err(LocalError::WrongPassphrase) if passphrase.is_none() => return true,
        Err(error) => {
            explain_key(path, &error, examination);
            return matches!(error, LocalError::WrongPassphrase);
        }
    };
    let Some(known) = known else { return true };
    if let Ok(login) = factors::connect(&provider, factors::PROVIDER_LABEL).await {
        let mut slots = 0..SLOTS;
        let is_of_account = slots.any(|slot| {
            let address = tki::Factor::address(&login, slot);
            known.core.holder_at(&address).is_some()
        });
        if !is_of_account {
            foreign(path, examination);
        }
    }
    true
}

fn foreign(path: &Path, examination: &mut Examination) {
    if examination.has("login-foreign") {
        return;
    }
    examination.fault(
        "login-foreign",
        format!("the login {} is none of this account", path.display()),
        "it opens nothing of the account, whatever its passphrase is",
        "tki doctor --provider local:PATH, with the right one; to add this one: tki factor add \
         provider",
    );
}

fn explain_key(path: &Path, error: &LocalError, examination: &mut Examination) {
    let (shown, said) = (path.display(), tki::with_causes(error));
    let what = format!("{shown}: {said}");
    if matches!(error, LocalError::WrongPassphrase) {
        examination.fault(
            "login-passphrase",
            what,
            "the login cannot be used without the right one",
            "tki doctor --provider-passphrase-file FILE",
        );
    } else if matches!(error, LocalError::Unsupported { .. }) {
        examination.fault(
            "login-unsupported",
            what,
            "a newer tki wrote it",
            "tki --version, and use a newer one",
        );
    } else if matches!(error, LocalError::Corrupt) {
        examination.fault(
            "login-damaged",
            what,
            "the login opens nothing any more; the other factors do",
            "put back a copy of the file, if there is one; else: tki factor replace ID",
        );
    } else {
        examination.fault(
            "login-unreadable",
            what,
            "this user cannot read it",
            format!("chmod 600 {}", quoted(path)),
        );
    }
}

/// What the login vouches for, which needs no passphrase.
async fn look_at_anchors(path: &Path, known: Option<&Known>, examination: &mut Examination) {
    let anchor = LocalAnchor::open(path);
    let file = anchor.path().to_path_buf();
    let mut entries = Vec::new();
    for slot in 0..SLOTS {
        match anchor.read(slot).await {
            Ok(Some(entry)) => entries.push(entry),
            Ok(None) => break,
            Err(error) => return explain_anchors(&file, &error, examination),
        }
    }
    if !file.exists() {
        examination.note(
            "anchors-missing",
            format!(
                "{}, in which the login notes the newest versions, is not there",
                file.display()
            ),
            "nothing vouches that what the storage shows is the newest",
            "tki open --use device --use provider",
        );
        return;
    }
    let Some(known) = known else { return };
    let ours = entries
        .iter()
        .filter(|e| e.claim.address() == known.document);
    let ours: Vec<&AnchorEntry> = ours.collect();
    if ours.is_empty() {
        let has_login = known
            .core
            .holders
            .iter()
            .any(|h| h.kind == HolderKind::Provider);
        if has_login {
            foreign(path, examination);
        }
    }
    for header in ours.iter().filter_map(|entry| entry.header.as_ref()) {
        compare((header.version(), header.body_hash()), known, examination);
    }
}

/// What the login noted last, and what the storage shows.
fn compare((noted, hash): (u64, &[u8; 32]), known: &Known, examination: &mut Examination) {
    let shown = known.core.version;
    let ours = if noted == shown {
        Some(&known.hash)
    } else {
        known.core.hash_of_version(noted)
    };
    if noted > shown {
        examination.fault(
            "storage-rolled-back",
            format!("the login has noted version {noted}, and the storage shows version {shown}"),
            "the storage shows an old state: factors that were removed count in it",
            "tki restore FILE, from the newest backup",
        );
    } else if ours.is_some_and(|ours| ours != hash) {
        examination.fault(
            "storage-forked",
            format!("the storage shows another version {noted} than the login has noted"),
            "somebody went on from an old state: there are two accounts of one name",
            "tki doctor --storage redb:PATH, with the storage that you know",
        );
    } else if noted < shown {
        examination.note(
            "anchors-behind",
            format!("the login has noted version {noted}, and the storage shows version {shown}"),
            "somebody could show the older one, and the login would vouch for it",
            "tki open --use device --use provider",
        );
    }
}

fn explain_anchors(file: &Path, error: &Error, examination: &mut Examination) {
    let shown = file.display();
    if matches!(error, Error::Unsupported) {
        examination.fault(
            "anchors-unsupported",
            format!("{shown} is of a format that this tki does not know"),
            "a newer tki wrote it",
            "tki --version, and use a newer one",
        );
    } else if matches!(error, Error::Protocol) {
        examination.fault(
            "anchors-damaged",
            format!("{shown}, in which the login notes the newest versions, is damaged"),
            "nothing vouches for the newest version, and the login is not used",
            format!("rm {}", quoted(file)),
        );
    } else {
        examination.fault(
            "anchors-unreadable",
            format!("{shown} cannot be read"),
            "nothing vouches for the newest version",
            format!("chmod 600 {}", quoted(file)),
        );
    }
}

/// Whether the evaluator that is named can be asked.
pub(super) fn look_at_evaluator(session: &Session, examination: &mut Examination) {
    let Some(url) = &session.global.evaluator else {
        return;
    };
    let Ok(path) = home::strip_scheme("evaluator", url, "local") else {
        return;
    };
    let shown = path.display();
    examination.looked_at(format!("the evaluator {shown}"));
    if !path.exists() {
        examination.fault(
            "evaluator-missing",
            format!("there is no evaluator at {shown}"),
            "answers that need it open nothing",
            "tki doctor --evaluator local:PATH; if it is lost: tki factor replace ID --with \
             answers:FILE --evaluator local:NEW",
        );
        return;
    }
    match LocalBlindEvaluator::open(path).and_then(|evaluator| evaluator.left()) {
        Ok(0) => examination.fault(
            "evaluator-spent",
            format!("{shown} grants no more evaluations"),
            "answers are not tried any more: somebody may have been guessing",
            "tki factor replace ID --with answers:FILE --evaluator local:NEW",
        ),
        Ok(_) => {}
        Err(error) => examination.fault(
            "evaluator-damaged",
            format!("{shown}: {}", tki::with_causes(&error)),
            "answers that need it open nothing",
            "put back a copy of the file; without one: tki factor replace ID --with answers:FILE \
             --evaluator local:NEW",
        ),
    }
}
