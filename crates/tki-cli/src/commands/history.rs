//! `tki history`: who changed what and when, as the account's key signed it.

use serde::Serialize;
use tki::metadata::Event;
use tki::{Account, History, HistoryError};

use crate::args::Global;
use crate::commands::reading;
use crate::describe::{self, Addresses, line};
use crate::error::{Failure, Kind};
use crate::output::SCHEMA;
use crate::receipt;
use crate::session::{Purpose, Session};

#[derive(Serialize)]
struct Shown {
    schema: u32,
    account: String,
    /// The account's version now.
    version: u64,
    /// The address of the key that the log was verified against.
    address: String,
    events: Vec<Entry>,
    /// What the log does not cover, for people.
    not_covered: Vec<String>,
}

#[derive(Serialize)]
struct Entry {
    /// How many events there were before it.
    number: u64,
    version: u64,
    epoch: u64,
    /// By the clock of whoever made the change, in seconds since 1970.
    time: u64,
    /// The random number of the operation.
    operation: String,
    /// The factors that were at hand.
    by: Vec<String>,
    changes: Vec<String>,
    /// The address of the key that signed it, which is another before the account moved.
    address: String,
}

/// `tki history`
pub(crate) async fn run(global: &Global) -> Result<(), Failure> {
    let session = Session::begin(global, Purpose::Use).await?;
    reading::with_account(&session, |account, _| {
        let history = account.history().map_err(not_believed)?;
        let shown = Shown::of(account, &history);
        session.output.result(&shown, &shown.text())
    })
    .await
}

impl Shown {
    fn of(account: &Account<'_>, history: &History) -> Self {
        let address = |key: &[u8]| {
            Addresses::of(account.curve(), key).map_or_else(String::new, |a| a.to_string())
        };
        let curve = account.curve().name();
        let events = history.events.iter().zip(&history.keys);
        Self {
            schema: SCHEMA,
            account: account.id().to_string(),
            version: account.version(),
            address: address(account.verifying_key()),
            events: events
                .map(|(event, key)| Entry::of(event, curve, address(key)))
                .collect(),
            not_covered: not_covered(&history.events, account.version()),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for event in &self.events {
            let date = describe::date(event.time);
            let by = event.by.join(", ");
            let changes = event.changes.join("; ");
            let version = event.version;
            line(&mut text, format_args!("{version:>5}  {date}  {changes}"));
            line(&mut text, format_args!("                   by {by}"));
            if event.address != self.address {
                let address = &event.address;
                line(
                    &mut text,
                    format_args!("                   signed with the key of {address}"),
                );
            }
        }
        if !self.events.is_empty() {
            let address = &self.address;
            let is_one_key = self.events.iter().all(|event| event.address == *address);
            let signed = if is_one_key {
                "all of it was signed with the key"
            } else {
                "each event was signed with the key of its time, and each key names the next"
            };
            line(
                &mut text,
                format_args!("Verified against {address}: {signed}."),
            );
        }
        for what in &self.not_covered {
            line(&mut text, format_args!("Not covered: {what}."));
        }
        text
    }
}

impl Entry {
    fn of(event: &Event, curve: &str, address: String) -> Self {
        let mut by: Vec<String> = event.by.iter().map(ToString::to_string).collect();
        if event.by_others > 0 {
            by.push(format!("{} more", event.by_others));
        }
        let changes = event.changes.iter();
        Self {
            number: event.number,
            version: event.version,
            epoch: event.epoch.get(),
            time: event.time,
            operation: event.operation.to_string(),
            by,
            changes: changes.map(|what| receipt::in_words(what, curve)).collect(),
            address,
        }
    }
}

/// What the log is silent about: events that made room for newer ones, and changes by versions of
/// tki that keep none.
fn not_covered(events: &[Event], version: u64) -> Vec<String> {
    let mut missing = Vec::new();
    let Some(first) = events.first() else {
        return vec![format!(
            "anything up to version {version}; the next change begins the log"
        )];
    };
    if first.number > 0 {
        missing.push(format!(
            "the {} oldest changes, which made room for newer ones",
            first.number
        ));
    } else if first.version > 0 {
        missing.push(unlogged(0, first.version.saturating_sub(1)));
    }
    let next = events.iter().skip(1).map(|event| event.version);
    let next = next.chain([version.saturating_add(1)]);
    for (event, next) in events.iter().zip(next) {
        let after = event.version.saturating_add(1);
        if after < next {
            missing.push(unlogged(after, next.saturating_sub(1)));
        }
    }
    missing
}

fn unlogged(first: u64, last: u64) -> String {
    let versions = if first == last {
        format!("version {first}")
    } else {
        format!("versions {first} to {last}")
    };
    format!("{versions}: there is no event; cut off, or made by a version of tki that keeps no log")
}

fn not_believed(error: HistoryError) -> Failure {
    let is_newer = matches!(&error, HistoryError::Unreadable(error) if error.is_unsupported());
    let kind = if is_newer {
        Kind::Unsupported
    } else {
        Kind::Refused
    };
    let failure = Failure::new(kind, tki::with_causes(&error));
    if is_newer {
        return failure;
    }
    failure.next(
        "the account itself is as good as before: tki open; somebody who could use the key wrote \
         over its log, and the next change begins a new one",
    )
}
