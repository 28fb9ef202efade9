//! `tki storage verify`: whether each record proves who wrote it.

use serde::Serialize;
use tki::record::{Address, Record, RecordHeader, Rule};

use super::Source;
use super::tally::Tally;
use crate::args::Global;
use crate::describe::line;
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::output::{Output, SCHEMA};
use crate::progress::Progress;
use crate::storage::Place;

/// How many bad records are named.
const NAMED: usize = 10;

#[derive(Serialize)]
struct Verified {
    schema: u32,
    storage: String,
    /// Whether it is everything that is there; else the account of this home.
    whole: bool,
    #[serde(flatten)]
    tally: Tally,
}

/// `tki storage verify`
pub(super) async fn run(global: &Global) -> Result<(), Failure> {
    let output = Output::new(global);
    let place = Place::find(global, &Home::find(global)?)?;
    let source = Source::open(global).await?;
    let progress = Progress::start(output, "verifying the records");
    let mut tally = Tally::default();
    let mut bad = Vec::new();
    let mut walk = source.walk().await?;
    while let Some(page) = walk.next().await? {
        for record in &page {
            tally.add(record);
        }
        let faults = unproven(&page).into_iter();
        bad.extend(faults.map(|(address, rule)| format!("{address}: {rule}")));
        progress.show(format!("verified {} records", tally.records));
    }
    drop(progress);
    let unreadable = walk.unreadable.iter();
    bad.extend(unreadable.map(|address| format!("{address}: no record of this address")));
    if !bad.is_empty() {
        return Err(damaged(&place, &bad, &tally));
    }
    let verified = Verified {
        schema: SCHEMA,
        storage: place.shown(),
        whole: source.is_whole(),
        tally,
    };
    output.result(&verified, &text(&verified))
}

/// The records that do not prove who wrote them, each with the rule that it breaks.
pub(super) fn unproven(records: &[Record]) -> Vec<(Address, Rule)> {
    let headers: Vec<&RecordHeader> = records.iter().map(Record::header).collect();
    if RecordHeader::verify_all(&headers).is_ok() {
        return Vec::new();
    }
    // One by one they tell which.
    let faults = records.iter().filter_map(|record| {
        let rule = record.verify().err()?;
        Some((record.address(), rule))
    });
    faults.collect()
}

fn damaged(place: &Place, bad: &[String], tally: &Tally) -> Failure {
    let mut list = bad.get(..NAMED).unwrap_or(bad).join("; ");
    if bad.len() > NAMED {
        list.push_str("; …");
    }
    let message = format!(
        "{}: {} records are not sound: {list}; {} were read",
        place.shown(),
        bad.len(),
        tally.records
    );
    Failure::new(Kind::CorruptFile, message).next(
        "do not use this storage before you know why; sound records go elsewhere with: tki storage \
         copy FROM TO",
    )
}

fn text(verified: &Verified) -> String {
    let mut text = String::new();
    let Verified { storage, tally, .. } = verified;
    let what = if verified.whole {
        ""
    } else {
        " of the account of this home"
    };
    line(
        &mut text,
        format_args!(
            "{storage}: {} records{what}, {} of them closed; each proves who wrote it",
            tally.records, tally.closed
        ),
    );
    text
}
