#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

mod error;
mod storage;

pub use storage::RedbStorage;
