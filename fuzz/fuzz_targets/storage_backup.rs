//! Fuzzes the target `storage_backup`.
#![no_main]

tki_fuzz::fuzz!("storage_backup");
