//! Fuzzes the target `formats_answers`.
#![no_main]

tki_fuzz::fuzz!("formats_answers");
