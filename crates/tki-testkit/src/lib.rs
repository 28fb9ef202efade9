#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

pub mod forge;
mod hostile;
pub mod random;

pub use hostile::{Call, Checkpoint, HostileStorage, Outcome, Stall};
pub use random::{number, rng, seed};
