#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

pub mod address;
pub mod answers;
pub mod armour;
pub mod chain;
pub mod derivation;
pub mod factor_file;
pub mod qr;
pub mod questions;
pub mod slip39;
pub mod words;

mod base58;
mod key_formats;
mod near;
mod private_key;
mod word_lists;

pub use key_formats::{KeyFormat, KeyInput, KeyOutput, Network};
pub use private_key::{ExposedKey, PrivateKey, PrivateKeyError};
