#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

mod check;
mod error;
mod index;
mod storage;
mod tables;

pub use check::{Check, Damage};
pub use storage::RedbStorage;
