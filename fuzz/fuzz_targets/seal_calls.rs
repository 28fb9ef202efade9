//! Fuzzes the target `seal_calls`.
#![no_main]

tki_fuzz::fuzz!("seal_calls");
