#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod bip340;
pub mod curve;
pub mod ed25519_seed;
pub mod kdf;
pub mod oprf;
pub mod passphrase_file;
pub mod password;
pub mod sealed_box;
pub mod signature;
pub mod symmetric;
pub mod transcript;

mod aead;
