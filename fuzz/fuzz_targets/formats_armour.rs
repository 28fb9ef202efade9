//! Fuzzes the target `formats_armour`.
#![no_main]

tki_fuzz::fuzz!("formats_armour");
