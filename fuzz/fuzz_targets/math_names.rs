//! Fuzzes the target `math_names`.
#![no_main]

tki_fuzz::fuzz!("math_names");
