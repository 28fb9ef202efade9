//! The home: its folders and files, what was left half done, the disk and the clock.

use std::fs;
use std::path::{Path, PathBuf};

use tki::Device;
use tki_file::Lock;

use super::{Examination, quoted};
use crate::describe;
use crate::machine;
use crate::receipts::Receipts;
use crate::session::Session;

/// What to do where no account is.
const NOTHING_HERE: &str = "tki recover; for a new account: tki create --recovery-out FILE; or name \
                            another: tki doctor --home DIR";

/// How deep folders of a home are.
const DEEPEST: usize = 4;

/// How many bytes must be free: a storage of many accounts is smaller.
const ROOM: u64 = 16 * 1024 * 1024;

/// How far a clock may be behind a date that is known, in seconds: a day.
const TOLERATED: u64 = 24 * 60 * 60;

/// Whether there is a home to look at.
pub(super) fn look_at_folder(session: &Session, examination: &mut Examination) -> bool {
    let folder = session.home.folder();
    if session.home.exists() {
        if is_empty(folder) {
            examination.fault(
                "home-empty",
                format!("there is nothing in the home {}", folder.display()),
                "this machine keeps nothing of any account there",
                NOTHING_HERE,
            );
            return false;
        }
        examination.looked_at(format!("the home {}", folder.display()));
        return true;
    }
    examination.fault(
        "home-missing",
        format!("there is no home at {}", folder.display()),
        "this machine keeps nothing of any account there",
        NOTHING_HERE,
    );
    false
}

/// Whether a home is a folder with nothing in it but the lock of an earlier command.
fn is_empty(folder: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(folder) else {
        return false;
    };
    entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == "lock"))
}

/// Who can get at the folders and files, and what does not belong there.
pub(super) fn look_at_files(session: &Session, examination: &mut Examination) {
    let home = session.home.folder();
    look_at_entry(home, examination);
    let mut found = Vec::new();
    collect(home, 0, &mut found);
    for path in &found {
        look_at_entry(path, examination);
        let name = path.file_name().and_then(|name| name.to_str());
        let target = name.and_then(tki_file::target_of_temporary);
        if let Some(target) = target.filter(|_| path.is_file()) {
            examination.fault(
                "temporary-left",
                format!(
                    "{} is half written, in the place of {target}",
                    path.display()
                ),
                "a command was killed while it wrote; what is in the file may be secret",
                format!("rm {}", quoted(path)),
            );
        }
    }
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let is_folder = path.symlink_metadata().is_ok_and(|m| m.is_dir());
        found.push(path.clone());
        if is_folder && depth < DEEPEST {
            collect(&path, depth.saturating_add(1), found);
        }
    }
}

#[cfg(unix)]
fn look_at_entry(path: &Path, examination: &mut Examination) {
    use std::os::unix::fs::PermissionsExt as _;

    let Ok(metadata) = path.symlink_metadata() else {
        return;
    };
    let (mode, shown) = (metadata.permissions().mode(), path.display());
    if metadata.is_dir() && mode & 0o077 != 0 {
        examination.fault(
            "folder-open",
            format!("others can get into the folder {shown}"),
            "whoever can read the home can copy what this machine keeps",
            format!("chmod 700 {}", quoted(path)),
        );
    } else if metadata.is_file() && mode & 0o077 != 0 {
        examination.fault(
            "file-open",
            format!("others can read or write the file {shown}"),
            "what it holds is for its owner alone",
            format!("chmod 600 {}", quoted(path)),
        );
    } else if metadata.is_dir() && mode & 0o700 != 0o700 {
        examination.fault(
            "folder-closed",
            format!("its owner cannot use the folder {shown}"),
            "no change can be noted there",
            format!("chmod 700 {}", quoted(path)),
        );
    } else if metadata.is_file() && mode & 0o600 != 0o600 {
        examination.fault(
            "file-closed",
            format!("its owner cannot read or write the file {shown}"),
            "commands that need it fail",
            format!("chmod 600 {}", quoted(path)),
        );
    }
}

#[cfg(not(unix))]
fn look_at_entry(_: &Path, _: &mut Examination) {}

/// Receipts that are none, and changes whose end was not seen.
pub(super) fn look_at_notes(session: &Session, examination: &mut Examination) {
    let Ok(found) = Receipts::of(&session.home).found() else {
        return;
    };
    for path in &found.damaged {
        examination.fault(
            "receipt-damaged",
            format!("{} is no receipt, or damaged", path.display()),
            "what a change did, and who can still do what, cannot be read there any more",
            format!("rm {}", quoted(path)),
        );
    }
    if let Some(begun) = found.begun.first() {
        examination.fault(
            "change-unfinished",
            format!(
                "a change to version {} was begun and not seen to end",
                begun.version
            ),
            "it happened or it did not; the account itself knows",
            "tki open",
        );
    }
}

/// Whether there is room for the next change.
pub(super) fn look_at_disk(session: &Session, examination: &mut Examination) {
    let folder = session.home.folder();
    let Some(left) = machine::room_on_disk(folder) else {
        return;
    };
    if left < ROOM {
        examination.fault(
            "disk-full",
            format!("{left} bytes are free on the disk of {}", folder.display()),
            "a change needs room for what it writes before it counts",
            format!("df -h {}", quoted(folder)),
        );
    }
}

/// Whether another command runs. Holds the lock while the home is looked at, if it can be had.
pub(super) fn look_at_lock(session: &Session, examination: &mut Examination) -> Option<Lock> {
    let path = session.home.folder().join("lock");
    if !path.is_file() {
        return None;
    }
    match Lock::try_acquire(&path) {
        Ok(Some(lock)) => Some(lock),
        Ok(None) => {
            examination.fault(
                "busy",
                "another tki is using this home",
                "what it is about to write looks half done from here, and other commands wait",
                "wait until it has ended, then: tki doctor",
            );
            None
        }
        Err(_) => None,
    }
}

/// Whether the clock is where it was.
pub(super) fn look_at_clock(
    session: &Session,
    device: Option<&Device<'_>>,
    examination: &mut Examination,
) {
    let receipts = Receipts::of(&session.home).found().unwrap_or_default();
    let mut dates: Vec<u64> = receipts.happened.iter().map(|r| r.time).collect();
    if let Some(membership) = device.and_then(Device::membership) {
        let holders = &membership.document.core.holders;
        dates.extend(holders.iter().map(|holder| holder.added));
        let standing = membership.standing();
        dates.extend(
            standing
                .factors
                .iter()
                .filter_map(tki::metadata::FactorStanding::proven),
        );
    }
    let now = machine::now();
    let Some(newest) = dates.into_iter().max() else {
        return;
    };
    if now.saturating_add(TOLERATED) < newest {
        let (here, known) = (describe::date(now), describe::date(newest));
        examination.fault(
            "clock-behind",
            format!("this machine's clock says {here}, and noted {known} before"),
            "invites and requests expire too late, and dates of proof are wrong",
            "set the clock of this machine, then: tki doctor",
        );
    }
}
