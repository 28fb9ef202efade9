#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

mod connections;
mod error;
mod host;
mod migrations;
mod options;
mod read;
mod resolve;
mod rows;
mod snapshot;
mod storage;
mod tls;
mod write;

pub use connections::Connections;
pub use error::SchemaError;
pub use migrations::Migrated;
pub use options::{OptionsError, PostgresOptions};
pub use storage::PostgresStorage;
