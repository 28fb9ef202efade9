//! Fuzzes the target `passkey_files`.
#![no_main]

tki_fuzz::fuzz!("passkey_files");
