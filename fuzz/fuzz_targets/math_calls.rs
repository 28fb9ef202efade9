//! Fuzzes the target `math_calls`.
#![no_main]

tki_fuzz::fuzz!("math_calls");
