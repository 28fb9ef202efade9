//! Fuzzes the target `formats_words`.
#![no_main]

tki_fuzz::fuzz!("formats_words");
