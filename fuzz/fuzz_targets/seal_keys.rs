//! Fuzzes the target `seal_keys`.
#![no_main]

tki_fuzz::fuzz!("seal_keys");
