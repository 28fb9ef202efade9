//! `tki receipts`: what the changes that this machine made did.

use serde::Serialize;

use crate::args::{Global, ReceiptsOf};
use crate::describe::{self, line};
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::output::{Output, SCHEMA};
use crate::receipt::Receipt;
use crate::receipts::{Found, Receipts};

#[derive(Serialize)]
struct List<'r> {
    schema: u32,
    receipts: Vec<&'r Receipt>,
    /// Files that are no receipts, or not of this version.
    damaged: Vec<String>,
}

/// `tki receipts`. Reads only, and needs no factor: nothing in a receipt is secret.
pub(crate) fn run(global: &Global, arguments: &ReceiptsOf) -> Result<(), Failure> {
    let output = Output::new(global);
    let home = Home::find(global)?;
    if !home.names()?.iter().any(|name| name == home.account()) {
        let message = format!("this machine has nothing of account {}", home.account());
        return Err(Failure::new(Kind::NotFound, message).next("tki accounts lists what there is"));
    }
    let found = Receipts::of(&home).found()?;
    for path in &found.damaged {
        output.say(&format!("not a receipt: {}", path.display()));
    }
    if !found.begun.is_empty() {
        output.say("A change was begun here whose end was not seen; tki open finds out.");
    }
    let (receipts, text) = match arguments.version {
        None => (found.happened.iter().collect(), table(&found)),
        Some(version) => {
            let of_version = found.happened.iter();
            let receipts: Vec<&Receipt> = of_version
                .filter(|receipt| receipt.version == version)
                .collect();
            if receipts.is_empty() {
                return Err(none_of(version));
            }
            let text = receipts.iter().map(|receipt| receipt.text()).collect();
            (receipts, text)
        }
    };
    let damaged = found.damaged.iter().map(|path| path.display().to_string());
    let list = List {
        schema: SCHEMA,
        receipts,
        damaged: damaged.collect(),
    };
    output.result(&list, &text)
}

fn table(found: &Found) -> String {
    let mut text = String::new();
    if found.happened.is_empty() {
        line(&mut text, format_args!("No change was made here."));
    }
    for receipt in &found.happened {
        let version = receipt.version;
        let date = describe::date(receipt.time);
        let summary = receipt.summary();
        line(&mut text, format_args!("{version:>5}  {date}  {summary}"));
    }
    text
}

fn none_of(version: u64) -> Failure {
    let message = format!("this machine has no receipt of version {version}");
    Failure::new(Kind::NotFound, message)
        .next("tki receipts lists those that there are; other machines keep those of their changes")
}
