//! The commands of the operator: their output, and how they end.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};
use tki_server::admin::Totals;
use tki_server::commands::{
    self, Failure, FailureKind, Missing, OnDamage, place, verify_file, verify_storage,
};
use tokio::runtime::Runtime;

use crate::args::{Backup, Restore, Verify, Which};

/// What a command has to say when it is over.
struct Said {
    text: String,
    json: Value,
    code: u8,
}

/// `tki-server backup`.
pub(crate) fn backup(arguments: Backup) -> ExitCode {
    let (json, out) = (arguments.json, arguments.out);
    let on_damage = if arguments.leave_out_damaged {
        OnDamage::LeaveOut
    } else {
        OnDamage::Stop
    };
    let work = async {
        let place = found(arguments.which, Missing::Refuse).await?;
        let mut shown = Shown::new();
        let made = commands::backup(place, &out, on_damage, &mut |totals| shown.show(totals)).await;
        shown.clear();
        made
    };
    end(json, run(work), |made| {
        let mut text = format!("wrote {}: {}\n", out.display(), amount(&made.totals));
        for damaged in &made.damaged {
            let address = damaged.address.as_deref().unwrap_or("somewhere");
            line(
                &mut text,
                format_args!("left out {address}: {}", damaged.what),
            );
        }
        line(&mut text, format_args!("sha256 {}", made.hash));
        let json = json!({
            "file": out, "totals": made.totals, "damaged": made.damaged, "sha256": made.hash,
        });
        Said {
            text,
            json,
            code: 0,
        }
    })
}

/// `tki-server restore`.
pub(crate) fn restore(arguments: Restore) -> ExitCode {
    let (json, file) = (arguments.json, arguments.file);
    let work = async {
        let place = found(arguments.which, Missing::Make).await?;
        let mut shown = Shown::new();
        let taken = commands::restore(&file, place, &mut |totals| shown.show(totals)).await;
        shown.clear();
        taken
    };
    end(json, run(work), |taken| {
        let totals = &taken.totals;
        let mut text = format!("took in {}: {}\n", file.display(), amount(totals));
        let Totals {
            created,
            advanced,
            kept,
            newer,
            ..
        } = totals;
        line(
            &mut text,
            format_args!(
                "{created} new, {advanced} brought forward, {kept} here already, {newer} here in a later version"
            ),
        );
        for conflict in &taken.conflicts {
            let (address, found) = (&conflict.address, conflict.found);
            line(
                &mut text,
                format_args!("left alone {address}: another history is stored, at version {found}"),
            );
        }
        let code = if taken.conflicts.is_empty() {
            0
        } else {
            FailureKind::Conflict.code()
        };
        let json = json!({ "file": file, "totals": totals, "conflicts": taken.conflicts });
        Said { text, json, code }
    })
}

/// `tki-server verify`.
pub(crate) fn verify(arguments: Verify) -> ExitCode {
    let (json, file) = (arguments.json, arguments.file);
    let work = async {
        let mut shown = Shown::new();
        let verified = match &file {
            Some(file) => verify_file(file, &mut |totals| shown.show(totals)),
            None => {
                let place = found(arguments.which, Missing::Refuse).await?;
                verify_storage(place, &mut |totals| shown.show(totals)).await
            }
        };
        shown.clear();
        verified
    };
    end(json, run(work), |verified| {
        let is_sound = verified.is_sound();
        let state = if is_sound { "sound" } else { "damaged" };
        let mut text = format!("{state}: {}\n", amount(&verified.totals));
        for damaged in &verified.damaged {
            let address = damaged.address.as_deref().unwrap_or("somewhere");
            line(&mut text, format_args!("{address}: {}", damaged.what));
        }
        if !verified.hash.is_empty() {
            line(&mut text, format_args!("sha256 {}", verified.hash));
        }
        let json = json!({
            "sound": is_sound, "totals": verified.totals, "damaged": verified.damaged,
            "sha256": verified.hash,
        });
        let code = if is_sound {
            0
        } else {
            FailureKind::Corrupt.code()
        };
        Said { text, json, code }
    })
}

async fn found(which: Which, missing: Missing) -> Result<tki_server::admin::Place, Failure> {
    place(which.data, which.storage, missing).await
}

fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match Runtime::new() {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => Err(Failure::internal(&error)),
    }
}

/// Prints what came of it, and ends.
fn end<T>(json: bool, result: Result<T, Failure>, say: impl FnOnce(T) -> Said) -> ExitCode {
    let said = match result {
        Ok(done) => say(done),
        Err(failure) => return failed(json, &failure),
    };
    let text = if json {
        format!("{}\n", said.json)
    } else {
        said.text
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::from(said.code),
        Err(_) => ExitCode::FAILURE,
    }
}

fn failed(json: bool, failure: &Failure) -> ExitCode {
    let (kind, message, next) = (failure.kind, &failure.message, &failure.next);
    let text = if json {
        let error = json!({ "kind": kind.name(), "message": message, "next": next });
        format!("{}\n", json!({ "error": error }))
    } else {
        format!("error: {message}\n  next: {next}\n")
    };
    // Who has closed it does not want to read.
    drop(std::io::stderr().write_all(text.as_bytes()));
    ExitCode::from(kind.code())
}

fn amount(totals: &Totals) -> String {
    let mut text = format!("{} records, {} bytes", totals.records, totals.bytes);
    if totals.left_out > 0 {
        text.push_str(&format!(", {} damaged", totals.left_out));
    }
    text
}

fn line(text: &mut String, line: core::fmt::Arguments<'_>) {
    text.push_str(&line.to_string());
    text.push('\n');
}

/// How far it is, on a terminal.
struct Shown {
    is_terminal: bool,
    next: u64,
}

/// After how many records more it is said how many there were.
const STEP: u64 = 10_000;

impl Shown {
    fn new() -> Self {
        Self {
            is_terminal: std::io::stderr().is_terminal(),
            next: STEP,
        }
    }

    fn show(&mut self, totals: &Totals) {
        if self.is_terminal && totals.records >= self.next {
            self.next = totals.records.saturating_add(STEP);
            let mut out = std::io::stderr();
            drop(write!(out, "\r{} records", totals.records));
            drop(out.flush());
        }
    }

    fn clear(&self) {
        if self.is_terminal && self.next > STEP {
            drop(write!(std::io::stderr(), "\r\x1b[K"));
        }
    }
}
