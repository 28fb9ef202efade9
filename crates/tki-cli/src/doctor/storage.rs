//! The storage itself: a file page by page, from a copy in memory; a server by asking it.

use std::path::Path;

use tki::storage::{Error, Outage, ReadOnly, Storage};
use tki::storage_redb::RedbStorage;

use super::{Examination, quoted};
use crate::error::{Failure, Kind};
use crate::session::{Purpose, Session};
use crate::storage::Place;

/// Looks at the storage, and gives what can be read of it.
pub(super) async fn look_at(
    session: &Session,
    is_member: bool,
    examination: &mut Examination,
) -> Option<Box<dyn Storage>> {
    match &session.place {
        Place::Bundle(_) => {
            examination.note(
                "storage-is-backup",
                "a backup was named in the place of the storage",
                "a backup is looked at by itself",
                "tki doctor --backup FILE",
            );
            None
        }
        Place::Redb(path) => {
            let copy = look_through(path, session, is_member, examination)?;
            Some(Box::new(ReadOnly::new(copy)))
        }
        #[cfg(feature = "postgres")]
        Place::Postgres(_) => ask(session, examination).await,
        Place::Server(_) => ask(session, examination).await,
    }
}

/// Asks a server what it is.
async fn ask(session: &Session, examination: &mut Examination) -> Option<Box<dyn Storage>> {
    let url = session.place.shown();
    examination.looked_at(format!("the storage server {url}"));
    match session.place.open(Purpose::Use, true, session.output).await {
        Ok(storage) => Some(Box::new(ReadOnly::new(storage?))),
        Err(failure) => {
            examination.fault(
                "storage-unavailable",
                failure.message,
                "no record can be read, and no change can be made",
                failure.next,
            );
            None
        }
    }
}

/// Looks through the file, and gives a copy of it to be read.
fn look_through(
    path: &Path,
    session: &Session,
    is_member: bool,
    examination: &mut Examination,
) -> Option<RedbStorage> {
    let shown = path.display();
    if path.is_dir() {
        examination.fault(
            "storage-is-folder",
            format!("{shown} is a folder, not a storage"),
            "no record can be read",
            "tki doctor --storage redb:FILE",
        );
        return None;
    }
    if !path.exists() {
        let why = "the account's records are not there; this device's own copies may still open it";
        let next = "tki restore FILE; or say where the records are: tki doctor --storage redb:PATH";
        if is_member || session.global.storage.is_some() {
            let what = format!("there is no storage at {shown}");
            examination.fault("storage-missing", what, why, next);
        }
        return None;
    }
    examination.looked_at(format!("the storage {shown}"));
    match RedbStorage::check(path) {
        Ok(check) if check.is_sound() => {}
        Ok(check) => {
            let list: Vec<String> = check.damage.iter().map(ToString::to_string).collect();
            damaged(&format!("{shown}: {}", list.join("; ")), examination);
            return None;
        }
        Err(error) => {
            explain(path, error, examination);
            return None;
        }
    }
    match RedbStorage::open_copy(path) {
        Ok(copy) => Some(copy),
        Err(error) => {
            explain(path, error, examination);
            None
        }
    }
}

fn damaged(what: &str, examination: &mut Examination) {
    examination.fault(
        "storage-damaged",
        what,
        "records of accounts are lost there, or were changed by something else than tki",
        "tki restore FILE --storage redb:NEW-FILE; until then: tki open --offline",
    );
}

fn explain(path: &Path, error: Error, examination: &mut Examination) {
    let shown = path.display();
    if matches!(error, Error::Unavailable(Outage::Busy)) {
        examination.fault(
            "storage-busy",
            format!("another program has {shown} open"),
            "one program at a time uses the file",
            "wait until it has ended, then: tki doctor",
        );
        return;
    }
    let failure = Failure::from(error);
    if failure.kind == Kind::CorruptFile {
        damaged(&format!("{shown}: {}", failure.message), examination);
    } else if failure.kind == Kind::ReadOnly {
        examination.fault(
            "storage-read-only",
            format!("{shown} cannot be written by this user"),
            "no change can be made, and the file cannot be opened",
            format!("chmod 600 {}", quoted(path)),
        );
    } else {
        examination.fault(
            "storage-unavailable",
            format!("{shown}: {}", failure.message),
            "no record can be read",
            "tki open --offline",
        );
    }
}
