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
mod rejection;
mod restore;
mod rules;
mod shape;

pub use address::{Address, InvalidAddress, RecordKind};
pub use claim::Claim;
pub use codec::{DecodeError, MAX_ENCODED};
pub use commit::{Commit, CommitError, MAX_COMMIT_RECORDS};
pub use hand_over::HandOver;
pub use header::RecordHeader;
pub use record::Record;
pub use rejection::{Rejection, Rule};
pub use restore::{Restored, check_restore, check_restore_by_headers};
pub use rules::{check, check_commit, check_commit_by_headers};
pub use shape::{MAX_BODY, MAX_HAND_OVERS, ShapeError};
