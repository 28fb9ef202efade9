//! Fuzzes the target `metadata_notice`.
#![no_main]

tki_fuzz::fuzz!("metadata_notice");
