//! Fuzzes the target `metadata_package`.
#![no_main]

tki_fuzz::fuzz!("metadata_package");
