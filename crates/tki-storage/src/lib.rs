#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

pub mod backup;
mod browse;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
mod counting;
mod error;
mod memory;
mod read_only;
mod retention;
mod storage;

pub use browse::{Browse, MAX_PAGE_BYTES, MAX_PAGE_RECORDS, Snapshot, fill_page, page_limit};
pub use counting::{Counters, CountingStorage};
pub use error::{BoxError, Error, Outage};
pub use memory::MemoryStorage;
pub use read_only::ReadOnly;
pub use retention::{KeepsHistory, Retention};
pub use storage::Storage;
