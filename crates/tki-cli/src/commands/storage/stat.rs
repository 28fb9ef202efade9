//! `tki storage stat`: how much is stored, and what an account takes up.

use serde::Serialize;

use super::Source;
use super::tally::Tally;
use crate::args::Global;
use crate::describe::line;
use crate::error::Failure;
use crate::home::Home;
use crate::output::{Output, SCHEMA};
use crate::progress::Progress;
use crate::storage::Place;

#[derive(Serialize)]
struct Counted {
    schema: u32,
    storage: String,
    /// Whether it is everything that is there; else the account of this home.
    whole: bool,
    #[serde(flatten)]
    tally: Tally,
    accounts: u64,
    bytes_per_account: Option<u64>,
    records_per_account: Option<u64>,
    /// Addresses at which something is stored that is not their record.
    unreadable: usize,
}

/// `tki storage stat`
pub(super) async fn run(global: &Global) -> Result<(), Failure> {
    let output = Output::new(global);
    let place = Place::find(global, &Home::find(global)?)?;
    let source = Source::open(global).await?;
    let progress = Progress::start(output, "counting the records");
    let mut tally = Tally::default();
    let mut walk = source.walk().await?;
    while let Some(page) = walk.next().await? {
        for record in &page {
            tally.add(record);
        }
        progress.show(format!("counted {} records", tally.records));
    }
    drop(progress);
    let counted = Counted {
        schema: SCHEMA,
        storage: place.shown(),
        whole: source.is_whole(),
        accounts: tally.documents,
        bytes_per_account: tally.bytes_per_account(),
        records_per_account: tally.records_per_account(),
        unreadable: walk.unreadable.len(),
        tally,
    };
    output.result(&counted, &text(&counted))
}

fn text(counted: &Counted) -> String {
    let mut text = String::new();
    let Counted { storage, tally, .. } = counted;
    let what = if counted.whole {
        ""
    } else {
        ", of the account of this home"
    };
    line(
        &mut text,
        format_args!(
            "{storage}: {} records{what}, {} bytes, the largest of {}",
            tally.records, tally.bytes, tally.largest
        ),
    );
    line(
        &mut text,
        format_args!(
            "  {} documents, {} mailboxes, {} closed; written {} times",
            tally.documents, tally.mailboxes, tally.closed, tally.versions
        ),
    );
    if counted.unreadable > 0 {
        line(
            &mut text,
            format_args!(
                "  {} more that cannot be read: tki storage verify",
                counted.unreadable
            ),
        );
    }
    if let (true, Some(bytes), Some(records)) = (
        counted.whole,
        counted.bytes_per_account,
        counted.records_per_account,
    ) {
        line(
            &mut text,
            format_args!(
                "  {} accounts, of {bytes} bytes in {records} records on average",
                counted.accounts
            ),
        );
    }
    text
}
