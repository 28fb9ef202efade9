//! The binary: reads the command line, runs one command, ends with its exit code.
//!
#![doc = include_str!("../README.md")]

extern crate alloc;

mod advice;
mod answer_file;
mod answering;
mod args;
mod asking;
mod carried;
mod change;
mod codes;
mod colour;
mod commands;
mod custody;
mod delivery;
mod demo;
mod describe;
mod doctor;
mod error;
mod explain;
mod factor_files;
mod factors;
#[cfg(feature = "faults")]
mod faults;
mod fold;
mod guardians;
mod home;
mod invites;
mod machine;
mod moving;
mod new_factors;
mod output;
mod panics;
mod passkeys;
mod pending;
mod progress;
mod receipt;
mod receipts;
mod reminder;
mod sealed_package;
mod secret_input;
mod session;
mod storage;
mod structure;
mod terminal;
mod whereabouts;
mod words_file;
mod words_page;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind as ClapKind;

use crate::args::{Cli, Global};
use crate::error::{Failure, Kind};
use crate::output::Output;

fn main() -> ExitCode {
    machine::forbid_core_dumps();
    panics::keep_quiet();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misread(&error),
    };
    if cli.global.json {
        colour::forbid();
    }
    let output = Output::new(&cli.global);
    match panics::catch(|| run(&cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let failure = if cli.global.offline {
                failure.offline()
            } else {
                failure
            };
            // What was found stands in the result.
            if failure.kind != Kind::Found {
                output.failure(&failure);
            }
            ExitCode::from(failure.kind.code())
        }
    }
}

/// Runs one command. Whatever waits for a server waits for one answer at a time: one thread is enough.
fn run(cli: &Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("could not start", &error))?;
    runtime.block_on(commands::run(cli))
}

/// Help, a version, or a line that makes no sense; the latter as JSON if the line asks for it.
fn misread(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ClapKind::DisplayHelp | ClapKind::DisplayVersion
    ) {
        return match output::print(&error.render().to_string()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let text = error.render().to_string();
    if std::env::args_os().any(|argument| argument == "--json") {
        json_output().failure(&misread_line(error.kind(), &text));
    } else {
        output::complain(text.trim_end());
    }
    ExitCode::from(Kind::Usage.code())
}

/// What is wrong with a command line, from what is said of it on a terminal: all but how the command
/// is used, which says whose help to see.
fn misread_line(kind: ClapKind, text: &str) -> Failure {
    // Where a subcommand is missing, what is rendered is the help.
    if kind == ClapKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::usage("a subcommand is missing");
    }
    let (said, usage) = text.split_once("Usage:").unwrap_or((text, ""));
    let said = said
        .split_once("For more information")
        .unwrap_or((said, ""))
        .0;
    let words: Vec<&str> = said.split_whitespace().collect();
    let message = words.join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let command: Vec<&str> = usage
        .split_whitespace()
        .take_while(|word| is_name(word) && !word.starts_with('-'))
        .collect();
    let failure = Failure::usage(message);
    if command.is_empty() {
        return failure;
    }
    failure.next(format!("see {} --help", command.join(" ")))
}

/// Output for a command line that could not be read.
fn json_output() -> Output {
    Output::new(&Global::for_json_errors())
}
