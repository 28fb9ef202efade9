//! Tests through the public interface alone.

#![cfg(test)]
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

mod address;
mod answers;
mod armour;
mod chain;
mod derivation;
mod factor_file;
mod key_formats;
mod paper;
mod private_key;
mod qr;
mod questions;
mod secret_types;
mod slip39;
mod vectors;
mod words;
