//! `tki storage copy`: records from one storage to another, forwards only.
//!
//! The source is read as it is at one moment, where it can say so. Each page of it is compared with what the target has; what it lacks, or has an older version
//! of, is given to it to take in, by the rules for copies. So whatever a killed run did is found and left
//! alone by the next one.

use alloc::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};
use tki::record::{Address, Record};
use tki::storage::{Error, Storage};

use super::Source;
use super::verify::unproven;
use crate::args::{CopyStorage, Global};
use crate::error::{Failure, Kind};
use crate::output::{Output, SCHEMA};
use crate::progress::Progress;
use crate::session::Purpose;
use crate::storage::Place;

mod text;

/// The most bytes that are given to the target at once: a server takes more.
const BATCH_BYTES: usize = 4 << 20;

/// How often a batch is looked at anew, where the target changed meanwhile or did not answer.
const TRIES: usize = 4;

/// What became of the copies.
#[derive(Debug, Default, Serialize)]
struct Copied {
    schema: u32,
    from: String,
    to: String,
    /// Whether it was everything that the source has; else the account of this home.
    whole: bool,
    records: u64,
    bytes: u64,
    /// The target had nothing there.
    created: u64,
    /// The target had an older version.
    advanced: u64,
    /// The target had the same.
    kept: u64,
    /// The target has a later version, which follows from the source's.
    newer: u64,
    /// Addresses where the target has something else, which stays.
    #[serde(serialize_with = "as_text")]
    conflicts: BTreeSet<Address>,
    /// Addresses of records of the source that cannot be read, or do not prove who wrote them: they were
    /// not copied.
    #[serde(serialize_with = "as_text")]
    unproven: BTreeSet<Address>,
    /// Addresses that the target did not have as they should be when everything was compared.
    #[serde(serialize_with = "as_text")]
    missing: BTreeSet<Address>,
}

fn as_text<S: Serializer>(addresses: &BTreeSet<Address>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(addresses.iter().map(ToString::to_string))
}

/// `tki storage copy`
pub(super) async fn run(global: &Global, arguments: &CopyStorage) -> Result<(), Failure> {
    let output = Output::new(global);
    let (from, to) = (
        Place::named(&arguments.from, global)?,
        Place::named(&arguments.to, global)?,
    );
    if from == to {
        return Err(Failure::usage("a storage is not copied into itself")
            .next("name two: tki storage copy FROM TO"));
    }
    if let Place::Bundle(_) = to {
        return Err(
            Failure::usage("a backup is made of an account, not of a storage")
                .next("tki backup FILE, once for each account"),
        );
    }
    let mut reading = global.clone();
    reading.storage = Some(arguments.from.clone());
    let source = Source::open(&reading).await?;
    let target = to.open_whole(Purpose::Create, output).await?;
    let target = target.storage();
    takes_copies(target, &to).await?;

    let mut copied = Copied {
        schema: SCHEMA,
        from: from.shown(),
        to: to.shown(),
        whole: source.is_whole(),
        ..Copied::default()
    };
    let progress = Progress::start(output, "copying the records");
    let mut walk = source.walk().await?;
    while let Some(page) = walk.next().await? {
        for batch in batches(&page) {
            copied.take(target, batch).await?;
        }
        progress.show(format!("copied {} records", copied.records));
    }
    copied.unproven.append(&mut walk.unreadable);
    let mut walk = source.walk().await?;
    let mut compared = 0_usize;
    while let Some(page) = walk.next().await? {
        copied.compare(target, &page).await?;
        compared = compared.saturating_add(page.len());
        progress.show(format!("compared {compared} records"));
    }
    drop(progress);
    output.result(&copied, &text::of(&copied))?;
    if copied.is_complete() {
        return Ok(());
    }
    Err(Failure::new(Kind::Found, "not every record was copied"))
}

/// Before anything is read: a storage that takes in no copies cannot be filled.
async fn takes_copies(target: &dyn Storage, to: &Place) -> Result<(), Failure> {
    match target.restore(&[]).await {
        Ok(_) => Ok(()),
        Err(Error::Unsupported) => {
            let message = format!("{} takes in no copies", to.shown());
            Err(Failure::new(Kind::Unsupported, message).next(
                "whoever runs the server allows it: tki-server --restores on; or fills it where it is: \
                 tki-server restore",
            ))
        }
        Err(error) => Err(Failure::from(error).context("the target")),
    }
}

/// Neighbours that are not too much at once.
fn batches(page: &[Record]) -> Vec<&[Record]> {
    let mut batches = Vec::new();
    let mut rest = page;
    while !rest.is_empty() {
        let mut bytes = 0_usize;
        let fitting = rest.iter().take_while(|record| {
            bytes = bytes.saturating_add(record.encoded_length());
            bytes <= BATCH_BYTES
        });
        let (batch, after) = rest.split_at(fitting.count().max(1).min(rest.len()));
        batches.push(batch);
        rest = after;
    }
    batches
}

/// What a record is to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Absent,
    Older,
    Same,
    Newer,
    Other,
}

impl Standing {
    fn of(copy: &Record, stored: Option<&Record>) -> Self {
        let Some(stored) = stored else {
            return Self::Absent;
        };
        let (copy, stored) = (copy.header(), stored.header());
        if copy.digest() == stored.digest() {
            Self::Same
        } else if copy.follows(stored) {
            Self::Older
        } else if stored.follows(copy) && stored.verify().is_ok() {
            Self::Newer
        } else {
            Self::Other
        }
    }
}

impl Copied {
    /// Gives a batch to the target, as far as it is something new to it.
    async fn take(&mut self, target: &dyn Storage, batch: &[Record]) -> Result<(), Failure> {
        let bad = unproven(batch);
        self.unproven
            .extend(bad.into_iter().map(|(address, _)| address));
        let sound = self.sound(batch);
        let mut first = BTreeMap::new();
        for _ in 0..TRIES {
            let standings = standings(target, &sound).await?;
            // What this run gave is not called kept when a lost answer has it looked at again.
            for (copy, standing) in &standings {
                first.entry(copy.address()).or_insert(*standing);
            }
            let new = |standing| matches!(standing, Standing::Absent | Standing::Older);
            let given: Vec<Record> = standings
                .iter()
                .filter(|(_, standing)| new(*standing))
                .map(|(copy, _)| (*copy).clone())
                .collect();
            let settled = if given.is_empty() {
                true
            } else {
                match target.restore(&given).await {
                    Ok(_) => true,
                    // Somebody wrote meanwhile, or the answer was lost: look again.
                    Err(Error::Conflict { .. } | Error::OutcomeUnknown { .. }) => false,
                    Err(error) => return Err(Failure::from(error).context("the target")),
                }
            };
            if settled {
                self.count(&standings, &first);
                return Ok(());
            }
        }
        Err(Failure::new(
            Kind::Conflict,
            "the target changes faster than it can be copied to, or does not answer",
        ))
    }

    fn count(&mut self, standings: &[(&Record, Standing)], first: &BTreeMap<Address, Standing>) {
        for (copy, standing) in standings {
            let bytes = u64::try_from(copy.encoded_length()).unwrap_or(u64::MAX);
            self.records = self.records.saturating_add(1);
            self.bytes = self.bytes.saturating_add(bytes);
            let began = first.get(&copy.address()).copied().unwrap_or(*standing);
            let became = if *standing == Standing::Same {
                began
            } else {
                *standing
            };
            let count = match became {
                Standing::Absent => &mut self.created,
                Standing::Older => &mut self.advanced,
                Standing::Same => &mut self.kept,
                Standing::Newer => &mut self.newer,
                Standing::Other => {
                    self.conflicts.insert(copy.address());
                    continue;
                }
            };
            *count = count.saturating_add(1);
        }
    }

    /// Reads back what the target has of a page.
    async fn compare(&mut self, target: &dyn Storage, page: &[Record]) -> Result<(), Failure> {
        for (copy, standing) in standings(target, &self.sound(page)).await? {
            let address = copy.address();
            let is_known = standing == Standing::Other && self.conflicts.contains(&address);
            if !matches!(standing, Standing::Newer | Standing::Same) && !is_known {
                self.missing.insert(address);
            }
        }
        Ok(())
    }

    /// Those that prove who wrote them.
    fn sound<'r>(&self, copies: &'r [Record]) -> Vec<&'r Record> {
        let copies = copies.iter();
        copies
            .filter(|copy| !self.unproven.contains(&copy.address()))
            .collect()
    }

    fn is_complete(&self) -> bool {
        self.conflicts.is_empty() && self.unproven.is_empty() && self.missing.is_empty()
    }
}

/// What each copy is to the target now.
async fn standings<'r>(
    target: &dyn Storage,
    copies: &[&'r Record],
) -> Result<Vec<(&'r Record, Standing)>, Failure> {
    let addresses: Vec<Address> = copies.iter().map(|copy| copy.address()).collect();
    let stored = target.get_many(&addresses).await;
    let stored = stored.map_err(|error| Failure::from(error).context("the target"))?;
    let pairs = copies.iter().zip(&stored);
    Ok(pairs
        .map(|(copy, stored)| (*copy, Standing::of(copy, stored.as_ref())))
        .collect())
}
