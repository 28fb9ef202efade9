#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod keyring;
mod keyring_file;
mod memory;
#[cfg(feature = "keyring")]
mod os_keyring;
mod passphrase;
mod plain;
mod presence;
mod store;

pub use error::Error;
pub use keyring::{Keyring, KeyringError};
pub use keyring_file::KeyringFile;
pub use memory::MemoryStore;
#[cfg(feature = "keyring")]
#[cfg_attr(docsrs, doc(cfg(feature = "keyring")))]
pub use os_keyring::OsKeyring;
pub use passphrase::PassphraseFile;
pub use plain::PlainFile;
pub use presence::PresenceStore;
pub use store::{DeviceStore, MAX_PACKAGE, StoreKind};
