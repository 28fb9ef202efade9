//! `tki structure` and `tki threshold`: who suffices.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum StructureCommand {
    /// Show which factors suffice together, and how many can be lost; one factor is enough
    #[command(after_help = "Example:\n  tki structure show")]
    Show,
    /// Set which factors suffice together; the address stays
    #[command(after_help = EXPRESSIONS)]
    Set(SetStructure),
}

const EXPRESSIONS: &str = "\
Examples:
  tki structure set \"2 of (1, 3, 2 of (4, 5, 6))\"
  tki structure set \"all(laptop, any(words, provider))\"
  tki structure set \"3 of (device*2, words, \\\"my phone\\\")\"

2 of (…), any(…) and all(…) are over factors and over each other, so deep as you like.
A factor is its number as tki factor list shows it, also as #3; its label, in quotes where it is
more than one word; or its kind where there is one of it. Every factor is named; one that is named
twice, or with *2, counts for two. None may suffice alone.";

/// What `structure set` is told.
#[derive(Args, Debug)]
pub(crate) struct SetStructure {
    /// Which factors suffice together
    #[arg(value_name = "STRUCTURE")]
    pub(crate) text: String,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ThresholdCommand {
    /// Set how many factors are needed: any so many
    #[command(after_help = "Example:\n  tki threshold set 3")]
    Set(SetThreshold),
}

/// What `threshold set` is told.
#[derive(Args, Debug)]
pub(crate) struct SetThreshold {
    /// How many
    #[arg(value_name = "T")]
    pub(crate) threshold: u16,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}
