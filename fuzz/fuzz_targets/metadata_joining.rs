//! Fuzzes the target `metadata_joining`.
#![no_main]

tki_fuzz::fuzz!("metadata_joining");
