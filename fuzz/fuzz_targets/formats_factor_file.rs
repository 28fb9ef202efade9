//! Fuzzes the target `formats_factor_file`.
#![no_main]

tki_fuzz::fuzz!("formats_factor_file");
