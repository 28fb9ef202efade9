//! What the binary does, one file for each subcommand.

pub mod serve;
