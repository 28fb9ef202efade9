//! Fuzzes the target `metadata_standing`.
#![no_main]

tki_fuzz::fuzz!("metadata_standing");
