//! Fuzzes the target `record_header`.
#![no_main]

tki_fuzz::fuzz!("record_header");
