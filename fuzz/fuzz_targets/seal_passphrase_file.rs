//! Fuzzes the target `seal_passphrase_file`.
#![no_main]

tki_fuzz::fuzz!("seal_passphrase_file");
