//! Fuzzes the target `formats_slip39`.
#![no_main]

tki_fuzz::fuzz!("formats_slip39");
