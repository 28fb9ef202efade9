//! Fuzzes the target `metadata_messages`.
#![no_main]

tki_fuzz::fuzz!("metadata_messages");
