//! Sheets, files and passphrases that were named.

use std::path::Path;

use tki::{Account, Factor};

use super::account::Known;
use super::{Examination, Patient, quoted};
use crate::args::Use;
use crate::session::Session;
use crate::{factor_files, words_file};

/// Why nobody else should read a factor's file.
const FACTOR: &str = "whoever reads it has the factor";

/// Why nobody else should read a passphrase's file.
const PASSPHRASE: &str =
    "it is a passphrase: whoever reads it and gets at what it protects has that";

/// Looks at each of them.
pub(super) async fn look_at(
    patient: &Patient<'_>,
    known: Option<&Known>,
    examination: &mut Examination,
) {
    let session = patient.session;
    look_at_passphrases(session, examination);
    let mut seen = Vec::new();
    for wanted in &session.global.uses {
        if seen.contains(&wanted) {
            continue;
        }
        seen.push(wanted);
        match wanted {
            Use::Words(path) => {
                look_at_access(path, FACTOR, examination);
                look_at_words(patient, known, path, examination).await;
            }
            Use::File(path) => {
                look_at_access(path, FACTOR, examination);
                look_at_file(patient, known, path, examination).await;
            }
            Use::Answers(Some(path)) | Use::Guardian(path) => {
                look_at_access(path, FACTOR, examination);
            }
            Use::Answers(None) | Use::Device | Use::Passkey(_) | Use::Provider(_) => {}
        }
    }
}

fn look_at_passphrases(session: &Session, examination: &mut Examination) {
    let global = &session.global;
    let files = [
        &global.passphrase_file,
        &global.provider_passphrase_file,
        &global.passkey_passphrase_file,
        &global.file_passphrase_file,
    ];
    let mut seen: Vec<&Path> = Vec::new();
    for path in files.into_iter().flatten() {
        if !seen.contains(&path.as_path()) {
            look_at_access(path, PASSPHRASE, examination);
            seen.push(path);
        }
    }
}

/// Whether others can read what is as secret as the factor.
#[cfg(unix)]
fn look_at_access(path: &Path, why: &'static str, examination: &mut Examination) {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = path
        .metadata()
        .map(|metadata| metadata.permissions().mode());
    if path.is_file() && mode.is_ok_and(|mode| mode & 0o077 != 0) {
        examination.fault(
            "secret-open",
            format!("others can read {}", path.display()),
            why,
            format!("chmod 600 {}", quoted(path)),
        );
    }
}

#[cfg(not(unix))]
const fn look_at_access(_: &Path, _: &'static str, _: &mut Examination) {}

async fn look_at_words(
    patient: &Patient<'_>,
    known: Option<&Known>,
    path: &Path,
    examination: &mut Examination,
) {
    let session = patient.session;
    let text = match session.input.text(path, "words") {
        Ok(text) => text,
        Err(failure) => return unreadable(path, &failure.message, examination),
    };
    match words_file::parse(&text) {
        Ok((factor, _)) => belongs(patient, known, &factor, path, examination).await,
        Err(error) => {
            let said = words_file::failure(&error, session.output).message;
            damaged(path, &said, examination);
        }
    }
}

async fn look_at_file(
    patient: &Patient<'_>,
    known: Option<&Known>,
    path: &Path,
    examination: &mut Examination,
) {
    if !path.exists() {
        return unreadable(path, "there is no such file", examination);
    }
    match factor_files::read(patient.session, path) {
        Ok((factor, _)) => belongs(patient, known, &factor, path, examination).await,
        Err(failure) => damaged(path, &failure.message, examination),
    }
}

fn unreadable(path: &Path, said: &str, examination: &mut Examination) {
    examination.fault(
        "factor-unreadable",
        format!("{}: {said}", path.display()),
        "the factor cannot be used",
        "tki doctor --use words:FILE, with the right place",
    );
}

fn damaged(path: &Path, said: &str, examination: &mut Examination) {
    examination.fault(
        "factor-damaged",
        format!("{}: {said}", path.display()),
        "the factor opens nothing as it is",
        "correct it, or replace it while the others open the account: tki factor replace ID",
    );
}

/// Whether the account has it.
async fn belongs(
    patient: &Patient<'_>,
    known: Option<&Known>,
    factor: &dyn Factor,
    path: &Path,
    examination: &mut Examination,
) {
    let (Some(known), Some(storage)) = (known, patient.storage()) else {
        return;
    };
    examination.looked_at(path.display().to_string());
    let mut options = patient.session.read_options(None);
    options.account = Some(known.core.account);
    let Err(error) = Account::read(storage, &[factor], options).await else {
        return;
    };
    let what = format!("{}: {}", path.display(), tki::with_causes(&error));
    if ["not-found", "removed", "other-account"].contains(&error.name()) {
        examination.fault(
            "factor-foreign",
            what,
            "it is no factor of this account, or none any more",
            "tki factor list",
        );
    } else {
        examination.fault(
            "factor-fails",
            what,
            "the factor opens nothing now",
            "tki drill --alone --use words:FILE",
        );
    }
}
