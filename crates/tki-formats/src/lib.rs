#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

pub mod address;
pub mod answers;
pub mod questions;
pub mod words;

mod pkcs8_file;
mod private_key;

pub use private_key::{ExposedKey, PrivateKey, PrivateKeyError};
