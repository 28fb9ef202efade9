#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

mod address;
mod claim;
mod codec;
mod commit;
mod hand_over;
mod header;
mod record;
mod restore;
mod rules;

pub use address::{Address, InvalidAddress, RecordKind};
pub use claim::Claim;
pub use codec::DecodeError;
pub use commit::{Commit, CommitError, MAX_COMMIT_RECORDS};
pub use hand_over::HandOver;
pub use header::{MAX_HAND_OVERS, RecordHeader};
pub use record::{MAX_BODY, MAX_ENCODED, Record, ShapeError};
pub use restore::{Restored, check_restore};
pub use rules::{Rejection, Rule, check, check_commit};
