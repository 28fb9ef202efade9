//! What the binary does, one file for each subcommand.

pub mod check_config;
pub mod serve;
