//! What a device may rely on: the suite for each store, and what is the files' own.

#![cfg(test)]
extern crate alloc;

mod fake_keyring;
mod files;
mod format;
mod keyring;
mod stores;
