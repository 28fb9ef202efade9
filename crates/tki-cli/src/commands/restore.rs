//! `tki restore`: the records of a backup into a storage, all of them or none.

use serde::Serialize;

use crate::args::{FileArg, Global};
use crate::describe::line;
use crate::error::Failure;
use crate::output::SCHEMA;
use crate::session::{Purpose, Session};
use crate::storage;

#[derive(Serialize)]
struct Done {
    schema: u32,
    file: String,
    storage: String,
    records: usize,
    created: usize,
    advanced: usize,
    kept: usize,
}

/// `tki restore`. Needs no factor: the records say themselves whether they belong where they go.
pub(crate) async fn run(global: &Global, arguments: &FileArg) -> Result<(), Failure> {
    if global.offline {
        return Err(Failure::usage("a storage is not restored offline").next("leave out --offline"));
    }
    let file = &arguments.file;
    // Before a storage is made: what is damaged changes nothing.
    let bundle = storage::read_bundle(file)?;
    drop(storage::view(file, &bundle).await?);
    let session = Session::begin(global, Purpose::Create).await?;
    session.check_changeable()?;
    let restored = storage::restore(session.storage()?, &bundle).await?;
    let done = Done {
        schema: SCHEMA,
        file: file.display().to_string(),
        storage: session.place.shown(),
        records: bundle.records.len(),
        created: restored.created.len(),
        advanced: restored.advanced.len(),
        kept: restored.kept.len(),
    };
    session.output.result(&done, &text(&done))
}

fn text(done: &Done) -> String {
    let mut text = String::new();
    let Done {
        records, storage, ..
    } = done;
    line(
        &mut text,
        format_args!("restored {records} records into {storage}"),
    );
    for (count, what) in [
        (done.created, "were not there"),
        (done.advanced, "replaced an older version"),
        (done.kept, "were there already"),
    ] {
        if count > 0 {
            line(&mut text, format_args!("  {count:>4} {what}"));
        }
    }
    text.push_str(
        "Whether it is the newest version the next opening finds out: a device or a provider that\n\
         saw a newer one refuses it. Next: tki open\n",
    );
    text
}
