#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

mod check;
mod error;
mod opened;
mod recent;
mod snapshot;
mod storage;
mod tables;
mod writer;
mod writes;

pub use check::{Check, Damage};
pub use storage::RedbStorage;
pub use writes::Writes;
