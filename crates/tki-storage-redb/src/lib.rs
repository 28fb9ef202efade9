#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

mod error;
mod index;
mod storage;
mod tables;

pub use storage::RedbStorage;
