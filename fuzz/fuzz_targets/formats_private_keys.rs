//! Fuzzes the target `formats_private_keys`.
#![no_main]

tki_fuzz::fuzz!("formats_private_keys");
