#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod error;
#[cfg(feature = "faults")]
pub mod faults;
mod folder;
mod lock;
mod point;
mod read;
mod write;

pub use error::{Error, Operation};
pub use folder::{create_folder, create_new_folder, rename_folder, sync_parent};
pub use lock::Lock;
pub use read::read;
pub use write::{Replacement, remove, target_of_temporary, write, write_new};
