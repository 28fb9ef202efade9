//! What the commands take that say how an account stands.

use std::path::PathBuf;

use clap::Args;
use tki::math::Identifier;

#[derive(Args, Debug)]
pub(crate) struct Drill {
    /// Try each factor by itself: they need not be enough
    #[arg(long)]
    pub(crate) alone: bool,
    /// End with exit code 4 if nothing vouches that the version that was tried is the newest
    #[arg(long)]
    pub(crate) require_fresh: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Health {
    /// Note on this device that a factor is lost: it is not counted on any more, and warned of until
    /// it is replaced, removed, renewed or tried
    #[arg(long, value_name = "ID", conflicts_with = "found")]
    pub(crate) lost: Option<Identifier>,
    /// Note that it is not
    #[arg(long, value_name = "ID")]
    pub(crate) found: Option<Identifier>,
    /// End with exit code 7 if there is a warning or worse
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Look at this backup too, as often as there are some
    #[arg(long = "backup", value_name = "FILE")]
    pub(crate) backups: Vec<PathBuf>,
}
