//! Fuzzes the target `http_records`.
#![no_main]

tki_fuzz::fuzz!("http_records");
