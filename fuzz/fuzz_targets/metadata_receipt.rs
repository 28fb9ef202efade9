//! Fuzzes the target `metadata_receipt`.
#![no_main]

tki_fuzz::fuzz!("metadata_receipt");
