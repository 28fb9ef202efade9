//! Fuzzes the target `math_commitments`.
#![no_main]

tki_fuzz::fuzz!("math_commitments");
