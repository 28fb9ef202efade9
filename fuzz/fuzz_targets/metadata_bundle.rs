//! Fuzzes the target `metadata_bundle`.
#![no_main]

tki_fuzz::fuzz!("metadata_bundle");
