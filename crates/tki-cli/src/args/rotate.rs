//! What `tki rotate` takes.

use clap::Args;

/// A move to a new key: begun without a word, ended by one of two.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Rotate {
    /// End the move: from now on the new key is the only one
    #[arg(long, conflicts_with = "cancel")]
    pub(crate) confirm: bool,
    /// Give the new key up
    #[arg(long)]
    pub(crate) cancel: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}
