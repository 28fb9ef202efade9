//! Fuzzes the target `formats_key_files`.
#![no_main]

tki_fuzz::fuzz!("formats_key_files");
