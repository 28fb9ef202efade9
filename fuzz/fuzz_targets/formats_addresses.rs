//! Fuzzes the target `formats_addresses`.
#![no_main]

tki_fuzz::fuzz!("formats_addresses");
