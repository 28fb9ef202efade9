//! Fuzzes the target `formats_trees`.
#![no_main]

tki_fuzz::fuzz!("formats_trees");
