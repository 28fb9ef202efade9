//! Fuzzes the target `seal_oprf`.
#![no_main]

tki_fuzz::fuzz!("seal_oprf");
