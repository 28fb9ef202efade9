//! Fuzzes the target `math_points`.
#![no_main]

tki_fuzz::fuzz!("math_points");
