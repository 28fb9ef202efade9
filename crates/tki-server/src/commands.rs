//! What the binary does, one file for each subcommand.

mod backup;
pub mod check_config;
mod failure;
mod place;
mod restore;
pub mod serve;
mod talk;
mod verify;

pub use backup::{BackedUp, OnDamage, backup};
pub use failure::{Failure, FailureKind};
pub use place::{Missing, place};
pub use restore::{TakenIn, restore};
pub use talk::Progress;
pub use verify::{Verified, verify_file, verify_storage};
