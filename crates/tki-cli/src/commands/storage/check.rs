//! `tki storage check`: whether what is stored is sound, or a server answers as it should.

use std::path::Path;

use serde::Serialize;
use tki::storage::{Error, Outage};
use tki::storage_redb::{Check, RedbStorage};

use super::tally::Tally;
use crate::args::Global;
use crate::describe::line;
use crate::error::{Failure, Kind};
use crate::home::{Home, TRIES};
use crate::machine;
use crate::output::{Output, SCHEMA};
use crate::progress::Progress;
use crate::storage::{self, Place};

#[cfg(feature = "http")]
mod server;

#[derive(Serialize)]
struct Sound {
    schema: u32,
    storage: String,
    records: u64,
    closed: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_bytes: Option<u64>,
}

/// `tki storage check`. Changes nothing, not even what opening would repair.
pub(super) async fn run(global: &Global) -> Result<(), Failure> {
    let output = Output::new(global);
    let home = Home::find(global)?;
    let place = Place::find(global, &home)?;
    match &place {
        Place::Bundle(path) => bundle(output, path).await,
        #[cfg(feature = "postgres")]
        Place::Postgres(_) => database(output, global, &place).await,
        Place::Redb(path) => {
            let _lock = home.exists().then(|| home.lock()).transpose()?;
            file(output, path)
        }
        #[cfg(feature = "http")]
        Place::Server(server) => server::check(output, server).await,
        #[cfg(not(feature = "http"))]
        Place::Server(_) => {
            let opened = place.open(crate::session::Purpose::Use, true, output).await;
            opened.map(drop)
        }
    }
}

fn file(output: Output, path: &Path) -> Result<(), Failure> {
    if !path.is_file() {
        let message = format!("there is no storage at {}", path.display());
        return Err(Failure::new(Kind::Unavailable, message)
            .next("say where the records are: --storage redb:PATH"));
    }
    let progress = Progress::start(output, "looking through the storage");
    let check = retry_busy(|| RedbStorage::check(path))?;
    drop(progress);
    if !check.is_sound() {
        return Err(damaged(&check));
    }
    let sound = Sound {
        schema: SCHEMA,
        storage: path.display().to_string(),
        records: check.records,
        closed: check.closed,
        bytes: check.bytes,
        file_bytes: Some(check.file_bytes),
    };
    output.result(&sound, &text(&sound))
}

/// A database, each of whose records is read and verified.
#[cfg(feature = "postgres")]
async fn database(output: Output, global: &Global, place: &Place) -> Result<(), Failure> {
    let source = super::Source::open(global).await?;
    let _progress = Progress::start(output, "looking through the storage");
    let (mut tally, mut walk) = (Tally::default(), source.walk().await?);
    let mut bad = 0_usize;
    while let Some(page) = walk.next().await? {
        bad = bad.saturating_add(super::verify::unproven(&page).len());
        for record in &page {
            tally.add(record);
        }
    }
    bad = bad.saturating_add(walk.unreadable.len());
    if bad > 0 {
        let message = format!("{}: {bad} records are not sound", place.shown());
        return Err(Failure::new(Kind::CorruptFile, message).next(format!(
            "tki storage verify names them: tki storage verify {}",
            place.name()
        )));
    }
    let sound = Sound {
        schema: SCHEMA,
        storage: place.shown(),
        records: tally.records,
        closed: tally.closed,
        bytes: tally.bytes,
        file_bytes: None,
    };
    output.result(&sound, &text(&sound))
}

/// A backup, each of whose records is verified by reading it.
async fn bundle(output: Output, path: &Path) -> Result<(), Failure> {
    let bundle = storage::read_bundle(path)?;
    drop(storage::view(path, &bundle).await?);
    let mut tally = Tally::default();
    for record in &bundle.records {
        tally.add(record);
    }
    let sound = Sound {
        schema: SCHEMA,
        storage: path.display().to_string(),
        records: tally.records,
        closed: tally.closed,
        bytes: tally.bytes,
        file_bytes: path.metadata().ok().map(|metadata| metadata.len()),
    };
    output.result(&sound, &text(&sound))
}

fn retry_busy(check: impl Fn() -> Result<Check, Error>) -> Result<Check, Failure> {
    for _ in 0..TRIES {
        match check() {
            Err(Error::Unavailable(Outage::Busy)) => machine::pause(),
            other => return other.map_err(|error| Failure::from(error).context("the storage")),
        }
    }
    Err(Failure::new(
        Kind::Busy,
        "another program is using the storage",
    ))
}

fn damaged(check: &Check) -> Failure {
    let list: Vec<String> = check.damage.iter().map(ToString::to_string).collect();
    let message = format!(
        "the storage is damaged: {}; {} records are sound",
        list.join("; "),
        check.records
    );
    Failure::new(Kind::CorruptFile, message).next(
        "restore it from a copy, or a backup into a new one: tki restore FILE --storage \
         redb:NEW-FILE; until then: tki open --offline",
    )
}

fn text(sound: &Sound) -> String {
    let mut text = String::new();
    let file = sound.file_bytes;
    let file = file.map_or_else(String::new, |bytes| format!(" in a file of {bytes}"));
    line(
        &mut text,
        format_args!(
            "{}: {} records, {} of them closed, {} bytes{file}; nothing is wrong",
            sound.storage, sound.records, sound.closed, sound.bytes
        ),
    );
    text
}
