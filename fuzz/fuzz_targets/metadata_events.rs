//! Fuzzes the target `metadata_events`.
#![no_main]

tki_fuzz::fuzz!("metadata_events");
