#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod memory;
mod passphrase;
mod plain;
mod store;

pub use error::Error;
pub use memory::MemoryStore;
pub use passphrase::PassphraseFile;
pub use plain::PlainFile;
pub use store::{DeviceStore, MAX_PACKAGE, StoreKind};
