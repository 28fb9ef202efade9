#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

mod account;
pub mod answers;
mod backup;
mod change;
mod commit;
mod create;
pub mod custody;
mod device;
mod drill;
mod error;
mod factor;
mod freshness;
mod health;
mod help;
mod history;
mod join;
mod label;
mod quorum;
mod read;
mod receipt;
mod removal;
mod rotate;
mod shares;
mod stack;
mod standing;
mod structure;

pub use account::{Account, FoundMailbox, Opened, ReadOptions};
pub use change::{Change, Unverified};
pub use commit::{Committed, Prepared};
pub use create::{Another, MAX_HOLDERS, OfflineCopies, Plan, create};
pub use custody::Custody;
pub use device::{Device, Outcome};
pub use drill::{Drill, DrillFrom, Tried, Verdict, drill};
pub use error::{Culprit, Error, ErrorKind, InvalidChange, with_causes};
pub use factor::{Factor, ProviderFactor, SeedFactor};
pub use freshness::Freshness;
pub use health::{Finding, Health, Place, Severity, Standpoint, Together, health, overdue};
pub use help::{HelpError, HelpedFactor, help};
pub use history::{History, HistoryError};
pub use join::{Candidate, Invitation, JoinError, Joining, RemoteFactor};
pub use label::fits_label;
pub use quorum::{Branch, Derived};
pub use receipt::{Gone, Receipt, Renamed, Residual, freedom, spare};
pub use removal::Removal;
pub use structure::{
    InvalidStructure, Spare, fewest_missing, minimal_quorums, minimal_sets_of, read_structure,
    rearranged, without,
};
pub use tki_metadata::HolderName;
