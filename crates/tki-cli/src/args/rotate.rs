//! What `tki rotate` takes.

use clap::Args;

/// A move to a new key: begun without a word, ended by one of two.
#[derive(Args, Clone, Debug)]
pub(crate) struct Rotate {
    /// End the move: from now on the new key, which has this address, is the only one
    #[arg(
        long,
        value_name = "ADDRESS|KEY",
        num_args = 0..=1,
        default_missing_value = "",
        conflicts_with = "cancel"
    )]
    pub(crate) confirm: Option<String>,
    /// Give the new key up, which has this address
    #[arg(long, value_name = "ADDRESS|KEY", num_args = 0..=1, default_missing_value = "")]
    pub(crate) cancel: Option<String>,
    /// Do not ask; the address has to be named then
    #[arg(long)]
    pub(crate) yes: bool,
}
