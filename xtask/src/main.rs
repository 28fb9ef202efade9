//! Everything that is checked, in one program: `cargo xtask help`.
//!
//! `commands.rs` declares the commands, `steps.rs` runs and times them, the other files do the
//! work. What a command does is written so that a fresh machine with cargo and git can run it;
//! what such a machine lacks is skipped by name, never in silence.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that reports"
)]

extern crate alloc;

mod bench;
mod book;
mod build;
mod bundle;
mod commands;
mod coverage;
mod custody;
mod faults;
mod foreign;
mod fuzz;
mod guides;
mod house;
mod layering;
mod made;
mod mutants;
mod packaging;
mod readme;
mod record;
mod schemathesis;
mod spec_version;
mod stats;
mod steps;
mod taint;
mod text;
mod tidy;
mod tree;
mod vectors;

use std::path::Path;
use std::process::ExitCode;

use crate::commands::{Chosen, choose};
use crate::steps::Run;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, operands) = match choose(&arguments) {
        Ok(Chosen::Command(command, operands)) => (command, operands),
        Ok(Chosen::Help(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut run = Run::new(manifest.parent().unwrap_or(manifest).to_path_buf());
    let result = (command.work)(&mut run, &operands);
    println!("\n{}", run.summary());
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            println!("{failure}");
            ExitCode::FAILURE
        }
    }
}
