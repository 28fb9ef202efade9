//! Fuzzes the target `record`.
#![no_main]

tki_fuzz::fuzz!("record");
