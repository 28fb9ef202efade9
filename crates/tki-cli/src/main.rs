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

/// Runs one command. Nothing here waits for a network: one thread is enough.
fn run(cli: &Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
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
        let message = text.lines().next().unwrap_or("wrong usage");
        // Where a subcommand is missing, what is rendered is the help.
        let message = if error.kind() == ClapKind::DisplayHelpOnMissingArgumentOrSubcommand {
            "a subcommand is missing"
        } else {
            message.strip_prefix("error: ").unwrap_or(message)
        };
        json_output().failure(&Failure::usage(message));
    } else {
        output::complain(text.trim_end());
    }
    ExitCode::from(Kind::Usage.code())
}

/// Output for a command line that could not be read.
fn json_output() -> Output {
    Output::new(&Global::for_json_errors())
}
