//! The binary: reads the command line, runs one command, ends with its exit code.
//!
#![doc = include_str!("../README.md")]
#![cfg(unix)]

extern crate alloc;

mod args;
mod bench;
mod cluster;
mod faults;
mod serve;
mod server;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Arguments, Command};

/// Why nothing could be found out.
pub(crate) type Failure = Box<dyn core::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let ran = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(run(Arguments::parse())));
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            say(&format!("error: {failure}"));
            ExitCode::from(2)
        }
    }
}

/// Whether all was as it should be.
async fn run(arguments: Arguments) -> Result<bool, Failure> {
    match arguments.command {
        Command::Bench(asked) => bench::run(&asked).await.map(|()| true),
        Command::Counted { path, listen } => {
            serve::counted::run(&path, listen).await.map(|()| true)
        }
        Command::Empty { listen, bytes } => serve::empty::run(listen, bytes).await.map(|()| true),
        Command::Faults(asked) => faults::run(&asked).await,
        Command::Serve {
            flaw,
            path,
            listen,
            seed,
        } => serve::run(flaw, &path, listen, seed).await.map(|()| true),
    }
}

/// For people, to standard error.
pub(crate) fn say(text: &str) {
    // Who has closed it does not want to read.
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// The result, to standard output.
pub(crate) fn print(text: &str) {
    drop(writeln!(std::io::stdout(), "{text}"));
}
