//! Fuzzes the target `metadata_document`.
#![no_main]

tki_fuzz::fuzz!("metadata_document");
