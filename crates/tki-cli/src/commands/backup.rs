//! `tki backup`: the account's sealed records in one file, read back before it is called done.

use std::path::Path;

use serde::Serialize;
use tki::metadata::Bundle;
use tki::{Account, Factor};

use crate::args::{FileArg, Global};
use crate::commands::reading;
use crate::describe::line;
use crate::error::{Failure, Kind};
use crate::factors::{self, Hand, Need};
use crate::output::SCHEMA;
use crate::progress::Progress;
use crate::session::{Purpose, Session};
use crate::storage;

#[derive(Serialize)]
struct Written {
    schema: u32,
    file: String,
    account: String,
    account_version: u64,
    records: usize,
    bytes: usize,
}

/// `tki backup`
pub(crate) async fn run(global: &Global, arguments: &FileArg) -> Result<(), Failure> {
    let file = &arguments.file;
    if file.exists() && storage::read_bundle(file).is_err() {
        // Before anything is asked for.
        return Err(taken(file));
    }
    let session = Session::begin(global, Purpose::Use).await?;
    let store = reading::device_store(&session)?;
    let device = factors::load_device(&session, store.as_deref())?;
    let hand = Hand::gather(&session, device, Need::One).await?;
    let bound = hand.bind().await?;
    let factors = bound.list();
    let account = hand.read(&session, &factors).await?;

    let progress = Progress::start(session.output, "collecting the records");
    let bundle = account.backup(session.storage()?).await?;
    drop(progress);
    let content = bundle
        .encode()
        .map_err(|error| Failure::new(Kind::Internal, tki::with_causes(&error)))?;
    if !is_there(file, &content)? {
        tki_file::write_new(file, &content)
            .map_err(|error| Failure::file("could not write the backup", &error))?;
    }
    if let Err(failure) = check(&session, file, &account, &factors).await {
        tki_file::remove(file).ok();
        return Err(failure.context("the backup was written and does not read back"));
    }
    if !session.reads_only()
        && let Err(failure) = session.home.note_backup(account.version())
    {
        session.output.detail(&failure.message);
    }
    let written = Written {
        schema: SCHEMA,
        file: file.display().to_string(),
        account: account.id().to_string(),
        account_version: account.version(),
        records: bundle.records.len(),
        bytes: content.len(),
    };
    session.output.result(&written, &text(&written))
}

/// Whether the very same backup is there: it was killed after it had been written.
fn is_there(file: &Path, content: &[u8]) -> Result<bool, Failure> {
    if file.symlink_metadata().is_err() {
        return Ok(false);
    }
    let same = storage::read_bundle(file).is_ok_and(|found| is_encoded_as(&found, content));
    if same { Ok(true) } else { Err(taken(file)) }
}

fn is_encoded_as(bundle: &Bundle, content: &[u8]) -> bool {
    bundle.encode().is_ok_and(|encoded| encoded == content)
}

fn taken(file: &Path) -> Failure {
    let message = format!("{} exists and is not overwritten", file.display());
    Failure::new(Kind::Exists, message).next("name a new file: tki backup FILE")
}

/// Reads the account from the file, with the same factors.
async fn check(
    session: &Session,
    file: &Path,
    account: &Account<'_>,
    factors: &[&dyn Factor],
) -> Result<(), Failure> {
    let view = storage::view(file, &storage::read_bundle(file)?).await?;
    let read = Account::read(&view, factors, session.read_options(None)).await?;
    if read.version_hash() == account.version_hash() {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Internal,
        "it holds another version than the one that was read",
    ))
}

fn text(written: &Written) -> String {
    let Written {
        file,
        account_version,
        records,
        bytes,
        ..
    } = written;
    let mut text = String::new();
    line(
        &mut text,
        format_args!(
            "backup   {file}: version {account_version}, {records} records, {bytes} bytes"
        ),
    );
    text.push_str(
        "It was read back. Everything in it is sealed: with enough factors it opens the account\n\
         while the storage is gone, and without them it opens nothing.\n\
         Make a new one after every change. After a removal destroy the old one: the removed factor\n\
         still counts in it.\n",
    );
    line(
        &mut text,
        format_args!("To use it: tki open --storage bundle:{file}, or tki restore {file}"),
    );
    text
}
